public import GitState
internal import JSON
public import Workflow

/// Why a task could not be found, made or changed.
public enum TaskError: Error, Sendable, Hashable {
  /// There is no such task.
  case missing(String)
  /// The title is empty.
  case emptyTitle
  /// Waiting would go in a circle; the path is by short names.
  case cycle([String])
  /// The event makes no sense where the task stands.
  case illegal(task: String, IllegalTransition)
  /// An attempt of the task is running on another machine, or another attempt has begun since.
  case staleAttempt(task: String, token: Int)
  /// A worker adds a task although its attempt is over.
  case notRunning(task: String)
  /// The attempt's worker has added as many tasks as it may.
  case tooManyAdded(task: String, limit: Int)
  /// A worker adds a task below as many as there may be.
  case tooDeep(task: String, limit: Int)
  /// The worker is to propose a plan, which a person sees before there are tasks of it.
  case addedBesidesPlan(task: String)
  /// The worker looks back, which is one answer and no work to be divided.
  case notDivided(task: String)
}

/// The tasks of a state, as views; writes go through the machine.
public actor TaskStore {
  /// The longest body that an event's line holds, in bytes; a longer one is a file beside it.
  public static let maximumInlineBodyBytes = 8 * 1024

  /// The state.
  public nonisolated let state: StateStore
  private var views: [String: TaskView] = [:]
  private var seen: StateReader?

  /// The tasks of a state.
  public init(_ state: StateStore) { self.state = state }

  /// Every task as of the newest state; only what changed since the last call is read.
  public func all() async throws -> [String: TaskView] {
    let earlier = seen
    let update = try await state.read { reader, repository -> Update? in
      if let earlier, earlier.tip == reader.tip { return nil }
      guard let earlier else {
        let records = try reader.records(of: .tasks, in: repository)
        return Update(reader: reader, views: records.map { TaskView($0) })
      }
      let changed = try reader.changedRecords(since: earlier, of: .tasks, in: repository)
      let records = try changed.compactMap {
        try reader.record(RecordKey(.tasks, $0), in: repository)
      }
      return Update(reader: reader, views: records.map { TaskView($0) })
    }
    if let update {
      seen = update.reader
      for view in update.views { views[view.id] = view }
    }
    return views
  }

  private struct Update: Sendable {
    let reader: StateReader
    let views: [TaskView]
  }

  /// The task whose name begins like this; throws `StateError` if there is none or several.
  public nonisolated func find(_ prefix: String) async throws -> TaskView {
    try await state.read { reader, repository in
      let id = try reader.resolve(prefix, in: .tasks, repository)
      guard let record = try reader.record(RecordKey(.tasks, id), in: repository) else {
        throw TaskError.missing(prefix)
      }
      return TaskView(record)
    }
  }

  /// Records a change of a task; `guarding` looks at the newest view first and may refuse by throwing.
  @discardableResult
  public nonisolated func record(
    _ id: String, _ change: TaskChange,
    guarding: @escaping @Sendable (TaskView) throws -> Void = { _ in }
  ) async throws -> TaskView {
    try await record(id) { view in
      try guarding(view)
      return change
    }
  }

  /// Records the change that `decide` makes of the newest view.
  @discardableResult
  public nonisolated func record(
    _ id: String, _ decide: @escaping @Sendable (TaskView) throws -> TaskChange
  ) async throws -> TaskView {
    guard let key = RecordID(id).map({ RecordKey(.tasks, $0) }) else { throw TaskError.missing(id) }
    let outcome = try await state.write(
      Decision(reading: [key]) { records in
        guard let record = records[key] else { throw TaskError.missing(id) }
        let change = try decide(TaskView(record))
        do {
          return [try change.change(of: record, key: key)]
        } catch let error as IllegalTransition {
          throw TaskError.illegal(task: id, error)
        }
      })
    guard let record = outcome.records[key] else { throw TaskError.missing(id) }
    return TaskView(record)
  }
}
