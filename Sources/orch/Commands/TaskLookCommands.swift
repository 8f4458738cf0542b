internal import Agents
internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Settings
internal import Workflow

/// The command `orch task log`.
struct TaskLogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Show a task's events; -f goes on with its worker's output.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @Flag(name: .customShort("f"), help: "Follow the running worker.") var follows = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global, configured: false)
    let tasks = try await session.openTasks()
    let task = try await tasks.find(id)
    let events = try await tasks.state.read { reader, repository in
      try RecordID(task.id).map { try reader.events(of: RecordKey(.tasks, $0), in: repository) }
        ?? []
    }
    if global.json {
      return Output.print(
        .array(events.compactMap { try? JSONValue(parsing: $0.line) }))
    }
    for event in events { Output.print("\(Timestamp.text(event.time))  \(EventText.line(event))") }
    if follows { try await LiveLog.follow(task, in: session) }
  }
}

/// The command `orch task attach`.
struct TaskAttachCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Show the running worker's output as it comes.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global, configured: false)
    try await LiveLog.follow(try await session.openTasks().find(id), in: session)
  }
}

/// The command `orch task diff`.
struct TaskDiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show what a task's branch changes.")

  /// The largest patch that is printed, in bytes.
  static let maximumBytes = 8 << 20

  @Argument(help: "The task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.openTasks()
    let task = try await tasks.find(id)
    let repository = try Repository(at: session.repository)
    guard let head = try head(of: task, in: repository),
      let common = try beginning(of: task, head, in: repository, of: session.settings.forge.remote)
    else { throw CommandError("task '\(task.id.prefix(6))' has no commits yet") }
    let patch = try repository.patch(
      from: repository.commit(common).tree, to: repository.commit(head).tree,
      limit: Self.maximumBytes)
    if global.json {
      return Output.print(["files": .texts(patch.paths), "patch": .string(patch.text)])
    }
    Output.pass(patch.text)
  }

  /// The newest commit of it that is here: the branch, or once that is gone what was merged of it.
  private func head(of task: TaskView, in repository: borrowing Repository) throws -> ObjectID? {
    // A branch of a person's by that name need not be what the remote has.
    let branch = task.watches == nil ? task.branch : nil
    if let branch, let head = try repository.reference("refs/heads/" + branch) { return head }
    for hex in [task.pullRequest?.head, task.attempts.last?.head] {
      if let hex, let head = ObjectID(hex: hex), repository.contains(head) { return head }
    }
    return nil
  }

  /// Where its own changes begin: in the base that its pull request stands on, or in the base as last seen.
  private func beginning(
    of task: TaskView, _ head: ObjectID, in repository: borrowing Repository, of remote: String
  ) throws -> ObjectID? {
    if let base = task.pullRequest.flatMap({ ObjectID(hex: $0.baseHead) }),
      repository.contains(base)
    {
      return try repository.mergeBase(head, base)
    }
    guard let base = task.base,
      let seen = try repository.reference(RefLayout.trackedBranch(base, of: remote))
    else { return nil }
    return try repository.mergeBase(head, seen)
  }
}

/// The output of a running worker, line by line.
enum LiveLog {
  /// How often the file is looked at, in milliseconds.
  static let lookMilliseconds = 200

  /// Prints what the newest attempt has printed, and goes on until it ends.
  static func follow(_ task: TaskView, in session: Session) async throws {
    guard let monitor = Workers.monitor(of: task, in: session) else {
      throw CommandError("task '\(task.id.prefix(6))' has no attempt yet")
    }
    var position = 0
    while true {
      let isRunning = if case .running = monitor.state() { true } else { false }
      position = FileTail.print(monitor.outputLog, from: position)
      if !isRunning { return }
      try await Task.sleep(for: .milliseconds(lookMilliseconds))
    }
  }
}

