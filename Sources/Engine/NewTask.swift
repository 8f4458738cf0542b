public import GitState
internal import JSON
public import Workflow

/// What someone asks for.
public struct NewTask: Sendable, Hashable {
  /// One line.
  public var title: String
  /// In full.
  public var body = ""
  /// The kind of work.
  public var kind = TaskKind.implement
  /// Labels.
  public var labels: [String] = []
  /// The agent that should do it.
  public var agent: String?
  /// The model that it should use.
  public var model: String?
  /// Tasks that must be done first, by their full names.
  public var after: [String] = []
  /// The task that this is a part of, by its full name.
  public var parent: String?
  /// The task that it looks back at, by its full name.
  public var about: String?
  /// The linked issue.
  public var issue: Int?
  /// The label for which it is made of its issue.
  var issueLabel: String?
  /// When the issue was seen to ask for it, by the forge's clock, in milliseconds since 1970.
  public var issueAskedAt: Int?
  /// The task whose pull request is to be reviewed, by its full name.
  var reviewOf: String?
  /// The head that is to be reviewed.
  var reviewedHead: String?
  /// Higher goes first.
  public var priority = 0

  /// Where it comes from, if nobody typed it into orch.
  public var source: TaskSource?
  /// The job that makes it.
  public var job: String?
  /// The pull request of a person that it is to watch, as in `TaskView.watches`.
  public var watches: String?
  /// The branch that it is to be merged into; nil leaves that to the settings.
  public var base: String?

  /// A task with nothing but a title.
  public init(title: String) { self.title = title }

  /// A title on one line, without control characters and white space around it, of at most 300 characters.
  ///
  /// Throws `TaskError.emptyTitle` if nothing is left that can be seen: signs without a shape of their own (a
  /// zero-width space, a turn of direction) are no title.
  public static func title(from text: String) throws -> String {
    let kept = text.unicodeScalars.map {
      $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0)
    }
    let title = String(
      String(kept).split(separator: " ").joined(separator: " ").prefix(300))
    let isShown = title.unicodeScalars.contains {
      !$0.properties.isDefaultIgnorableCodePoint && !$0.properties.isWhitespace
    }
    guard isShown else { throw TaskError.emptyTitle }
    return title
  }

  /// The changes that make it, and that tell its parent; `host` and `now` name a long body's file, `token` is the
  /// attempt whose worker adds it.
  func changes(
    id: RecordID, parent parentRecord: Record?, author: String, now: Int, host: String,
    addedBy token: Int? = nil
  ) throws -> [Change] {
    let title = try Self.title(from: title)
    var change = TaskChange(.created)
    change.author = author
    var fields: [String: JSONValue] = ["title": .string(title), "kind": .string(kind.rawValue)]
    if body.utf8.count > TaskStore.maximumInlineBodyBytes {
      let name = "\(now)-\(host).md"
      change.files = [.init(path: ["spec", name], bytes: Array(body.utf8))]
      fields["spec"] = .string(name)
      fields["body"] = .string(String(body.prefix(TaskStore.maximumInlineBodyBytes / 4)))
    } else if !body.isEmpty {
      fields["body"] = .string(body)
    }
    if priority != 0 { fields["priority"] = .number(priority) }
    if let source { fields["source"] = .string(source.rawValue) }
    if let job { fields["job"] = .string(job) }
    if let base { fields["base"] = .string(base) }
    if let watches { fields["watches"] = .string(watches) }
    if let agent { fields["agent"] = .string(agent) }
    if let model { fields["model"] = .string(model) }
    if let parent { fields["parent"] = .string(parent) }
    if let about { fields["about"] = .string(about) }
    if let issue { fields["issue"] = .number(issue) }
    if let issueLabel { fields[Field.issueLabel] = .string(issueLabel) }
    if let issueAskedAt { fields[Field.issueAskedAt] = .number(issueAskedAt) }
    if let reviewOf { fields["review_of"] = .string(reviewOf) }
    if let reviewedHead { fields["reviewed_head"] = .string(reviewedHead) }
    change.fields = fields
    change.operations =
      labels.map { .add(Field.labels, $0) } + after.map { .add(Field.after, $0) }
    let key = RecordKey(.tasks, id)
    var changes = [try change.change(of: nil, key: key)]
    if let parentRecord {
      let title = parentRecord.fields["title"]?.string ?? ""
      changes.append(
        Change(
          key: parentRecord.key,
          event: EventDraft(
            kind: TaskEvent.edited.rawValue, author: author,
            operations: [.add(Field.children, id.text)]
              + (token.map { [.add(Field.added, "\($0)/\(id.text)")] } ?? [])),
          note: CommitNote(verb: "child", title: title, detail: id.short)))
    }
    return changes
  }
}

