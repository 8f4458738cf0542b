import TestSupport
import Testing

@testable import Workflow

@Suite struct `Retired lessons about the same thing` {
  private static let words = [
    "Run", "the", "tests", "never", "build/", "in", "Sources/A.swift", "don't", "commit", "Grüße",
    "日本語",
    "v1.2-", "fast", "slow", "x",
  ]

  private func sentence(_ random: inout SeededRandom) -> String {
    (0..<Int.random(in: 0...9, using: &random)).compactMap { _ in
      Self.words.randomElement(using: &random)
    }.joined(separator: [" ", ", ", "\r\n", ": "].randomElement(using: &random) ?? " ")
  }

  @Test func `are those that share the part of words, whatever else is there`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    var related = 0
    let lessons = (0..<120).map { number in
      var lesson = Lesson(id: "l\(number)", text: sentence(&random))
      if number % 3 == 0 { lesson.retiredBecause = "old" }
      return lesson
    }
    var kin = RetiredKin(lessons)
    for lesson in lessons {
      let own = LessonMatch.words(of: lesson.text)
      let expected = lessons.filter { other in
        guard other.retiredBecause != nil, other.id != lesson.id else { return false }
        let words = LessonMatch.words(of: other.text)
        let all = own.union(words).count
        guard all > 0 else { return false }
        return Double(own.intersection(words).count) / Double(all) >= LessonMatch.relatedPart
      }
      #expect(kin.of(lesson.id) == Set(expected.map(\.id)), "seed \(seed): \(lesson.text)")
      related += expected.count
    }
    #expect(related > 0)
  }

  @Test func `words are the same whether or not letters beyond ASCII are near`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for _ in 0..<500 {
      let bytes = (0..<40).map { _ in UInt8.random(in: 9...126, using: &random) }
      let text = String(decoding: bytes, as: UTF8.self)
      let beside = LessonMatch.words(of: text + " über").subtracting(["über"])
      #expect(LessonMatch.words(of: text) == beside, "seed \(seed): \(text.debugDescription)")
    }
  }
}
