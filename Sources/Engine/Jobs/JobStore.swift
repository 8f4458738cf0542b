public import GitState
internal import JSON
public import Schedules
internal import Workflow

/// Why a job could not be changed.
public enum JobError: Error, Sendable, Hashable {
  /// There is no such job.
  case missing(String)
  /// The name is the beginning of several.
  case ambiguous(String, [String])
  /// The configuration has it: there it is to be changed.
  case isConfigured(String)
  /// The title is empty.
  case emptyTitle
}

/// The jobs of a state and of the configuration.
///
/// What the state knows of a job are facts that follow from its schedule: from when on it counts, and which
/// time was carried out last. Both only ever rise, so a join of two machines' histories needs no care.
public struct JobStore: Sendable {
  let tasks: TaskStore
  private var state: StateStore { tasks.state }

  /// The jobs beside some tasks.
  public init(_ tasks: TaskStore) { self.tasks = tasks }

  /// The name of the record of a job of the configuration: the same on every machine.
  static func id(ofConfigured name: String) throws -> RecordID {
    try AskedTasks.id("job\n\(name)")
  }

  /// Every job, those of the configuration first, each in the order of names.
  public func all(configured: [JobOption], zone: ZoneRules) async throws -> [JobView] {
    let records = try await state.read { reader, repository in
      try reader.records(of: .jobs, in: repository)
    }
    return try Self.views(records, configured: configured, zone: zone)
  }

  /// The jobs of the configuration where there is no state that knows more of them; throws if a line cannot be read.
  public static func configured(_ jobs: [JobOption], zone: ZoneRules) throws -> [JobView] {
    try views([], configured: jobs, zone: zone)
  }

  static func views(
    _ records: [Record], configured: [JobOption], zone: ZoneRules
  ) throws -> [JobView] {
    let byID = Dictionary(records.map { ($0.key.id, $0) }) { first, _ in first }
    let options = try configured.sorted { $0.name < $1.name }.map { option in
      let id = try Self.id(ofConfigured: option.name)
      return JobView(option, id: id, record: byID[id])
    }
    let added = records.compactMap { JobView($0, zone: zone) }
    return options + added.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
  }

  /// The job of this name, or whose record's name begins like this; throws `JobError`.
  public static func find(_ text: String, in jobs: [JobView]) throws -> JobView {
    if let named = jobs.first(where: { $0.isConfigured && $0.name == text }) { return named }
    let found = jobs.filter { $0.id.hasPrefix(text.lowercased()) && !text.isEmpty }
    guard let only = found.first else { throw JobError.missing(text) }
    guard found.count == 1 else { throw JobError.ambiguous(text, found.map(\.id)) }
    return only
  }

  /// Adds a job; it counts from `now`, in milliseconds since 1970.
  public func add(_ job: NewJob, id: RecordID, author: String, now: Int) async throws {
    let title = Ask.words(job.title)
    guard !title.isEmpty else { throw JobError.emptyTitle }
    var operations: [GitState.Operation] = [
      .set("title", .string(String(title.prefix(300)))), .set("schedule", .string(job.schedule)),
      .set("author", .string(author)), .max("since", now / 1000),
    ]
    if !job.body.isEmpty {
      operations.append(.set("body", .string(Ask.cut(job.body, toBytes: 8192))))
    }
    if let agent = job.agent { operations.append(.set("agent", .string(agent))) }
    if let zone = job.timeZone { operations.append(.set("time_zone", .string(zone))) }
    if job.jitterSeconds > 0 { operations.append(.set("jitter", .number(job.jitterSeconds))) }
    if job.catchUp != 1 { operations.append(.set("catch_up", .number(job.catchUp))) }
    operations += job.labels.map { .add("labels", $0) }
    let change = Change(
      key: RecordKey(.jobs, id),
      event: EventDraft(kind: "job.added", author: author, operations: operations),
      note: CommitNote(verb: "job", title: title, detail: job.schedule))
    _ = try await state.write(Decision(reading: []) { _ in [change] })
  }

