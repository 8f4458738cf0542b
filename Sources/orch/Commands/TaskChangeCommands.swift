internal import Agents
internal import ArgumentParser
internal import Engine
internal import GitState
internal import JSON
internal import Settings
internal import Workflow

/// Records a change that a person asks for, and prints the task.
private func change(
  _ id: String, _ global: GlobalOptions,
  _ make: @escaping @Sendable (TaskView) throws -> TaskChange
) async throws {
  let session = try Session(global)
  try session.refuseWorkers("change a task")
  let tasks = try await session.openTasks()
  let task = try await tasks.find(id)
  let author = session.author
  let view = try await tasks.record(task.id) { view in
    var change = try make(view)
    change.author = author
    return change
  }
  session.ring()
  if global.json {
    Output.print(TaskOutput.json(view))
  } else if !global.quiet {
    Output.print("\(view.id.prefix(6)) \(view.status.words): \(view.title)")
  }
}

/// A task that is begun anew: earlier attempts no longer count against its limits.
private func restart(_ view: TaskView, _ event: TaskEvent) -> TaskChange {
  var change = TaskChange(event)
  change.fields = view.freshStart
  return change
}

/// The command `orch task retry`.
struct TaskRetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Begin a task anew, wherever it stands.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await change(id, global) { view in
      guard view.status != .inProgress else {
        throw CommandError(
          "task '\(view.id.prefix(6))' is running", hints: ["orch task kill \(view.id.prefix(6))"])
      }
      return restart(view, .retried)
    }
  }
}

/// The command `orch task unblock`.
struct TaskUnblockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unblock", abstract: "Say that what was in a task's way is gone.")

  @Argument(help: "The task's name or its beginning, or 'all'.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let now = Session.clock()
    let tasks = try await Session(global).openTasks()
    guard id == "all" else {
      let task = try await tasks.find(id)
      // Whoever has typed the wrong name is to know it.
      if task.status == .new, !global.quiet, !global.json {
        Output.say("nothing is in the way of '\(task.id.prefix(6))': it is new")
      }
      return try await change(task.id, global) { PullRequestChange.resumption(of: $0, at: now) }
    }
    let all = try await tasks.all().values
    let blocked = all.filter { $0.status == .blocked && !$0.waitsForChildren }
    for task in blocked.sorted(by: { $0.id < $1.id }) {
      try await change(task.id, global) { PullRequestChange.resumption(of: $0, at: now) }
    }
    guard blocked.isEmpty, !global.quiet else { return }
    Output.say("no task is blocked")
    let asking = all.count { $0.status == .needsReview }
    if asking > 0 {
      Output.say("hint: \(asking) tasks need review, each by its name: orch msg list --new")
    }
  }
}

/// The command `orch task cancel`.
struct TaskCancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Stop a task for good; work that is pushed nowhere is kept under refs/orch/wip.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @Option(help: "Why.") var why: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let task = try await session.openTasks().find(id)
    let reason = why
    try await change(id, global) { _ in
      var change = TaskChange(.cancelled)
      change.reason = reason
      return change
    }
    Workers.stop(task, in: session, .interrupt)
  }
}

/// The command `orch task kill`.
struct TaskKillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill", abstract: "Stop a task's running worker; the task is tried again.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("stop a worker")
    let task = try await session.openTasks().find(id)
    guard Workers.stop(task, in: session, .kill) else {
      throw CommandError("task '\(task.id.prefix(6))' has no running worker")
    }
    session.ring()
  }
}

/// The workers of tasks, as a command sees them.
enum Workers {
  /// Asks a task's running worker to stop; false if none runs here.
  @discardableResult
  static func stop(_ task: TaskView, in session: Session, _ request: StopRequest) -> Bool {
    guard let monitor = monitor(of: task, in: session), case .running = monitor.state() else {
      return false
    }
    monitor.requestStop(request)
    return true
  }

