/// Something that was learned and that later workers are told.
public struct Lesson: Sendable, Hashable {
  /// The twelve digits.
  public var id: String
  /// What it says.
  public var text: String
  /// The situation in which it applies, in words; empty if the scope says it all.
  public var when = ""
  /// Where it applies.
  public var scope = LessonScope.repository
  /// Who taught it.
  public var author = ""
  /// Whether a person taught it, or orch found it.
  public var origin = LessonOrigin.person
  /// The task that it was learned from.
  public var task: String?
  /// The cases that it was learned from, oldest first.
  public var evidence: [LessonEvidence] = []
  /// Why a person must say yes before it is told to anybody; nil if nobody needs to, or somebody did.
  public var waitsBecause: String?
  /// Why it no longer applies; nil while it does.
  public var retiredBecause: String?
  /// When it was learned, in milliseconds since 1970.
  public var createdAt = 0
  /// The machines that had a part in it.
  public var hosts: [String] = []

  /// A lesson for the whole repository.
  public init(id: String, text: String) {
    self.id = id
    self.text = text
  }

  /// True if workers are told it.
  public var isInForce: Bool { retiredBecause == nil && waitsBecause == nil }

  /// What workers are told.
  public var instruction: String { when.isEmpty ? text : "\(text) (when: \(when))" }
}

/// Who found a lesson.
public enum LessonOrigin: String, Sendable, Hashable, CaseIterable {
  /// A person said it: it is told to every task in its scope, and only a person retires it.
  case person
  /// A worker found it by looking back: it is measured, and retired when it does not help.
  case retrospective
  /// A worker said it while it worked: it waits for a person, and is then measured and retired like what orch found.
  case worker

  /// Whether it is held back from some tasks so that its effect can be told, and goes when there is none.
  public var isMeasured: Bool { self != .person }
}

/// A case from which a lesson was learned: attempts of one task.
public struct LessonEvidence: Sendable, Hashable, Comparable {
  /// The task.
  public var task: String
  /// The attempt that failed.
  public var failed: Int
  /// The attempt that came to a good end; nil if none did.
  public var succeeded: Int?

  /// All parts.
  public init(task: String, failed: Int, succeeded: Int? = nil) {
    self.task = task
    self.failed = failed
    self.succeeded = succeeded
  }

  /// Reads `TASK#FAILED` or `TASK#FAILED>SUCCEEDED`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "#", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return nil }
    let numbers = parts[1].split(separator: ">", maxSplits: 1).map { Int($0) }
    guard let first = numbers.first, let failed = first, !numbers.contains(nil) else { return nil }
    self.init(task: parts[0], failed: failed, succeeded: numbers.count > 1 ? numbers[1] : nil)
  }

  /// The form that `init(_:)` reads.
  public var text: String { "\(task)#\(failed)" + (succeeded.map { ">\($0)" } ?? "") }

  /// By task, then by attempt.
  public static func < (left: LessonEvidence, right: LessonEvidence) -> Bool {
    (left.task, left.failed, left.succeeded ?? 0) < (right.task, right.failed, right.succeeded ?? 0)
  }
}
