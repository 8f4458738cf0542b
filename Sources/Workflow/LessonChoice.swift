/// How lessons are chosen for a prompt and judged.
public struct LessonRules: Sendable, Hashable {
  /// The most bytes of lessons in one prompt.
  public var maximumBytes = 4096
  /// The most lessons in one prompt.
  public var maximumCount = 30
  /// The part of tasks that go without a lesson that would apply, in percent.
  public var holdOutPercent = 20
  /// The same for a lesson that is proven: enough to notice when it no longer helps.
  var provenHoldOutPercent: Int { holdOutPercent / 5 }

  /// The defaults.
  public init() {}
}

/// What is chosen for one attempt.
public struct LessonSelection: Sendable, Hashable {
  /// What the worker is told, the most useful first.
  public var told: [Lesson] = []
  /// What would have been told, and is not, so that its effect can be measured.
  public var heldOut: [Lesson] = []

  /// Nothing.
  public init() {}
}

/// Which lessons a worker is told.
public enum LessonChoice {
  /// The lessons in force that apply, within the budget: proven ones and those of people first, then the closest,
  /// then the newest.
  ///
  /// Whether a task goes without a lesson follows from both their names, so every machine and every attempt decides the
  /// same; once an attempt of it has failed, nothing is held back any more.
  public static func choose(
    from lessons: some Sequence<Lesson>, for task: TaskView, agent: String,
    effects: [String: LessonEffect], rules: LessonRules
  ) -> LessonSelection {
    let place = LessonPlace(task, agent: agent)
    let isFirst = !task.countedAttempts.contains(where: LessonEffect.isFailure)
    var room = rules.maximumBytes
    var selection = LessonSelection()
    let applying = lessons.filter { $0.isInForce && $0.scope.applies(to: place) }
      .map { Candidate($0, effects[$0.id]) }.sorted { $0.precedes($1) }
    for candidate in applying {
      let lesson = candidate.lesson
      guard selection.told.count + selection.heldOut.count < rules.maximumCount else { break }
      let size = lesson.instruction.utf8.count
      guard size <= room else { continue }
      room -= size
      let percent = candidate.isProven ? rules.provenHoldOutPercent : rules.holdOutPercent
      if isFirst, isHeldOut(lesson, from: task.id, percent: percent) {
        selection.heldOut.append(lesson)
      } else {
        selection.told.append(lesson)
      }
    }
    return selection
  }

  /// True if a task goes without a lesson; a person's lesson is never held back.
  static func isHeldOut(_ lesson: Lesson, from task: String, percent: Int) -> Bool {
    guard lesson.origin.isMeasured else { return false }
    return Int(hash(task + "/" + lesson.id) % 100) < percent
  }

  /// FNV-1a, its halves mixed: neighbours fall apart.
  private static func hash(_ text: String) -> UInt64 {
    let sum = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
    }
    let mixed = (sum ^ (sum >> 32)) &* 0x9E37_79B9_7F4A_7C15
    return mixed ^ (mixed >> 29)
  }

  private struct Candidate {
    let lesson: Lesson
    let isProven: Bool
    private let isTrusted: Bool
    private let closeness: Int
    private let benefit: Int

    init(_ lesson: Lesson, _ effect: LessonEffect?) {
      self.lesson = lesson
      isProven = effect?.isProven == true
      isTrusted = lesson.origin == .person || isProven
      closeness = lesson.scope.closeness
      benefit = Int((effect?.difference ?? 0) * 100)
    }

    func precedes(_ other: Candidate) -> Bool {
      if isTrusted != other.isTrusted { return isTrusted }
      return (closeness, benefit, lesson.createdAt, lesson.id)
        > (other.closeness, other.benefit, other.lesson.createdAt, other.lesson.id)
    }
  }
}
