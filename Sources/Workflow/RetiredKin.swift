/// For each lesson, the retired ones that are about the same thing.
///
/// Two lessons are if they share `LessonMatch.relatedPart` of their words. The retired ones are found by their words, so that
/// the cost follows what is shared and not the number of pairs.
struct RetiredKin {
  private let lessons: [String: Lesson]
  private var retired: [(id: String, wordCount: Int)] = []
  /// The places in `retired` of those that have a word.
  private var places: [String: [Int]] = [:]
  private var known: [String: Set<String>] = [:]

  init(_ lessons: some Sequence<Lesson>) {
    self.lessons = Dictionary(lessons.map { ($0.id, $0) }) { first, _ in first }
    for lesson in self.lessons.values where lesson.retiredBecause != nil {
      let words = LessonMatch.words(of: lesson.text)
      for word in words { places[word, default: []].append(retired.count) }
      retired.append((lesson.id, words.count))
    }
  }

  mutating func of(_ id: String) -> Set<String> {
    if let kin = known[id] { return kin }
    let kin = lessons[id].map { find($0) } ?? []
    known[id] = kin
    return kin
  }

  private func find(_ lesson: Lesson) -> Set<String> {
    guard !retired.isEmpty else { return [] }
    let words = LessonMatch.words(of: lesson.text)
    var shared = [Int](repeating: 0, count: retired.count)
    for word in words { for place in places[word] ?? [] { shared[place] += 1 } }
    var kin: Set<String> = []
    for (other, count) in zip(retired, shared) where count > 0 && other.id != lesson.id {
      let all = words.count + other.wordCount - count
      if Double(count) / Double(all) >= LessonMatch.relatedPart { kin.insert(other.id) }
    }
    return kin
  }
}
