import Foundation
import Redaction
import TestSupport
import Testing

@Suite struct `What holds for every text` {
  private let redactor = Redactor(values: [
    "correct horse battery", "s3cr3t-väl\"ue\\x", "0123456789012345678",
  ])

  /// A text of secrets, look-alikes, pieces of both and noise.
  private func text(_ random: inout SeededRandom) throws -> String {
    let tokens = try Corpus.lines("tokens.txt")
    let assigned = try Corpus.lines("assigned.txt").map { $0.filter { $0 != "«" && $0 != "»" } }
    let others = try Corpus.lines("lookalikes.txt") + Corpus.lines("lookalikes-made.txt")
    let signs = Array("\\\"'`=:{}[],; \t\r\nnu0a1-+/_.é\u{1}")
    var result = ""
    for _ in 0..<Int.random(in: 1...14, using: &random) {
      switch Int.random(in: 0..<9, using: &random) {
      case 0:
        let line = tokens.randomElement(using: &random) ?? ""
        result += Corpus.token(Array(line.split(separator: " ").dropFirst()), &random)
      case 1, 2: result += assigned.randomElement(using: &random) ?? ""
      case 3: result += others.randomElement(using: &random) ?? ""
      case 4:
        let key = Corpus.key("RSA PRIVATE KEY", bytes: 300, &random).text
        result += key.prefix(Int.random(in: 1...key.count, using: &random))
      case 5:
        let key = Corpus.key("PRIVATE KEY", bytes: 200, &random).text
        result += key.suffix(Int.random(in: 1...key.count, using: &random))
      case 6: result += "correct horse battery"
      case 7: result += "s3cr3t-väl\"ue\\x"
      default:
        for _ in 0..<Int.random(in: 1...12, using: &random) {
          result.append(signs.randomElement(using: &random) ?? " ")
        }
      }
      if Bool.random(using: &random) { result += Bool.random(using: &random) ? "\n" : "\\n" }
    }
    return result
  }

  @Test func `chunks give what the whole gives`() throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for round in 0..<150 {
      let bytes = Array(try text(&random).utf8)
      let whole = redactor.redact(bytes)
      var stream = RedactionStream(redactor)
      var result: [UInt8] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Int.random(in: 1...Int.random(in: 1...80, using: &random), using: &random)
        result += stream.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      result += stream.finish()
      #expect(result == whole, "seed \(seed), round \(round)")
    }
  }

  @Test func `redacting twice changes nothing, and lines stay as many`() throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for round in 0..<300 {
      let text = try text(&random)
      let once = redactor.redact(text)
      #expect(redactor.redact(once) == once, "seed \(seed), round \(round)\n\(text)")
      #expect(once.utf8.count { $0 == 0x0A } == text.utf8.count { $0 == 0x0A })
    }
  }

  @Test func `JSON stays JSON of the same form`() throws {
    for seed in TestSeed.next(and: 9_533_481_174_942_304_600, 9_169_317_749_219_644_845) {
      try checkForm(seed: seed)
    }
  }

  private func checkForm(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for round in 0..<200 {
      let inner = try text(&random)
      let nested = String(
        decoding: try Self.spelled(["password": inner, "n": 12], &random), as: UTF8.self)
      let object: [String: Any] = [
        "text": inner, "nested": nested, "token": 12345678901234, "list": [inner, 1, true],
        "password": String(inner.prefix(20)), "api_token": String(inner.prefix(30)) + "\\",
        "secret": NSNull(), "api_key": ["a", nested],
      ]
      let data = try Self.spelled(object, &random)
      let result = redactor.redact(Array(data))
      let parsed = try? JSONSerialization.jsonObject(with: Data(result)) as? [String: Any]
      let found = try #require(
        parsed, "seed \(seed), round \(round)\n\(String(decoding: result, as: UTF8.self))")
      #expect(Set(found.keys) == Set(object.keys))
      #expect(found["token"] as? Int == 12_345_678_901_234)
      // What was nested text is still text that can be read.
      if let text = found["nested"] as? String, text != "[redacted:line]" {
        let isJSON = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil
        #expect(isJSON, "seed \(seed), round \(round)\n\(text)\n\(nested)")
      }
    }
  }

  /// An object in one of the forms that programs write, its members in an order that the seed decides.
  private static func spelled(
    _ object: [String: Any], _ random: inout SeededRandom
  ) throws -> Data {
    var options: JSONSerialization.WritingOptions = [.fragmentsAllowed]
    let isPretty = Bool.random(using: &random)
    if Bool.random(using: &random) { options.insert(.withoutEscapingSlashes) }
    let members = try object.keys.sorted().shuffled(using: &random).map { name in
      let value = try JSONSerialization.data(
        withJSONObject: object[name] ?? NSNull(), options: options)
      return "\"\(name)\":" + (isPretty ? " " : "") + String(decoding: value, as: UTF8.self)
    }
    let text = isPretty ? members.joined(separator: ",\n  ") : members.joined(separator: ",")
    return Data((isPretty ? "{\n  \(text)\n}" : "{\(text)}").utf8)
  }

  @Test func `bytes that are no text pass, or go, and stop nothing`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for _ in 0..<100 {
      let bytes = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &random) }
      let once = redactor.redact(bytes)
      #expect(redactor.redact(once) == once, "seed \(seed)")
      #expect(once.count { $0 == 0x0A } == bytes.count { $0 == 0x0A }, "seed \(seed)")
    }
  }
}
