public import GitState
internal import JSON
public import Workflow

/// The lessons of a state.
public struct LessonStore: Sendable {
  /// The longest statement, in bytes.
  public static let maximumBytes = 2000

  let state: StateStore
  /// Machines whose lessons need no approval; nil if nobody's do.
  private let trusted: Set<String>?

  /// The lessons of a state.
  ///
  /// What machines other than this one and `trusting` have written waits for a person's approval.
  public init(_ state: StateStore, trusting hosts: Set<String> = []) {
    self.state = state
    trusted = hosts.union([state.host])
  }

  /// Every lesson, retired ones and those that wait for approval too, oldest first.
  public func all() async throws -> [Lesson] {
    let records = try await state.read { reader, repository in
      try reader.records(of: .lessons, in: repository)
    }
    return records.map { Lesson($0, trusted: trusted) }
      .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// The lesson whose name begins like this; throws `LessonError` if there is none, `StateError` if there are several.
  public func find(_ prefix: String) async throws -> Lesson {
    let record = try await state.read { reader, repository -> Record? in
      do throws(StateError) {
        let id = try reader.resolve(prefix, in: .lessons, repository)
        return try reader.record(RecordKey(.lessons, id), in: repository)
      } catch .noSuchRecord {
        return nil
      }
    }
    guard let record else { throw LessonError.missing(prefix) }
    return Lesson(record, trusted: trusted)
  }

  /// Records what somebody says; one that says the same in the same scope is returned instead.
  ///
  /// What a worker says waits until a person approves it, or says the same. Throws `LessonError.empty` or `.tooLong`.
  public func add(
    _ text: String, scope: LessonScope, author: String, task: String? = nil,
    origin: LessonOrigin = .person
  ) async throws -> Lesson {
    let statement = try Self.statement(text)
    let lessons = try await all()
    let same = lessons.first {
      $0.retiredBecause == nil && $0.scope == scope
        && $0.text.lowercased() == statement.lowercased()
    }
    guard let same else {
      let id = try Self.name(statement, scope, among: lessons)
      var lesson = Lesson(id: id.text, text: statement)
      lesson.scope = scope
      lesson.author = author
      lesson.task = task
      lesson.origin = origin
      if origin == .worker { lesson.waitsBecause = "a worker said it (\(author))" }
      return try await approved(try await record(lesson, id), origin, author)
    }
    return try await approved(same, origin, author)
  }

  /// A person who says what waits for a person has approved it.
  private func approved(
    _ lesson: Lesson, _ origin: LessonOrigin, _ author: String
  ) async throws -> Lesson {
    guard origin == .person, lesson.waitsBecause != nil else { return lesson }
    return try await approve(lesson.id, author: author)
  }

  /// The name that follows from what a lesson says and where, so that all who record it at once record one;
  /// what was retired by that name has its place, and the next name is taken.
  static func name(
    _ statement: String, _ scope: LessonScope, among lessons: [Lesson]
  ) throws -> RecordID {
    let taken = Set(lessons.filter { $0.retiredBecause != nil }.map(\.id))
    var generation = 1
    while true {
      let id = try AskedTasks.id(
        "lesson\n\(generation)\n\(scope.text)\n\(statement.lowercased())")
      if !taken.contains(id.text) { return id }
      generation += 1
    }
  }

  func record(_ lesson: Lesson, _ id: RecordID) async throws -> Lesson {
    var note = CommitNote(verb: "lesson", title: lesson.text, detail: lesson.scope.text)
    if let reason = lesson.waitsBecause {
      note.verb = "lesson proposed"
      note.body = "Waits for approval: \(reason)"
    }
    let event = EventDraft(
      kind: "lesson.added", author: lesson.author, operations: lesson.operations)
    return try await write(RecordKey(.lessons, id), event, note) { $0 == nil }
  }

  /// Lets a lesson be told that waited for a person.
  @discardableResult
  public func approve(_ id: String, author: String) async throws -> Lesson {
    guard let key = RecordID(id).map({ RecordKey(.lessons, $0) }) else {
      throw LessonError.missing(id)
    }
    let lesson = try await find(id)
    let event = EventDraft(
      kind: "lesson.approved", author: author, operations: [.add("approved", author)])
    return try await write(key, event, CommitNote(verb: "lesson approved", title: lesson.text)) {
      $0 != nil
    }
  }

  /// Takes a lesson out of later prompts; it stays in the history.
  ///
  /// `commit` is the one that brought it, which the new commit names as reverted.
  public func retire(
    _ id: String, because reason: String, author: String, reverting commit: String? = nil
  ) async throws {
    guard let key = RecordID(id).map({ RecordKey(.lessons, $0) }) else {
      throw LessonError.missing(id)
    }
    let lesson = try await find(id)
    let event = EventDraft(
      kind: "lesson.retired", author: author, operations: [.set("retired", .string(reason))],
      message: reason)
    var note = CommitNote(verb: "retired", title: lesson.text, body: reason)
    if let commit { note.trailers = [.init("Orch-Reverts", commit)] }
    _ = try await write(key, event, note) { $0?.fields["retired"] == nil }
  }

  /// Writes one event if the record as it is calls for it, and returns the lesson as it is then.
  func write(
    _ key: RecordKey, _ event: EventDraft, _ note: CommitNote,
    if isCalledFor: @escaping @Sendable (Record?) -> Bool
  ) async throws -> Lesson {
    let change = Change(key: key, event: event, note: note)
    _ = try await state.write(
      Decision(reading: [key]) { records in isCalledFor(records[key]) ? [change] : [] })
    return try await find(key.id.text)
  }

  static func statement(_ text: String) throws -> String {
    let statement = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard !statement.isEmpty else { throw LessonError.empty }
    guard statement.utf8.count <= Self.maximumBytes else {
      throw LessonError.tooLong(bytes: statement.utf8.count)
    }
    return statement
  }
}

/// Why a lesson could not be recorded.
public enum LessonError: Error, Sendable, Hashable {
  /// There is no such lesson.
  case missing(String)
  /// It says nothing.
  case empty
  /// It is longer than `LessonStore.maximumBytes`.
  case tooLong(bytes: Int)
}
