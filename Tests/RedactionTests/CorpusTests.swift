import Foundation
import Redaction
import TestSupport
import Testing

@Suite struct `The corpus of secrets` {
  private let redactor = Redactor()

  @Test func `every token of a service is found in every surrounding`() throws {
    for seed in TestSeed.next(and: 5_047_295_328_169_812_156) { try findTokens(seed: seed) }
  }

  private func findTokens(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var found = 0
    var all = 0
    var missed: [String] = []
    for line in try Corpus.lines("tokens.txt") {
      let pieces = line.split(separator: " ")
      for surrounding in Corpus.surroundings {
        let token = Corpus.token(Array(pieces.dropFirst()), &random)
        let text = surrounding.replacingOccurrences(of: "@", with: token)
        let result = redactor.redact(text)
        all += 1
        let part = String(token.suffix(token.count - token.count / 2))
        if !result.contains(token), !result.contains(part), result.contains("[redacted:") {
          found += 1
        } else {
          missed.append("\(pieces[0]): \(text) -> \(result)")
        }
      }
    }
    print("tokens of services: \(found) of \(all) found")
    #expect(missed.prefix(5) == [], "seed \(seed)")
  }

  @Test func `every assigned secret goes, and nothing around it`() throws {
    var found = 0
    var missed: [String] = []
    let lines = try Corpus.lines("assigned.txt")
    for line in lines {
      let text = line.filter { $0 != "«" && $0 != "»" }
      let parts = line.components(separatedBy: "«").flatMap { $0.components(separatedBy: "»") }
      let result = redactor.redact(text)
      let isKept = result.hasPrefix(parts[0]) && result.hasSuffix(parts[2])
      let middle = result.dropFirst(parts[0].count).dropLast(parts[2].count)
      if isKept, middle.hasPrefix("[redacted:"), middle.hasSuffix("]"), !middle.contains(" ") {
        found += 1
      } else {
        missed.append("\(text) -> \(result)")
      }
    }
    print("assigned secrets: \(found) of \(lines.count) found")
    #expect(missed.prefix(5) == [])
  }

  @Test func `nothing that only looks like a secret is touched`() throws {
    var touched: [String] = []
    var all = 0
    for name in ["lookalikes.txt", "lookalikes-made.txt"] {
      let text = try Corpus.text(name)
      let result = redactor.redact(text)
      let before = text.components(separatedBy: "\n")
      let after = result.components(separatedBy: "\n")
      #expect(before.count == after.count)
      all += before.count
      for (old, new) in zip(before, after) where old != new { touched.append("\(old) -> \(new)") }
    }
    print("look-alikes: \(touched.count) of \(all) touched")
    #expect(touched.prefix(5) == [])
  }
}