extension TaskStore {
  /// The most tasks that the worker of one attempt may add.
  public static let maximumAddedByAttempt = 20
  /// The most tasks above one that a worker adds.
  public static let maximumDepth = 5

  /// Makes a task; throws `TaskError` for an empty title, an unknown parent or dependency.
  public nonisolated func add(
    _ task: NewTask, id: RecordID, author: String, now: Int
  ) async throws -> TaskView {
    try await add(task, id: id, author: author, now: now) { _ in nil }
  }

  /// Makes a part of the task whose worker asks for it: where that task came from, its parts come from, and what one
  /// attempt may add is bounded.
  ///
  /// Throws `TaskError` also for a worker that has ended, has added enough, is too far down, or is to write a plan.
  public func add(
    _ task: NewTask, forWorkerOf parent: String, id: RecordID, author: String, now: Int
  ) async throws -> TaskView {
    let views = try await all()
    guard let own = views[parent] else { throw TaskError.missing(parent) }
    guard own.kind != .spec else { throw TaskError.addedBesidesPlan(task: parent) }
    guard own.kind != .retrospective else { throw TaskError.notDivided(task: parent) }
    guard Lineage.depth(of: own, in: views) < Self.maximumDepth else {
      throw TaskError.tooDeep(task: parent, limit: Self.maximumDepth)
    }
    var part = task
    part.parent = parent
    part.priority = min(task.priority, own.priority)
    return try await add(part, id: id, author: author, now: now) { record in
      guard let record, let token = TaskView(record).currentAttempt?.token else {
        throw TaskError.notRunning(task: parent)
      }
      let added = record.members(of: Field.added).count { $0.hasPrefix("\(token)/") }
      guard added < Self.maximumAddedByAttempt else {
        throw TaskError.tooManyAdded(task: parent, limit: Self.maximumAddedByAttempt)
      }
      return token
    }
  }

  /// Makes a task; `adding` looks at its parent and returns the token of the attempt that adds it, if one does.
  private nonisolated func add(
    _ task: NewTask, id: RecordID, author: String, now: Int,
    adding: @escaping @Sendable (Record?) throws -> Int?
  ) async throws -> TaskView {
    let host = state.host
    let parentKey = task.parent.flatMap { RecordID($0) }.map { RecordKey(.tasks, $0) }
    let afterKeys = task.after.compactMap { RecordID($0) }.map { RecordKey(.tasks, $0) }
    let key = RecordKey(.tasks, id)
    let outcome = try await state.write(
      Decision(reading: [key] + afterKeys + (parentKey.map { [$0] } ?? [])) { records in
        for dependency in afterKeys where records[dependency] == nil {
          throw TaskError.missing(dependency.id.text)
        }
        let parentRecord = parentKey.flatMap { records[$0] }
        if let parent = task.parent, parentRecord == nil { throw TaskError.missing(parent) }
        if let parent = task.parent, task.after.contains(parent) {
          throw TaskError.cycle([id.short, String(parent.prefix(6)), id.short])
        }
        return try task.changes(
          id: id, parent: parentRecord, author: author, now: now, host: host,
          addedBy: try adding(parentRecord))
      })
    guard let record = outcome.records[key] else { throw TaskError.missing(id.text) }
    return TaskView(record)
  }
}
