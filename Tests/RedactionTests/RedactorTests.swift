import Foundation
import Redaction
import TestSupport
import Testing

@Suite struct `The redactor` {
  @Test func `what was redacted stays as it is`() {
    let text =
      #"{"password":"[redacted:password]","url":"https://a:[redacted:url-password]@b.org"}"#
    #expect(Redactor().redact(text) == text)
    #expect(Redactor().isClean(Array(text.utf8)))
    #expect(!Redactor().isClean(Array("PASSWORD=hunter22".utf8)))
  }

  @Test func `known values go in every form`() throws {
    let values = ["Tr0ub4dor & \"3\"\\x", "grüße-aus-köln", "first line of it\nsecond line of it"]
    let redactor = Redactor(values: values)
    for value in values.flatMap({ $0.split(separator: "\n").map(String.init) }) {
      let json = String(
        decoding: try JSONSerialization.data(
          withJSONObject: [value], options: [.withoutEscapingSlashes]), as: UTF8.self)
      let inURL = try #require(
        value.addingPercentEncoding(
          withAllowedCharacters: .alphanumerics.intersection(.urlUserAllowed)))
      let lowHex = value.utf8.map { byte in
        byte.isAlphanumeric ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16)
      }.joined()
      for text in ["x\(value)y", json, "https://example.org/?q=\(inURL)&r=1", lowHex] {
        let result = redactor.redact(text)
        #expect(result.contains("[redacted:known]"), "\(text) -> \(result)")
        #expect(!result.contains(value) && !result.contains(inURL), "\(text) -> \(result)")
      }
      for prefix in ["", "a", "ab", "abc", "user:"] {
        for suffix in ["", "z", "yz", "xyz"] {
          let encoded = Data("\(prefix)\(value)\(suffix)".utf8).base64EncodedString()
          let result = redactor.redact("basic \(encoded) end")
          #expect(
            result.contains("[redacted:known]"), "\(prefix)|\(suffix): \(encoded) -> \(result)")
          // What is left holds no more than what stood before and behind.
          let left = result.utf8.count - "basic [redacted:known] end".utf8.count
          #expect(left <= (prefix.utf8.count + suffix.utf8.count + 2) * 4 / 3 + 3, "\(result)")
        }
      }
    }
  }

  @Test func `values that would be found everywhere are passed over`() {
    let redactor = Redactor(values: ["short", "123456789012", ""])
    for text in ["a short text", #"{"n":123456789012}"#] { #expect(redactor.redact(text) == text) }
  }

  @Test func `of two known values the longer one goes first`() {
    let redactor = Redactor(values: ["abcdefgh-1", "abcdefgh-1234567"])
    #expect(redactor.redact("<abcdefgh-1234567>") == "<[redacted:known]>")
  }

  @Test func `a person's own patterns are found`() throws {
    let pattern = try SecretPattern(#"\bACME-[A-Z]{2}\.\d{4,}-\h+"#, kind: "acme-key")
    let redactor = Redactor(patterns: [pattern])
    #expect(redactor.redact("id ACME-QX.0042-beef, ok") == "id [redacted:acme-key], ok")
    #expect(
      redactor.redact("id ACME-QX.42-beef, xACME-QX.0042-beef")
        == "id ACME-QX.42-beef, xACME-QX.0042-beef")
  }

  @Test(arguments: [
    ("ab[0-9]", SecretPatternError.noHead(3)), ("[a-z]{3}x", .noHead(3)),
    ("abc(d)", .syntax(at: 3)),
    ("abc[", .syntax(at: 4)), ("abc[z-a]", .syntax(at: 4)), ("abc{3", .syntax(at: 3)),
    ("abc\"d", .syntax(at: 3)), ("abc[a-z]+z", .ambiguous("abc[a-z]+z")), ("abc|d", .syntax(at: 3)),
    ("abc\\q", .syntax(at: 3)), ("abc[a-z]{5,2}", .syntax(at: 8)),
  ])
  func `a pattern that cannot be matched in linear time is refused`(
    text: String, error: SecretPatternError
  ) {
    #expect(throws: error) { try SecretPattern(text, kind: "own") }
    #expect(throws: SecretPatternError.kind("No")) { try SecretPattern("abcd", kind: "No") }
  }

  @Test func `a line over the limit goes whole, and only that line`() {
    let redactor = Redactor(lineLimit: 100)
    let long = String(repeating: "word ", count: 40)
    #expect(redactor.redact("a\n\(long)\nb\n") == "a\n[redacted:line]\nb\n")
    #expect(redactor.redact(long) == "[redacted:line]")
    var stream = RedactionStream(redactor)
    var result: [UInt8] = []
    for byte in "a\n\(long)\nb\n".utf8 { result += stream.append([byte]) }
    result += stream.finish()
    #expect(String(decoding: result, as: UTF8.self) == "a\n[redacted:line]\nb\n")
  }

  @Test func `memory of a stream does not grow with what has passed`() {
    var stream = RedactionStream(Redactor())
    let line = Array((String(repeating: "QUJD", count: 19) + "\n").utf8)
    var written = 0
    for _ in 0..<4000 { written += stream.append(line).count }
    // What is held back is at most the lines that may be a key.
    #expect(4000 * line.count - written <= 513 * line.count)
    #expect(written + stream.finish().count == 4000 * line.count)
  }
}

extension UInt8 {
  fileprivate var isAlphanumeric: Bool { Character(UnicodeScalar(self)).isASCIIAlphanumeric }
}

extension Character {
  fileprivate var isASCIIAlphanumeric: Bool { isASCII && (isLetter || isNumber) }
}
