internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow

/// The command `orch pr …`.
struct PullRequestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pr", abstract: "List, show and merge the pull requests of tasks.",
    subcommands: [
      PullRequestListCommand.self, PullRequestShowCommand.self, PullRequestApproveCommand.self,
      PullRequestMergeCommand.self, PullRequestRebaseCommand.self, PullRequestResolveCommand.self,
      RadarCommand.self,
    ])
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
    Output.print(
      TextTable.lines(
        views.compactMap { task in
          task.pullRequest.map {
            [$0.id, $0.status.rawValue, String(task.id.prefix(6)), task.branch ?? "", task.title]
          }
        }))
  }
}

/// The command `orch pr show`.
struct PullRequestShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a pull request, its checks and its conflicts.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let task = try await Session(global, configured: false).openTasks().find(
      id.hasPrefix("L") ? String(id.dropFirst()) : id)
    guard let request = task.pullRequest else {
      throw CommandError("task '\(task.id.prefix(6))' has no pull request")
    }
    if global.json { return Output.print(TaskOutput.json(task)["pull_request"] ?? .null) }
    Output.print(request.line)
    if !request.conflictFiles.isEmpty {
      Output.print("conflicts: \(request.conflictFiles.joined(separator: ", "))")
    }
    if let log = request.failureLog { Output.print("\n\(log)") }
  }
}

/// The command `orch pr approve`.
struct PullRequestApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Approve a pull request.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.openTasks()
    let author = session.author
    let task = try await tasks.find(id)
    try await tasks.record(task.id) { view in
      guard view.pullRequest != nil else {
        throw CommandError("task '\(view.id.prefix(6))' has no pull request")
      }
      return PullRequestChange.approval(of: view, by: author)
    }
    session.ring()
  }
}

/// The command `orch pr merge`.
struct PullRequestMergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Merge a pull request now: brought onto the base and checked first.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.openTasks()
    let task = try await tasks.find(id)
    guard task.status == .inReview else {
      throw CommandError("task '\(task.id.prefix(6))' is \(task.status.words), not in review")
    }
    var options = try Composition.options(session)
    options.mergePolicy = .whenGreen
    let orchestrator = try Orchestrator(options: options, tasks: tasks, report: { _ in })
    try await orchestrator.run(.untilIdle, scope: [task.id])
    let after = try await tasks.find(task.id)
    if global.json { return Output.print(TaskOutput.json(after)) }
    guard after.status == .done else {
      throw CommandError(
        "it was not merged: \(after.status.words), \(after.reason ?? "")",
        hints: ["orch task show \(task.id.prefix(6))"])
    }
    if !global.quiet { Output.print("merged as \(after.pullRequest?.mergedAs?.prefix(8) ?? "")") }
  }
}

/// The command `orch blame`.
struct BlameCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blame",
    abstract: "Show which task, agent, model and cost stand behind the lines of a file.")

  @Argument(help: "A file, or a file and a line: FILE:LINE.") var place: String
  @Option(help: "The commit to look at; the checkout's HEAD unless given.") var rev: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let (path, line) = Self.split(place)
    let repository = try Repository(at: global.directory ?? session.repository)
    var commit: ObjectID?
    if let rev {
      let text = try await session.git.run(["rev-parse", "--verify", "--quiet", "\(rev)^{commit}"])
        .text
      commit = ObjectID(hex: text.split(separator: "\n").first ?? "")
    }
    let runs = try repository.blame(path, at: commit).filter { run in
      line.map { $0 >= run.firstLine && $0 < run.firstLine + run.lineCount } ?? true
    }
    guard !runs.isEmpty else {
      throw CommandError("'\(path)' has no line \(line ?? 1)")
    }
    let rows = try runs.map { try row($0, line, in: repository) }
    if global.json { return Output.print(.array(rows.map(\.json))) }
    Output.print(TextTable.lines(rows.map(\.cells)))
  }

  private struct Row {
    let cells: [String]
    let json: JSONValue
  }

  private func row(
    _ run: BlameRun, _ line: Int?, in repository: borrowing Repository
  ) throws -> Row {
    let commit = try repository.commit(run.commit)
    let note = try Notes.read(run.commit, from: RefLayout.notes, in: repository)
    let facts = note.flatMap { $0.split(separator: "\n").last }.flatMap {
      try? JSONValue(parsing: String($0))
    }
    let first = line ?? run.firstLine
    let last = line ?? run.firstLine + run.lineCount - 1
    let lines = first == last ? "\(first)" : "\(first)-\(last)"
    var cells = [lines, run.commit.short()]
    if let facts {
      let model = facts["model"]?.string.map { "/\($0)" } ?? ""
      let cost = facts["cost_usd"]?.double.map { " $\(Budget.text($0))" } ?? ""
      let task = facts["task"]?.string?.prefix(6) ?? "?"
      cells.append("\(task) attempt \(facts["attempt"]?.int ?? 0)")
      cells.append("\(facts["agent"]?.string ?? "?")\(model)\(cost)")
      cells.append(facts["title"]?.string ?? commit.subject)
    } else {
      cells += ["-", commit.author.name, commit.subject]
    }
    return Row(
      cells: cells,
      json: JSONValue.compact([
        "first_line": .number(first), "last_line": .number(last),
        "commit": .string(run.commit.hex), "subject": .string(commit.subject),
        "author": .string(commit.author.name), "provenance": facts,
      ]))
  }

  /// Splits `FILE:LINE`; a colon that no number follows belongs to the file's name.
  private static func split(_ place: String) -> (path: String, line: Int?) {
    guard let colon = place.lastIndex(of: ":"), let line = Int(place[place.index(after: colon)...]),
      line > 0
    else { return (place, nil) }
    return (String(place[..<colon]), line)
  }
}