  /// The monitor of a task's newest attempt.
  static func monitor(of task: TaskView, in session: Session) -> WorkerMonitor? {
    guard let attempt = task.attempts.last else { return nil }
    return WorkerMonitor(
      directory: "\(session.commonDirectory)/orch/run/\(task.id)/\(attempt.token)")
  }
}

/// The command `orch task agent`.
struct TaskAgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent", abstract: "Choose a task's agent by hand.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @Argument(help: "The agent's name in the configuration.") var agent: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.requireAgent(agent)
    let agent = agent
    try await change(id, global) { view in
      var change = TaskChange(view.status == .routed ? .routed : .edited)
      change.fields["agent"] = .string(agent)
      change.detail = "agent \(agent)"
      if view.status == .routed {
        var route = Route(executor: agent, reason: "asked for by name")
        route.model = view.model
        change.setRoute(route)
      }
      return change
    }
  }
}

/// The command `orch task edit`.
struct TaskEditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change a task's text, labels, priority or dependencies.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @Option(help: "Another title.") var title: String?
  @Option(help: "Another body.") var body: String?
  @Option(help: ArgumentHelp("A file with another body; '-' is standard input.", valueName: "file"))
  var bodyFile: String?
  @Option(help: "Higher goes first.") var priority: Int?
  @Option(help: ArgumentHelp("Another linked issue; 0 is none.", valueName: "number"))
  var issue: Int?
  @Option(name: .customLong("label"), help: "A label to add.") var labels: [String] = []
  @Option(name: .customLong("remove-label"), help: "A label to take away.") var removed: [String] =
    []
  @Option(help: ArgumentHelp("A task that must be done first.", valueName: "id"))
  var after: [String] = []
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try LinkedIssue.check(issue, allowsNone: true)
    let isAsked = title != nil || body != nil || bodyFile != nil || priority != nil || issue != nil
    guard isAsked || !(labels + removed + after).isEmpty else {
      throw ValidationError(
        "nothing is to be changed: add --title, --body, --priority, --issue, --label or --after")
    }
  }

  func run() async throws {
    let tasks = try await Session(global).openTasks()
    let views = try await tasks.all()
    let own = try await tasks.find(id)
    var dependencies: [String] = []
    for prefix in after {
      let other = try await tasks.find(prefix)
      if let path = TaskGraph.cycle(from: own.id, waitingFor: other.id, in: views) {
        throw TaskError.cycle(path.map { String($0.prefix(6)) })
      }
      dependencies.append(other.id)
    }
    if issue != nil, own.issueAskedAt != nil, let made = own.issue {
      throw CommandError(
        "this task was made of issue #\(made), which it stays linked with",
        hints: ["cancel it, and add another with 'orch task add --issue NUMBER'"])
    }
    var fields: [String: JSONValue] = [:]
    if let title { fields["title"] = .string(try NewTask.title(from: title)) }
    if let text = try body ?? bodyFile.map(TextFile.read) {
      guard text.utf8.count <= TaskStore.maximumInlineBodyBytes else {
        throw CommandError("the body is longer than 8 KB", hints: ["name a file of the repository"])
      }
      fields["body"] = .string(text)
      fields["spec"] = .null
    }
    if let priority { fields["priority"] = .number(priority) }
    if let issue { fields["issue"] = issue == 0 ? .null : .number(issue) }
    let adding = labels.map { GitState.Operation.add("labels", $0) }
    let waiting = dependencies.map { GitState.Operation.add("after", $0) }
    let record = try await tasks.state.read { reader, repository in
      try RecordID(own.id).flatMap { try reader.record(RecordKey(.tasks, $0), in: repository) }
    }
    let taking = removed.map { label in
      GitState.Operation.remove("labels", label, observed: record?.sets["labels"]?[label] ?? [])
    }
    let (newFields, operations) = (fields, adding + waiting + taking)
    try await change(id, global) { _ in
      var change = TaskChange(.edited)
      change.fields = newFields
      change.operations = operations
      return change
    }
  }
}
