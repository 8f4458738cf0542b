internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import GitState
internal import JSON
internal import Workflow

/// `orch task …`: what is asked for, and where it stands.
struct TaskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task", abstract: "Add, list, show and change tasks.",
    subcommands: [
      TaskAddCommand.self, TaskPlanCommand.self, TaskApproveCommand.self, TaskRejectCommand.self,
      TaskListCommand.self, TaskShowCommand.self,
      TaskTreeCommand.self, TaskLogCommand.self, TaskDiffCommand.self, TaskPromptCommand.self,
      TaskRouteCommand.self, TaskRunCommand.self, TaskNextCommand.self, TaskRetryCommand.self,
      TaskUnblockCommand.self, TaskCancelCommand.self, TaskAgentCommand.self, TaskMoveCommand.self,
      TaskEditCommand.self, TaskKillCommand.self, TaskAttachCommand.self, TaskCostCommand.self,
    ])
}

/// What `add` and `plan` are given.
struct NewTaskOptions: ParsableArguments {
  @Argument(help: "What is to be done, in one line.")
  var title: String

  @Option(help: ArgumentHelp("What is to be done, in full.", valueName: "text"))
  var body: String?

  @Option(help: ArgumentHelp("A file with the body; '-' is standard input.", valueName: "file"))
  var bodyFile: String?

  @Option(help: ArgumentHelp("A file with a specification.", valueName: "file"))
  var specFile: String?

  @Option(name: .customLong("label"), help: "A label; may be given several times.")
  var labels: [String] = []

  @Option(help: "The agent that should do it.")
  var agent: String?

  @Option(help: "The model that the agent should use.")
  var model: String?

  @Option(help: ArgumentHelp("A task that must be done first.", valueName: "id"))
  var after: [String] = []

  @Option(help: ArgumentHelp("The task that this is a part of.", valueName: "id"))
  var parent: String?

  @Option(help: ArgumentHelp("The linked issue.", valueName: "number"))
  var issue: Int?

  @Option(help: "Higher goes first.")
  var priority = 0

  func validate() throws { try LinkedIssue.check(issue) }

  /// Adds the task and prints it.
  func add(kind: TaskKind, _ global: GlobalOptions) async throws {
    let session = try Session(global)
    if let agent { try session.requireAgent(agent) }
    let tasks = try await session.tasks()
    var task = NewTask(title: title)
    task.kind = kind
    task.body = try text()
    task.labels = labels
    task.agent = agent
    task.model = model
    task.issue = issue
    task.priority = priority
    for prefix in after { task.after.append(try await tasks.find(prefix).id) }
    if let parent { task.parent = try await tasks.find(parent).id }
    let view = try await add(task, session, tasks)
    session.ring()
    if global.json {
      Output.print(TaskOutput.json(view))
    } else {
      Output.print(global.quiet ? view.id : "\(view.id.prefix(6)) \(view.title)")
    }
    if !global.quiet, Self.isRedacted(task, tasks.state) {
      Output.say(
        "what looked like a secret was taken out before it was stored: see 'orch task show'")
    }
  }

  /// True if something of what was typed is not stored: as in the state, a field is looked at together with its name,
  /// and a long body as a file.
  private static func isRedacted(_ task: NewTask, _ state: StateStore) -> Bool {
    let title = JSONValue.object(["title": .string(task.title)]).canonicalText
    let isFile = task.body.utf8.count > TaskStore.maximumInlineBodyBytes
    let body =
      isFile ? task.body : JSONValue.object(["body": .string(task.body)]).canonicalText
    return ([title, body] + task.labels).contains { text in
      let bytes = Array(text.utf8)
      return state.redacted(bytes) != bytes
    }
  }

  /// What a worker adds is a part of its own task.
  private func add(
    _ task: NewTask, _ session: Session, _ tasks: TaskStore
  ) async throws -> TaskView {
    var random = SystemRandomNumberGenerator()
    let id = RecordID.random(using: &random)
    guard let worker = session.worker else {
      return try await tasks.add(task, id: id, author: session.author, now: Session.clock())
    }
    guard task.parent == nil || task.parent == worker.task else {
      throw CommandError(
        "a worker adds parts of its own task only", hints: ["leave out --parent"])
    }
    return try await tasks.add(
      task, forWorkerOf: worker.task, id: id, author: session.author, now: Session.clock())
  }

  private func text() throws -> String {
    var parts: [String] = []
    if let body { parts.append(body) }
    if let bodyFile { parts.append(try TextFile.read(bodyFile)) }
    if let specFile { parts.append(try TextFile.read(specFile)) }
    return parts.joined(separator: "\n\n")
  }
}

/// The command `orch task add`.
struct TaskAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a task.")

  @OptionGroup var task: NewTaskOptions
  @OptionGroup var global: GlobalOptions

  @Option(help: "implement, spec, review, rebase, repair, retrospective or job.")
  var kind = "implement"

  func run() async throws {
    guard let kind = TaskKind(rawValue: kind) else {
      let kinds = TaskKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("'\(kind)' is not a kind of task: it is one of \(kinds)")
    }
    try await task.add(kind: kind, global)
  }
}

