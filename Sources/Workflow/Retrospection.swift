/// When orch looks back at a task, and what it makes of the answer.
public enum Retrospection {
  /// How long after its end a task may still be looked back at, in milliseconds: what is older is history.
  public static let maximumAgeMilliseconds = 86_400_000
  /// The longest lesson, in characters.
  public static let maximumTextLength = 300

  /// What is looked back at: the attempts to compare; nil if there is nothing to learn.
  ///
  /// After every failure that is over, and after every success that took several attempts, unless what failed was not the
  /// worker's doing (limits, outages, missing programs, being killed).
  public static func cause(_ task: TaskView, now: Int) -> LessonEvidence? {
    guard task.kind != .retrospective, now - task.updatedAt <= maximumAgeMilliseconds,
      let failed = task.countedAttempts.last(where: LessonEffect.isFailure) ?? repaired(task)
    else { return nil }
    let good = task.attempts.last { $0.outcome == .succeeded && $0.number > failed.number }
    switch task.status {
    case .done:
      guard let good else { return nil }
      return LessonEvidence(task: task.id, failed: failed.number, succeeded: good.number)
    case .blocked:
      // Blocked by its worker's failures, not by something it waits for.
      guard !task.waitsForChildren, failed.number == task.attempts.last?.number else { return nil }
      return LessonEvidence(task: task.id, failed: failed.number)
    case .new, .routed, .inProgress, .needsReview, .inReview, .cancelled: return nil
    }
  }

  /// The attempt whose work checks refused, so that another had to repair it.
  private static func repaired(_ task: TaskView) -> Attempt? {
    guard let repair = task.countedAttempts.firstIndex(where: { $0.purpose == .repair }) else {
      return nil
    }
    return task.attempts[..<repair].last { $0.outcome == .succeeded }
  }

  /// Why a person must see what is learned from a task before it is told to others; nil if nobody must.
  ///
  /// `views` has the tasks above it, and `hosts` the machines that had a part in any of them.
  public static func doubt(
    about task: TaskView, among views: [String: TaskView] = [:], createdBy hosts: [String],
    trusted: Set<String>
  ) -> String? {
    if let doubt = Lineage.doubt(about: task, in: views) { return doubt }
    if let stranger = hosts.first(where: { !trusted.contains($0) }) {
      return "the machine '\(stranger)' had a part in the task and is not in 'sync.trusted_hosts'"
    }
    return nil
  }
}

/// What a retrospective worker answered.
public enum RetrospectiveAnswer: Sendable, Hashable {
  /// There is something to learn.
  case lesson(FoundLesson)
  /// There is nothing to learn, and why.
  case nothing(String)
  /// It cannot be used, and why.
  case unusable(String)

  /// Reads the lines of the worker's report.
  public static func read(_ lines: [String], summary: String) -> RetrospectiveAnswer {
    var fields: [String: String] = [:]
    for line in lines {
      let text = line.drop { " -*`".contains($0) }
      guard let colon = text.firstIndex(of: ":") else { continue }
      let name = text[..<colon].lowercased().filter { $0 != "`" }
      guard ["lesson", "when", "scope", "evidence", "same-as"].contains(name) else { continue }
      let value = text[text.index(after: colon)...].split(whereSeparator: \.isWhitespace)
        .joined(separator: " ")
      if fields[name] == nil { fields[name] = value.trimmed(of: "`\" ") }
    }
    let text = fields["lesson"] ?? ""
    let same = fields["same-as"].flatMap { $0.isEmpty || $0 == "none" ? nil : $0 }
    if text.isEmpty, same == nil {
      return lines.isEmpty || !summary.isEmpty
        ? .nothing(summary.isEmpty ? "it found nothing to learn" : summary)
        : .unusable("its report has no line 'lesson:'")
    }
    guard text.count <= Retrospection.maximumTextLength else {
      return .unusable("the lesson has \(text.count) characters, at most 300 are taken")
    }
    guard same != nil || text.split(separator: " ").count >= 3 else {
      return .unusable("'\(text)' is no instruction")
    }
    guard let scope = LessonScope(fields["scope"] ?? "repository") else {
      return .unusable("'\(fields["scope"] ?? "")' is not a scope")
    }
    return .lesson(
      FoundLesson(
        text: text, when: String((fields["when"] ?? "").prefix(Retrospection.maximumTextLength)),
        scope: scope, sameAs: same, namesScope: fields["scope"] != nil))
  }
}

/// A lesson as a retrospective worker words it.
public struct FoundLesson: Sendable, Hashable {
  /// One instruction.
  public var text: String
  /// The situation in which it applies.
  public var when: String
  /// Where it applies.
  public var scope: LessonScope
  /// The lesson that already says it, by the beginning of its name.
  public var sameAs: String?
  /// False if the answer says nothing of where it applies.
  public var namesScope: Bool

  /// All parts.
  public init(
    text: String, when: String, scope: LessonScope, sameAs: String?, namesScope: Bool = true
  ) {
    self.text = text
    self.when = when
    self.scope = scope
    self.sameAs = sameAs
    self.namesScope = namesScope
  }
}

extension String {
  fileprivate func trimmed(of characters: String) -> String {
    var text = drop { characters.contains($0) }
    while let last = text.last, characters.contains(last) { text.removeLast() }
    return String(text)
  }
}

extension Retrospection {
  /// How often a retrospective is tried.
  public static let maximumAttempts = 2

  /// What follows from an attempt of a retrospective: it never publishes, divides, blocks, or asks a person.
  ///
  /// `learned` is what came of its answer, in words, if it had one.
  public static func settled(
    _ verdict: Verdict, attempt: Attempt, learned: String?
  ) -> Verdict {
    switch verdict {
    case .publish, .finish, .delegate: .finish(summary: learned ?? "nothing was learned")
    case .block(let reason), .askPerson(let reason):
      .finish(summary: "nothing was learned: \(reason)")
    case .retry where learned != nil: .finish(summary: learned ?? "")
    case .retry(let reason, _):
      attempt.number < maximumAttempts || attempt.outcome == .interrupted
        ? verdict : .finish(summary: "nothing was learned: \(reason)")
    case .reroute: verdict
    }
  }
}
