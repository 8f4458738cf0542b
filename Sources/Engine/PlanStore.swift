public import Git2
public import GitState
internal import JSON
public import Workflow

/// Why a plan could not be taken or sent back.
public enum PlanError: Error, Sendable, Hashable {
  /// The task has no plan that waits.
  case none(task: String)
  /// The plan is not the one that was looked at: there is a newer one.
  case changed(task: String)
}

/// Plans between the worker who made them and the person who judges them.
public enum PlanStore {
  /// The field of a task that names the folder of its waiting plan.
  static let field = "plan"
  /// The plan's file in that folder.
  static let planFile = "plan.json"
  /// The specification's file in that folder.
  static let specFile = "spec.md"
  /// The largest specification that is kept, in bytes.
  static let maximumSpecBytes = 128 * 1024

  /// The plan of a task that waits for a decision; nil if none does.
  public static func plan(
    of task: String, _ state: StateReader, in repository: borrowing Repository
  ) throws -> StoredPlan? {
    guard let key = RecordID(task).map({ RecordKey(.tasks, $0) }),
      let folder = try state.record(key, in: repository)?.fields[field]?.string
    else { return nil }
    let path = ["attempts", folder]
    guard let bytes = try state.file(path + [planFile], of: key, in: repository),
      let json = try? JSONValue(parsing: bytes), var plan = StoredPlan(json: json)
    else { return nil }
    plan.spec = try state.file(path + [specFile], of: key, in: repository).map {
      String(decoding: $0, as: UTF8.self)
    }
    return plan
  }

  /// The files that keep a plan in the folder of its attempt.
  static func files(_ plan: StoredPlan, folder: String) -> [Change.File] {
    var stored = plan
    stored.spec = nil
    var files = [
      Change.File(
        path: ["attempts", folder, planFile], bytes: Array((stored.json.indentedText + "\n").utf8))
    ]
    if let spec = plan.spec {
      files.append(
        Change.File(
          path: ["attempts", folder, specFile],
          bytes: Array(TextBound.prefix(spec, bytes: maximumSpecBytes).utf8)))
    }
    return files
  }

  /// The tasks of a plan, with names that follow from the parent's and the plan's, so that two machines that
  /// say yes to one plan make the same tasks.
  static func children(
    _ plan: WorkPlan, of parent: TaskView, folder: String
  ) -> [(id: RecordID, task: NewTask)] {
    let ids = plan.tasks.indices.compactMap { RecordID.derived("\(parent.id)/\(folder)/\($0)") }
    guard ids.count == plan.tasks.count else { return [] }
    return zip(ids, plan.tasks).map { id, piece in
      var child = NewTask(title: piece.title)
      child.body = piece.body
      child.labels = piece.labels
      child.agent = piece.agent
      child.parent = parent.id
      child.priority = parent.priority
      child.after = piece.after.map { ids[$0].text }
      return (id, child)
    }
  }
}

extension TaskView {
  /// Its parts: those of a plan in the plan's order, then others as they were made.
  public func parts(in tasks: [String: TaskView]) -> [TaskView] {
    var places: [String: Int] = [:]
    for attempt in attempts {
      for index in children.indices {
        let name = RecordID.derived("\(id)/\(attempt.token)-\(attempt.host)/\(index)")
        if let name { places[name.text] = index }
      }
    }
    return children.compactMap { tasks[$0] }.sorted {
      (places[$0.id] ?? .max, $0.createdAt, $0.id) < (places[$1.id] ?? .max, $1.createdAt, $1.id)
    }
  }
}

extension RecordID {
  /// The name that follows from a text: 48 bits of FNV-1a.
  static func derived(_ text: String) -> RecordID? {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    let digits = String((hash ^ (hash >> 48)) & 0xFFFF_FFFF_FFFF, radix: 16)
    return RecordID(String(repeating: "0", count: digitCount - digits.count) + digits)
  }
}

extension TaskStore {
  /// The plan of a task that waits for a decision; nil if none does.
  public nonisolated func plan(of task: String) async throws -> StoredPlan? {
    try await state.read { state, repository in
      try PlanStore.plan(of: task, state, in: repository)
    }
  }

  /// Says yes to a plan: its tasks are made, and the planned task waits for them.
  ///
  /// Returns the parent and the children's names. Throws `PlanError`.
  public nonisolated func approve(
    _ task: String, author: String, now: Int
  ) async throws -> (parent: TaskView, children: [String]) {
    guard let key = RecordID(task).map({ RecordKey(.tasks, $0) }),
      let plan = try await plan(of: task)?.plan, let folder = try await planFolder(of: key)
    else { throw PlanError.none(task: task) }
    let children = PlanStore.children(plan, of: try await find(task), folder: folder)
    let host = state.host
    let outcome = try await state.write(
      Decision(reading: [key]) { records in
        guard let record = records[key] else { throw TaskError.missing(task) }
        guard record.fields[PlanStore.field]?.string == folder else {
          throw PlanError.changed(task: task)
        }
        var change = TaskChange(.delegated)
        change.author = author
        change.verb = "approved"
        change.detail = "\(children.count) parts, by \(author)"
        change.reason = "waits for its parts"
        change.fields = ["waits": true, PlanStore.field: .null]
        change.operations = children.map { .add(Field.children, $0.id.text) }
        var changes = [try change.checked(of: record, key: key)]
        for child in children {
          changes += try child.task.changes(
            id: child.id, parent: nil, author: author, now: now, host: host)
        }
        return changes
      })
    guard let record = outcome.records[key] else { throw TaskError.missing(task) }
    return (TaskView(record), children.map(\.id.text))
  }

  /// Says no to a plan: its worker is begun again and told why.
  ///
  /// Throws `PlanError`, or `MessageError` for a reason that says nothing.
  @discardableResult
  public nonisolated func reject(
    _ task: String, because message: Message
  ) async throws -> TaskView {
    guard let key = RecordID(task).map({ RecordKey(.tasks, $0) }) else {
      throw TaskError.missing(task)
    }
    guard message.text.contains(where: { !$0.isWhitespace }) else { throw MessageError.empty }
    guard message.text.utf8.count <= Message.maximumBytes else {
      throw MessageError.tooLong(bytes: message.text.utf8.count)
    }
    let outcome = try await state.write(
      Decision(reading: [key]) { records in
        guard let record = records[key] else { throw TaskError.missing(task) }
        guard record.fields[PlanStore.field]?.string != nil else {
          throw PlanError.none(task: task)
        }
        let view = TaskView(record)
        var change = TaskChange(.unblocked)
        change.author = message.sender
        change.verb = "rejected"
        change.detail = "by \(message.sender)"
        change.reason = message.text
        change.fields = view.freshStart.merging([PlanStore.field: .null]) { $1 }
        change.operations = [.add(Field.messages, message.encoded)]
        return [try change.checked(of: record, key: key)]
      })
    guard let record = outcome.records[key] else { throw TaskError.missing(task) }
    return TaskView(record)
  }

  private nonisolated func planFolder(of key: RecordKey) async throws -> String? {
    try await state.read { state, repository in
      try state.record(key, in: repository)?.fields[PlanStore.field]?.string
    }
  }
}

extension TaskChange {
  /// The change of a record, with the error that people see if the task does not stand where it can happen.
  func checked(of record: Record, key: RecordKey) throws -> Change {
    do {
      return try change(of: record, key: key)
    } catch let error as IllegalTransition {
      throw TaskError.illegal(task: key.id.text, error)
    }
  }
}