/// The command `orch log`.
struct LogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Show the diary: one line for each thing that happened.")

  @Argument(help: "Only one task's story.") var task: String?
  @Option(help: ArgumentHelp("Only from a time on, as git understands it.", valueName: "time"))
  var since: String?
  @Option(help: ArgumentHelp("Only up to a time.", valueName: "time")) var until: String?
  @Option(help: "At most so many.") var limit = 50
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global, configured: false)
    for time in [since, until].compactMap({ $0 }) {
      _ = try await StateMoment.time(time, in: session)
    }
    // What is left out of the text is made up for.
    let most = global.json ? limit : limit * 3 + 20
    var arguments = [
      "log", "--no-merges", "-n", String(most), "--format=%H%x09%cI%x09%s", RefLayout.state,
    ]
    if let since { arguments.insert("--since=\(since)", at: 1) }
    if let until { arguments.insert("--until=\(until)", at: 1) }
    if let task {
      let view = try await session.openTasks().find(task)
      arguments += ["--", "tasks/\(view.id.prefix(2))/\(view.id)"]
    }
    _ = try await session.openTasks().all()
    let lines = try await session.git.run(arguments).text.split(separator: "\n")
    let entries = lines.map { $0.split(separator: "\t", maxSplits: 2).map(String.init) }
    if global.json {
      return Output.print(
        .array(
          entries.filter { $0.count == 3 }.map {
            ["commit": .string($0[0]), "time": .string($0[1]), "subject": .string($0[2])]
          }))
    }
    // The commit is what `git show` explains.
    for entry in entries.filter({ $0.count == 3 && Self.isWorthALine($0[2]) }).prefix(limit) {
      let time = entry[1].hasSuffix("+00:00") ? entry[1].dropLast(6) + "Z" : entry[1][...]
      Output.print("\(time)  \(entry[0].prefix(8))  \(entry[2])")
    }
  }

  /// False for commits that only carry progress, and for the first one, which every state has.
  private static func isWorthALine(_ subject: String) -> Bool {
    !(subject.wholeMatch(of: /([0-9a-f]{6}|\d+ tasks:) progress/) != nil
      || subject == "orch: the state of this repository")
  }
}

/// The command `orch cost`.
struct CostCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost", abstract: "Show what the work has cost.")

  @Option(help: "agent, model, day, task or attempt.") var by = "agent"
  @Option(help: ArgumentHelp("Only attempts that ended after a time.", valueName: "time"))
  var since: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    guard let grouping = CostGrouping(rawValue: by) else {
      throw ValidationError(
        "'\(by)' is not a grouping: it is one of agent, model, day, task, attempt")
    }
    let session = try Session(global, configured: false)
    let views = try await session.openTasks().all()
    var start = 0
    if let since { start = try await StateMoment.time(since, in: session) }
    let rows = CostTable.rows(views.values, by: grouping, since: start)
    if global.json { return Output.print(.array(rows.map(\.json))) }
    let total = rows.reduce(0) { $0 + $1.usd }
    var table = [[by, "attempts", "tokens", "cost"]]
    table += rows.map {
      [$0.name, String($0.attempts), String($0.tokens), "$\(Budget.text($0.usd))"]
    }
    let attempts = rows.reduce(0) { $0 + $1.attempts }
    let tokens = rows.reduce(0) { $0 + $1.tokens }
    table.append(["total", String(attempts), String(tokens), "$\(Budget.text(total))"])
    Output.print(TextTable.lines(table))
  }
}

/// What costs are summed by.
enum CostGrouping: String { case agent, model, day, task, attempt }

/// Costs, summed.
struct CostTable {
  let name: String
  var attempts = 0
  var tokens = 0
  var usd = 0.0

  var json: JSONValue {
    [
      "name": .string(name), "attempts": .number(attempts), "tokens": .number(tokens),
      "cost_usd": .double(usd),
    ]
  }

  /// One row for each group, the most expensive first.
  ///
  /// Only attempts that ended at a time or later count, in milliseconds since 1970.
  static func rows(
    _ tasks: some Sequence<TaskView>, by grouping: CostGrouping, since start: Int
  ) -> [CostTable] {
    var rows: [String: CostTable] = [:]
    for task in tasks {
      for attempt in task.attempts where attempt.endedAt.map({ $0 >= start }) ?? false {
        let name =
          switch grouping {
          case .agent: attempt.agent
          case .model: attempt.model ?? "(default)"
          case .day: String(Timestamp.text(attempt.endedAt ?? 0).prefix(10))
          case .task: "\(task.id.prefix(6)) \(task.title.prefix(40))"
          case .attempt:
            "\(task.id.prefix(6))/\(attempt.number) \(attempt.agent) \(task.title.prefix(40))"
          }
        rows[name, default: CostTable(name: name)].attempts += 1
        rows[name]?.tokens += (attempt.inputTokens ?? 0) + (attempt.outputTokens ?? 0)
        rows[name]?.usd += attempt.costUSD ?? 0
      }
    }
    return rows.values.sorted { ($1.usd, $0.name) < ($0.usd, $1.name) }
  }
}