/// The command `orch task plan`.
struct TaskPlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Add a task that ends in a specification and child tasks.")

  @OptionGroup var task: NewTaskOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws { try await task.add(kind: .spec, global) }
}

/// The command `orch task list`.
struct TaskListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List tasks, newest first.")

  @OptionGroup var global: GlobalOptions

  @Option(
    name: .customLong("status"), help: "Only tasks that stand there; may be given several times.")
  var statuses: [String] = []

  @Option(help: "Only tasks of a kind.")
  var kind: String?

  @Option(help: "Only tasks with a label.")
  var label: String?

  @Flag(help: "Only tasks that this machine has attempts of.")
  var mine = false

  @Option(help: "At most so many.")
  var limit = TaskFront.newestCount

  func run() async throws {
    let wanted = try statuses.map { text in
      guard let status = TaskStatus(rawValue: text) else {
        let all = TaskStatus.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("'\(text)' is not a status: it is one of \(all)")
      }
      return status
    }
    let hasTest = kind != nil || label != nil || mine
    if !hasTest, wanted.isEmpty, limit == TaskFront.newestCount, !global.json {
      let (front, _) = try Overview.front(near: global.folder)
      return Self.show(front.newest, total: front.total)
    }
    try Overview.read(near: global.folder) { index, repository in
      let host = LocalFolder.hostName(in: repository.commonDirectory)
      let (shown, total) = index.table.newest(
        max(0, limit), of: wanted.isEmpty ? TaskStatus.allCases : wanted,
        where: hasTest ? { isWanted($0, host: host) } : nil)
      guard global.json else {
        return Self.show(shown, total: total, isFiltered: hasTest || !wanted.isEmpty)
      }
      let views = try Overview.views(shown.map(\.id), index, in: repository)
      Output.print(.array(views.map(TaskOutput.json)))
    }
  }

  private func isWanted(_ task: TaskSummary, host: String?) -> Bool {
    (kind == nil || task.kind.rawValue == kind)
      && (label.map(task.labels.contains) ?? true)
      && (!mine || host.map(task.hosts.contains) ?? false)
  }

  /// Prints the first tasks of so many.
  static func show(_ tasks: [TaskSummary], total: Int, isFiltered: Bool = false) {
    guard total > 0 else {
      return Output.say(isFiltered ? "no such tasks" : "no tasks yet: orch task add \"…\"")
    }
    Output.print(TextTable.lines(tasks.map(TaskText.row)))
    if total > tasks.count { Output.say("\(total - tasks.count) more: use --limit") }
  }
}

/// The command `orch task tree`.
struct TaskTreeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree", abstract: "Show tasks with their children.")

  @Argument(help: "The task at the top; without it, all.") var id: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global, configured: false)
    let tasks = try await session.openTasks()
    let views = try await tasks.all()
    var roots = views.values.filter { $0.parent.flatMap { views[$0] } == nil }
      .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    if let id { roots = [try await tasks.find(id)] }
    if global.json { return Output.print(.array(roots.map { node($0, views, depth: 0) })) }
    for root in roots { draw(root, views, depth: 0) }
  }

  private func draw(_ task: TaskView, _ views: [String: TaskView], depth: Int) {
    let space = String(repeating: "  ", count: depth)
    let after = task.after.map { String($0.prefix(6)) }.joined(separator: ", ")
    Output.print(
      "\(space)\(task.id.prefix(6)) \(task.status.words): \(task.title)"
        + (after.isEmpty ? "" : " (after \(after))"))
    guard depth < 20 else { return }
    for child in task.parts(in: views) { draw(child, views, depth: depth + 1) }
  }

  private func node(_ task: TaskView, _ views: [String: TaskView], depth: Int) -> JSONValue {
    let children = depth < 20 ? task.children.compactMap { views[$0] } : []
    return [
      "id": .string(task.id), "title": .string(task.title), "status": .string(task.status.rawValue),
      "after": .texts(task.after),
      "children": .array(children.map { node($0, views, depth: depth + 1) }),
    ]
  }
}

/// The command `orch task cost`.
struct TaskCostCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost", abstract: "Show what a task has cost.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let task = try await Session(global, configured: false).openTasks().find(id)
    let tokens = task.attempts.reduce(0) { $0 + ($1.inputTokens ?? 0) + ($1.outputTokens ?? 0) }
    if global.json {
      return Output.print([
        "id": .string(task.id), "cost_usd": .double(task.costUSD), "tokens": .number(tokens),
      ])
    }
    Output.print(
      "$\(Budget.text(task.costUSD)) in "
        + "\(TaskText.count(task.attempts.count, "attempt")), \(TaskText.count(tokens, "token"))")
  }
}

/// What `--issue` takes.
enum LinkedIssue {
  /// Throws unless it can be the number of an issue; 0 takes a link away, where that is allowed.
  static func check(_ number: Int?, allowsNone: Bool = false) throws {
    guard let number, number < (allowsNone ? 0 : 1) else { return }
    throw ValidationError(
      "--issue takes the number of an issue\(allowsNone ? ", or 0 for none" : "")")
  }
}
