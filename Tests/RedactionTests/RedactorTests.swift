import Redaction
import Testing

@Suite struct `The redactor` {
  private let redactor = Redactor()

  @Test func `what was redacted stays as it is`() {
    let text =
      #"{"password":"[redacted:password]","url":"https://a:[redacted:url-password]@b.org"}"#
    #expect(redactor.redact(text) == text)
  }

  @Test func `an ordinary line is not touched`() {
    let text = "commit 81e3edb4f0a1b2c3d4e5f60718293a4b5c6d7e8f\nlet token = lexer.next()\n"
    #expect(redactor.redact(text) == text)
  }
}
