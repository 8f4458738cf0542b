import Foundation
import Redaction
import TestSupport
import Testing

@Suite struct `Private keys` {
  private let redactor = Redactor()
  private static let labels = [
    "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK",
  ]

  /// Expects that nothing of a key's body is left, and that the lines are as many.
  private func expectGone(
    _ body: [String], from text: String, _ comment: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let result = redactor.redact(text)
    for line in body {
      #expect(
        !result.contains(line.prefix(20)), "\(comment): \(result)", sourceLocation: sourceLocation)
    }
    #expect(
      result.split(separator: "\n", omittingEmptySubsequences: false).count
        == text.split(separator: "\n", omittingEmptySubsequences: false).count,
      "\(comment)", sourceLocation: sourceLocation)
    #expect(redactor.redact(result) == result, "\(comment)", sourceLocation: sourceLocation)
  }

  @Test(arguments: labels) func `go, however they are written down`(label: String) throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let (key, body) = Corpus.key(label, bytes: Int.random(in: 40...1700, using: &random), &random)
    let lines = key.split(separator: "\n").map(String.init)
    let prefixed = { (prefix: (Int) -> String) in
      lines.enumerated().map { prefix($0) + $1 }.joined(separator: "\n") + "\n"
    }
    let escaped = lines.joined(separator: "\\n")
    let forms: [(name: String, text: String)] = [
      ("plain", "before\n\(key)after\n"),
      ("carriage returns", key.replacingOccurrences(of: "\n", with: "\r\n")),
      ("indented", prefixed { _ in "      " }),
      ("a change", prefixed { _ in "+" }),
      ("a removal", prefixed { _ in "-" }),
      ("quoted mail", prefixed { _ in "> " }),
      ("numbered", prefixed { "\(String(repeating: " ", count: 5 - "\($0)".count))\($0)\t" }),
      ("numbered with arrows", prefixed { "    \($0)→" }),
      ("found by grep", prefixed { "\($0 + 1):" }),
      ("with times", prefixed { _ in "2026-01-01T00:00:00.0000000Z " }),
      ("escaped", "{\"key\":\"\(escaped)\\n\",\"after\":1}\n"),
      ("escaped twice", "{\"a\":\"{\\\"key\\\":\\\"\(lines.joined(separator: "\\\\n"))\\\"}\"}"),
      ("a variable", "export KEY=\"\(escaped)\"\n"),
      ("in blanks", lines.joined(separator: " ")),
      ("a list", "[\n" + lines.map { "  \"\($0)\"" }.joined(separator: ",\n") + "\n]\n"),
      ("a source text", lines.map { "  \"\($0)\\n\" +" }.joined(separator: "\n") + "\n"),
      (
        "numbered in JSON", "{\"a\":\"" + lines.map { "  7→\($0)" }.joined(separator: "\\n") + "\"}"
      ),
    ]
    for form in forms { expectGone(body, from: form.text, "\(form.name), seed \(seed)") }
    let after = redactor.redact(forms[0].text)
    #expect(after.hasPrefix("before\n-----BEGIN") && after.hasSuffix("-----\nafter\n"))
  }

  @Test func `go when their end or their beginning is cut off`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for _ in 0..<50 {
      let (key, body) = Corpus.key("RSA PRIVATE KEY", bytes: 1200, &random)
      let lines = key.split(separator: "\n").map(String.init)
      let cut = Int.random(in: 2..<(lines.count - 1), using: &random)
      let head = lines.prefix(cut)
      let tail = lines.suffix(lines.count - cut)
      expectGone(
        Array(body.prefix(cut - 1)), from: head.joined(separator: "\n") + "\nnext: line\n",
        "no end, seed \(seed)")
      expectGone(
        Array(body.prefix(cut - 1)), from: "{\"a\":\"" + head.joined(separator: "\\n") + "\"}\n",
        "no end, escaped, seed \(seed)")
      expectGone(
        Array(body.suffix(lines.count - cut - 1)),
        from: "first: line\n" + tail.joined(separator: "\n") + "\n", "no beginning, seed \(seed)")
      expectGone(
        Array(body.suffix(lines.count - cut - 1).filter { $0.count > 40 }),
        from: "{\"a\":\"" + tail.joined(separator: "\\n") + "\"}\n",
        "no beginning, escaped, seed \(seed)")
    }
  }

  @Test(arguments: [
    "MIIEpAIBAAKCAQEA", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "MHcCAQEEI", "MC4CAQAwBQYDK2Vw",
    "b3BlbnNzaC1rZXktdjEAAAAA",
  ])
  func `go without any armour`(start: String) {
    var random = SeededRandom(seed: 7)
    let body = Corpus.key("X", bytes: 900, &random).body
    let text =
      "key:\n" + start + body[0] + "\n" + body.dropFirst().joined(separator: "\n") + "\nend\n"
    expectGone(body, from: text, start)
  }

  @Test func `go in base64 of the whole`() {
    var random = SeededRandom(seed: 9)
    let key = Corpus.key("EC PRIVATE KEY", bytes: 120, &random).text
    let encoded = Data(key.utf8).base64EncodedString()
    expectGone([encoded], from: "client-key-data: \(encoded)\n", "one line")
    expectGone([encoded], from: "{\"client-key-data\":\"\(encoded)\"}\n", "JSON")
  }

  @Test func `of PuTTY and of SSH2 go too`() {
    var random = SeededRandom(seed: 11)
    let body = Corpus.key("X", bytes: 300, &random).body
    let putty =
      "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: \(body.count)\n"
      + body.joined(separator: "\n")
      + "\nPrivate-MAC: 00\n"
    expectGone(body, from: putty, "PuTTY")
    let old =
      "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"mine\"\n"
      + body.joined(separator: "\n")
      + "\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n"
    expectGone(body, from: old, "SSH2")
  }

  @Test func `with headers go, and an encrypted one too`() {
    var random = SeededRandom(seed: 13)
    let body = Corpus.key("X", bytes: 300, &random).body
    let text =
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,ABCDEF\n\n"
      + body.joined(separator: "\n") + "\n-----END RSA PRIVATE KEY-----\n"
    expectGone(body, from: text, "headers")
    expectGone(
      body, from: "{\"a\":\"" + text.replacingOccurrences(of: "\n", with: "\\n") + "\"}\n",
      "escaped")
  }
}
