/// What a new lesson is to those that are there.
public enum LessonMatch: Sendable, Hashable {
  /// Nothing like it is there.
  case new
  /// The same is said already, where the new case is: that is evidence for it.
  case same(Lesson)
  /// The same is said elsewhere: it applies further than was known.
  case elsewhere(Lesson)
  /// The opposite is said: a person must decide.
  case contradicts(Lesson)
  /// The same was said and is retired: a person must decide whether it comes back.
  case retired(Lesson)

  /// The part of words that two texts must share to say the same, or the opposite.
  static let sharedPart = 0.7
  /// Words that turn a sentence into its opposite.
  private static let turning: Set<String> = [
    "not", "never", "no", "dont", "don't", "avoid", "without", "stop", "cannot", "disable",
  ]
  /// Words that say nothing by themselves.
  private static let empty: Set<String> = [
    "a", "an", "the", "to", "of", "in", "on", "for", "and", "or", "it", "is", "be", "always",
    "must",
    "do", "please", "should", "with", "you", "your", "all", "any",
  ]

  /// Compares a statement with lessons; what is in force or waits counts before what is retired, and what applies to
  /// the place before what applies elsewhere.
  ///
  /// The opposite is one that a worker could be told beside it. What was retired elsewhere may be right here.
  public static func find(
    _ text: String, _ scope: LessonScope, among lessons: some Sequence<Lesson>
  ) -> LessonMatch {
    let own = meaning(of: text)
    guard !own.words.isEmpty else { return .new }
    var retired: Lesson?
    var elsewhere: Lesson?
    for lesson in lessons {
      let other = meaning(of: lesson.text)
      guard share(own.words, other.words) >= sharedPart else { continue }
      guard own.isTurned == other.isTurned else {
        guard lesson.retiredBecause == nil, lesson.scope.canMeet(scope) else { continue }
        return .contradicts(lesson)
      }
      switch (lesson.scope.covers(scope), lesson.retiredBecause == nil) {
      case (true, true): return .same(lesson)
      case (true, false): retired = lesson
      case (false, true): elsewhere = elsewhere ?? lesson
      case (false, false): break
      }
    }
    if let retired { return .retired(retired) }
    return elsewhere.map { .elsewhere($0) } ?? .new
  }

  /// The part of words that two lessons must share to be about one thing.
  static let relatedPart = 0.3

  /// The words of a statement that say something.
  static func words(of text: String) -> Set<String> { meaning(of: text).words }

  private static func meaning(of text: String) -> (words: Set<String>, isTurned: Bool) {
    let words = split(text.lowercased()).map { $0.droppingEnd(of: ".'-") }
    let turns = words.count { turning.contains($0) }
    let kept = words.filter { !$0.isEmpty && !turning.contains($0) && !empty.contains($0) }
    return (Set(kept), turns % 2 == 1)
  }

  /// Splits at all but letters, digits and what stands in paths and names.
  private static func split(_ text: String) -> [String] {
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
      return text.split { !($0.isLetter || $0.isNumber || "'/_.-".contains($0)) }.map(String.init)
    }
    // The same without asking Unicode for each letter, which takes ten times as long.
    return text.utf8.split { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "'"), UInt8(ascii: "/"),
        UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
        false
      default: true
      }
    }.map { String($0) ?? "" }
  }

  private static func share(_ left: Set<String>, _ right: Set<String>) -> Double {
    let all = left.union(right).count
    return all == 0 ? 0 : Double(left.intersection(right).count) / Double(all)
  }
}

extension String {
  fileprivate func droppingEnd(of characters: String) -> String {
    var text = self
    while let last = text.last, characters.contains(last) { text.removeLast() }
    return text
  }
}
