internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import GitCLI
internal import JSON
internal import Settings
internal import Workflow

/// The command `orch pr …`.
struct PullRequestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pr", abstract: "List, show, watch, rebase and merge pull requests.",
    subcommands: [
      PullRequestListCommand.self, PullRequestShowCommand.self, PullRequestApproveCommand.self,
      PullRequestRejectCommand.self, PullRequestWatchCommand.self, PullRequestUnwatchCommand.self,
      PullRequestMergeCommand.self, PullRequestRebaseCommand.self, PullRequestResolveCommand.self,
      RadarCommand.self,
    ])

  /// The task of a pull request, by its task's name or by its own (`#7`, `L3f2a1`, a branch that is watched).
  static func task(_ name: String, in tasks: TaskStore) async throws -> TaskView {
    if !name.hasPrefix("#") {
      if let task = try? await tasks.find(name) { return task }
      if name.hasPrefix("L"), let task = try? await tasks.find(String(name.dropFirst())) {
        return task
      }
    }
    let found = try await tasks.all().values.first {
      $0.pullRequest?.id == name || $0.watches == name
    }
    if let found { return found }
    guard name.hasPrefix("#") else { return try await tasks.find(name) }
    throw CommandError("there is no task with the pull request \(name)")
  }
}

/// The command `orch pr list`.
struct PullRequestListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List pull requests; open ones unless --all.")

  @Flag(help: "Merged and closed ones too.") var all = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let views = try await Session(global, configured: false).openTasks().all().values.filter {
      $0.pullRequest != nil && (all || !$0.status.isTerminal)
    }.sorted { $0.updatedAt > $1.updatedAt }
    if global.json { return Output.print(.array(views.map(TaskOutput.json))) }
    guard !views.isEmpty else {
      if !global.quiet { Output.say(all ? "no pull requests" : "no open pull requests") }
      return
    }
    Output.print(PullRequestPage.table(views))
  }
}

/// The command `orch pr show`.
struct PullRequestShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a pull request: where it stands, what must be answered, and why it fails.")

  @Argument(help: "The task's name or its beginning, or the pull request's own.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let tasks = try await Session(global, configured: false).openTasks()
    let task = try await PullRequestCommand.task(id, in: tasks)
    guard let request = task.pullRequest else {
      throw CommandError("task '\(task.id.prefix(6))' has no pull request")
    }
    if global.json { return Output.print(TaskOutput.json(task)["pull_request"] ?? .null) }
    // A configuration that is broken keeps nobody from looking.
    let policy = (try? Session(global))?.settings.forge.merge
    let known = policy.flatMap { MergePolicy(rawValue: $0.rawValue) }
    for line in PullRequestPage.lines(request, policy: known) { Output.print(line) }
  }
}

/// The command `orch pr approve`.
struct PullRequestApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Approve a pull request.")

  @Argument(help: "The task's name or its beginning, or the pull request's own.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await PullRequestCommand.judge(id, "approve", global) { view, author, now in
      PullRequestChange.approval(of: view, by: author, at: now)
    }
  }
}

/// The command `orch pr reject`.
struct PullRequestRejectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject",
    abstract: "Reject a pull request: it is not merged unless you approve it later.")

  @Argument(help: "The task's name or its beginning, or the pull request's own.") var id: String
  @Option(help: "Why, for whoever reads the diary.") var reason = ""
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let reason = reason
    try await PullRequestCommand.judge(id, "reject", global) { view, author, now in
      PullRequestChange.rejection(of: view, by: author, reason: reason, at: now)
    }
  }
}

extension PullRequestCommand {
  /// Records what a person thinks of an open pull request; workers may not.
  fileprivate static func judge(
    _ id: String, _ verb: String, _ global: GlobalOptions,
    _ change: @escaping @Sendable (_ view: TaskView, _ author: String, _ now: Int) -> TaskChange
  ) async throws {
    let session = try Session(global)
    try session.refuseWorkers("\(verb) a pull request")
    let tasks = try await session.openTasks()
    let (author, now) = (session.author, Session.clock())
    let task = try await task(id, in: tasks)
    try await tasks.record(task.id) { view in
      let name = view.id.prefix(6)
      guard let request = view.pullRequest else {
        throw CommandError("task '\(name)' has no pull request")
      }
      guard view.hasOpenPullRequest else {
        throw CommandError(
          "the pull request of '\(name)' is \(request.status.rawValue)",
          hints: ["orch pr show \(name)"])
      }
      return change(view, author, now)
    }
    session.ring()
    let after = try await tasks.find(task.id)
    if global.json { return Output.print(TaskOutput.json(after)["pull_request"] ?? .null) }
    guard !global.quiet else { return }
    let done = verb == "approve" ? "approved" : "rejected"
    let stands = after.pullRequest?.status.words ?? done
    let remark = stands == done ? "" : " (\(stands))"
    Output.print("\(task.id.prefix(6)) \(done)\(remark): \(task.title)")
  }
}

/// The command `orch pr merge`.
struct PullRequestMergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Merge a pull request now: brought onto the base and checked first.")

  @Argument(help: "The task's name or its beginning, or the pull request's own.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("merge a pull request")
    let lines = RunLines(isQuiet: global.quiet)
    let tasks = try await session.openTasks { lines.show(.recorded($0)) }
    let task = try await PullRequestCommand.task(id, in: tasks)
    guard task.status == .inReview else {
      let name = task.id.prefix(6)
      throw CommandError(
        "task '\(name)' \(task.status.predicate): only what is in review can be merged",
        causes: [task.reason].compactMap { $0 }.map(TaskText.firstLine),
        hints: ["orch task show \(name) says how it goes on"])
    }
    var options = try Composition.options(session)
    options.mergePolicy = .whenGreen
    try await session.requireRemote(options.remote)
    let orchestrator = try Orchestrator(
      options: options, tasks: tasks, report: { lines.show($0) })
    try await orchestrator.run(.untilIdle, scope: [task.id])
    lines.finish()
    let after = try await tasks.find(task.id)
    if global.json { return Output.print(TaskOutput.json(after)) }
    guard after.status == .done else {
      throw CommandError(
        "it was not merged: the task \(after.status.predicate)",
        causes: [after.reason ?? after.pullRequest?.line].compactMap { $0 },
        hints: ["orch task show \(task.id.prefix(6))"])
    }
    if !global.quiet { Output.print("merged as \(after.pullRequest?.mergedAs?.prefix(8) ?? "")") }
  }
}
