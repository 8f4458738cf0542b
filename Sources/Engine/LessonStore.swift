public import GitState
internal import JSON
public import Workflow

extension Lesson {
  /// Reads what the events of a record add up to.
  init(_ record: Record) {
    let fields = record.fields
    self.init(id: record.key.id.text, text: fields["text"]?.string ?? "")
    scope = fields["scope"]?.string.flatMap { LessonScope($0) } ?? .repository
    author = fields["author"]?.string ?? ""
    task = fields["task"]?.string
    retiredBecause = fields["retired"]?.string
    createdAt = record.createdAt
  }
}

/// The lessons of a state.
public struct LessonStore: Sendable {
  /// The longest statement, in bytes.
  public static let maximumBytes = 2000

  private let state: StateStore

  /// The lessons of a state.
  public init(_ state: StateStore) { self.state = state }

  /// Every lesson, retired ones too, oldest first.
  public func all() async throws -> [Lesson] {
    let records = try await state.read { reader, repository in
      try reader.records(of: .lessons, in: repository)
    }
    return records.map { Lesson($0) }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// The lesson whose name begins like this; throws `StateError` if there is none or several.
  public func find(_ prefix: String) async throws -> Lesson {
    let record = try await state.read { reader, repository -> Record? in
      let id = try reader.resolve(prefix, in: .lessons, repository)
      return try reader.record(RecordKey(.lessons, id), in: repository)
    }
    guard let record else { throw LessonError.missing(prefix) }
    return Lesson(record)
  }

  /// Records a lesson; one that says the same in the same scope is returned instead.
  ///
  /// Throws `LessonError.empty` or `.tooLong`.
  public func add(
    _ text: String, scope: LessonScope, author: String, task: String? = nil, id: RecordID
  ) async throws -> Lesson {
    let statement = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard !statement.isEmpty else { throw LessonError.empty }
    guard statement.utf8.count <= Self.maximumBytes else {
      throw LessonError.tooLong(bytes: statement.utf8.count)
    }
    let same = try await all().first {
      $0.retiredBecause == nil && $0.scope == scope
        && $0.text.lowercased() == statement.lowercased()
    }
    if let same { return same }
    let key = RecordKey(.lessons, id)
    var operations: [GitState.Operation] = [
      .set("text", .string(statement)), .set("scope", .string(scope.text)),
      .set("author", .string(author)),
    ]
    if let task { operations.append(.set("task", .string(task))) }
    let event = EventDraft(kind: "lesson.added", author: author, operations: operations)
    let note = CommitNote(verb: "lesson", title: statement, detail: scope.text)
    let change = Change(key: key, event: event, note: note)
    let outcome = try await state.write(Decision(reading: [key]) { _ in [change] })
    guard let record = outcome.records[key] else { throw LessonError.missing(id.text) }
    return Lesson(record)
  }

  /// Takes a lesson out of later prompts; it stays in the history.
  public func retire(_ id: String, because reason: String, author: String) async throws {
    guard let key = RecordID(id).map({ RecordKey(.lessons, $0) }) else {
      throw LessonError.missing(id)
    }
    _ = try await state.write(
      Decision(reading: [key]) { records in
        guard let record = records[key] else { throw LessonError.missing(id) }
        let event = EventDraft(
          kind: "lesson.retired", author: author, operations: [.set("retired", .string(reason))],
          message: reason)
        let title = record.fields["text"]?.string ?? ""
        return [
          Change(
            key: key, event: event, note: CommitNote(verb: "retired", title: title, body: reason))
        ]
      })
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