  /// Lets a job fire again, or stops it; throws `JobError.isConfigured` for one of the configuration.
  public func setEnabled(
    _ job: JobView, _ isEnabled: Bool, author: String, now: Int
  ) async throws {
    guard !job.isConfigured else { throw JobError.isConfigured(job.name) }
    var operations: [GitState.Operation] = [.set("enabled", .bool(isEnabled))]
    // What it missed while it was stopped was not wanted.
    if isEnabled { operations.append(.max("since", now / 1000)) }
    try await record(
      job, kind: isEnabled ? "job.enabled" : "job.disabled", operations, author: author,
      verb: isEnabled ? "job enabled" : "job disabled")
  }

  /// Takes a job away; its tasks and its history stay.
  public func remove(_ job: JobView, author: String) async throws {
    guard !job.isConfigured else { throw JobError.isConfigured(job.name) }
    try await record(
      job, kind: "job.removed", [.set("removed", true)], author: author, verb: "job removed")
  }

  /// Notes that a job of the configuration was seen with this schedule: it counts from now on.
  func anchor(_ job: JobView, as option: JobOption, now: Int) async throws {
    try await record(
      job, kind: "job.seen",
      [
        .set("configured", true), .set("name", .string(job.name)),
        .max(JobView.sinceField(option), now),
      ], author: "orch", verb: "job", detail: job.schedule)
  }

  /// Notes that a scheduled time was carried out, and how its command ended.
  func recordRun(_ job: JobView, _ run: JobRun) async throws {
    try await record(
      job, kind: "job.ran", [.max("fired", run.scheduled), .set("run", run.json)], author: "orch",
      verb: "job \(run.words)", detail: "\(run.milliseconds / 1000)s on \(run.host)")
  }

  /// Notes that another machine has carried a scheduled time out.
  func recordHandled(_ job: JobView, _ scheduled: Int) async throws {
    try await record(
      job, kind: "job.fired", [.max("fired", scheduled)], author: "orch", verb: nil)
  }

  private func record(
    _ job: JobView, kind: String, _ operations: [GitState.Operation], author: String,
    verb: String?, detail: String? = nil
  ) async throws {
    guard let id = RecordID(job.id) else { throw JobError.missing(job.id) }
    let change = Change(
      key: RecordKey(.jobs, id),
      event: EventDraft(kind: kind, author: author, operations: operations),
      note: verb.map { CommitNote(verb: $0, title: job.name, detail: detail) })
    _ = try await state.write(Decision(reading: []) { _ in [change] })
  }
}

extension JobStore {
  /// Makes the task of a scheduled time, unless it is there; nil if it is.
  ///
  /// Its name is made of the job and the time: two machines that fire make one task.
  func fire(
    _ job: JobView, at scheduled: Int, title: String, body: String, labels: [String],
    agent: String?, now: Int
  ) async throws -> TaskView? {
    guard let jobID = RecordID(job.id) else { throw JobError.missing(job.id) }
    let jobKey = RecordKey(.jobs, jobID)
    let key = RecordKey(.tasks, try AskedTasks.id("firing\n\(job.id)\n\(scheduled)"))
    var task = NewTask(title: title)
    task.body = body
    task.labels = labels
    task.agent = agent
    task.kind = .job
    task.source = .job
    task.job = job.id
    let made = task
    let host = state.host
    let fired = Change(
      key: jobKey,
      event: EventDraft(kind: "job.fired", operations: [.max("fired", scheduled)]),
      note: CommitNote(verb: "job fired", title: job.name, detail: Timestamp.text(scheduled * 1000))
    )
    let outcome = try await state.write(
      Decision(reading: [key, jobKey]) { records in
        if records[key] != nil {
          let known = records[jobKey]?.fields["fired"]?.int ?? 0
          return known >= scheduled ? [] : [fired]
        }
        return try made.changes(
          id: key.id, parent: nil, author: "job \(job.name)", now: now, host: host) + [fired]
      })
    return outcome.records[key].map { TaskView($0) }
  }
}
