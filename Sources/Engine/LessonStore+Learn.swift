internal import GitState
internal import JSON
public import Workflow

extension LessonStore {
  /// How often a scope is widened again because another process changed it first.
  private static let widenTries = 4

  /// Records what orch found: a lesson of its own, or evidence for one that says it already.
  ///
  /// One that says it for other places is widened to both. One that contradicts a lesson, that says what was retired, or what
  /// a person said for other places only, waits for a person. A case that is recorded twice is recorded once. Throws
  /// `LessonError`.
  public func learn(
    _ found: FoundLesson, from evidence: LessonEvidence, author: String, doubt: String?
  ) async throws -> (lesson: Lesson, isNew: Bool) {
    let lessons = try await all()
    if let known = lessons.first(where: {
      $0.origin == .retrospective && $0.evidence.contains(evidence)
    }) {
      return (known, known.evidence == [evidence])
    }
    let named = found.sameAs.flatMap { name in lessons.first { $0.id.hasPrefix(name) } }
    let new = LearnedCase(evidence: evidence, author: author, doubt: doubt)
    if let named, named.retiredBecause == nil {
      let scope = found.namesScope ? found.scope : named.scope
      if let wide = try await confirm(named, in: scope, new) { return (wide, false) }
      return (try await addEvidence(new, to: named), false)
    }
    // Whoever says that a retired lesson says it has found that one again.
    let text = try Self.statement(found.text.isEmpty ? named?.text ?? "" : found.text)
    let scope = found.text.isEmpty ? named?.scope ?? found.scope : found.scope
    var lesson = Lesson(id: "", text: text)
    lesson.waitsBecause = doubt
    switch LessonMatch.find(text, scope, among: lessons) {
    case .new: if let named { lesson.waitsBecause = Self.wasRetired(named) }
    case .same(let known): return (try await addEvidence(new, to: known), false)
    case .elsewhere(let known):
      if let widened = try await confirm(known, in: scope, new) { return (widened, false) }
      lesson.waitsBecause = doubt ?? Self.isSaidElsewhere(known)
    case .contradicts(let known):
      lesson.waitsBecause =
        "it says the opposite of \(known.id.prefix(6)): \(TaskSummary.firstLine(known.text))"
    case .retired(let known): lesson.waitsBecause = Self.wasRetired(known)
    }
    lesson.when = found.when
    lesson.scope = scope
    return (try await add(lesson, new, among: lessons), true)
  }

  /// A case that something was learned from.
  private struct LearnedCase {
    let evidence: LessonEvidence
    let author: String
    let doubt: String?
  }

  private func add(
    _ lesson: Lesson, _ new: LearnedCase, among lessons: [Lesson]
  ) async throws -> Lesson {
    var lesson = lesson
    let id = try Self.name(lesson.text, lesson.scope, among: lessons)
    lesson.id = id.text
    lesson.author = new.author
    lesson.origin = .retrospective
    lesson.task = new.evidence.task
    lesson.evidence = [new.evidence]
    return try await record(lesson, id)
  }

  private static func wasRetired(_ lesson: Lesson) -> String {
    "it says what \(lesson.id.prefix(6)) said, which was retired: "
      + TaskSummary.firstLine(lesson.retiredBecause ?? "")
  }

  private static func isSaidElsewhere(_ lesson: Lesson) -> String {
    "\(lesson.id.prefix(6)) says it in \(lesson.author)'s words for \(lesson.scope.text) only"
  }

  /// Adds a case to a lesson, and the place of the case to where it applies; nil if only a person may decide that: what
  /// people said stays where they said it, and a stranger's case takes nothing further.
  private func confirm(
    _ lesson: Lesson, in scope: LessonScope, _ new: LearnedCase
  ) async throws -> Lesson? {
    var lesson = lesson
    for _ in 0..<Self.widenTries {
      if lesson.scope.covers(scope) { return try await addEvidence(new, to: lesson) }
      guard lesson.origin.isMeasured, new.doubt == nil else { return nil }
      lesson = try await widen(lesson, to: lesson.scope.joined(with: scope), new)
    }
    return lesson
  }

  private func widen(
    _ lesson: Lesson, to scope: LessonScope, _ new: LearnedCase
  ) async throws -> Lesson {
    guard let id = RecordID(lesson.id) else { throw LessonError.missing(lesson.id) }
    let change = "\(lesson.scope.text) → \(scope.text)"
    let event = EventDraft(
      kind: "lesson.widened", author: new.author,
      operations: [.set("scope", .string(scope.text)), .add("evidence", new.evidence.text)],
      message: change)
    let note = CommitNote(
      verb: "lesson widened", title: lesson.text, detail: new.evidence.text,
      body: "Applies further: \(change)")
    let before = lesson.scope
    return try await write(RecordKey(.lessons, id), event, note) { record in
      record?.fields["scope"]?.string.flatMap { LessonScope($0) } == before
    }
  }

  private func addEvidence(_ new: LearnedCase, to lesson: Lesson) async throws -> Lesson {
    guard let id = RecordID(lesson.id) else { throw LessonError.missing(lesson.id) }
    let text = new.evidence.text
    let event = EventDraft(
      kind: "lesson.confirmed", author: new.author, operations: [.add("evidence", text)],
      message: text)
    let note = CommitNote(verb: "lesson confirmed", title: lesson.text, detail: text)
    return try await write(RecordKey(.lessons, id), event, note) { record in
      record?.members(of: "evidence").contains(text) == false
    }
  }
}
