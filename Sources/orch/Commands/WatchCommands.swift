internal import Agents
internal import ArgumentParser
internal import Engine
internal import GitCLI
internal import Settings
internal import Workflow

/// The command `orch pr watch`.
struct PullRequestWatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Watch a pull request that a person opened, as if it were one of orch's own.",
    discussion: """
      orch brings its branch onto the base when that moves, by a force push with a lease, has workers repair what fails, \
      settle conflicts and answer reviews, and merges it as 'forge.merge' says. Its branch is never deleted, and nothing \
      is done to a draft.
      """)

  @Argument(help: "Its number or address; where there is no forge, the name of its branch.")
  var id: String
  @Option(help: "The branch that it is to be merged into, where there is no forge.")
  var base: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("have a pull request watched")
    let found = try await find(session)
    if let obstacle = found.obstacle {
      throw CommandError("\(found.id) cannot be watched: \(obstacle)")
    }
    let tasks = try await session.tasks()
    let request = try await tasks.watch(found, by: session.author, now: Session.clock())
    session.ring()
    switch request {
    case .begun(let task): show(task, "watches \(found.id)")
    case .known(let task): show(task, "watches \(found.id) already")
    case .own(let task):
      throw CommandError(
        "\(found.id) is of task '\(task.id.prefix(6))', which watches it",
        hints: ["orch pr show \(task.id.prefix(6))"])
    }
  }

  private func show(_ task: TaskView, _ words: String) {
    if global.json { return Output.print(TaskOutput.json(task)) }
    if !global.quiet { Output.print("\(task.id.prefix(6)) \(words): \(task.title)") }
  }

  private func find(_ session: Session) async throws -> FoundPullRequest {
    let name = try await WatchedName.read(id, session)
    guard session.settings.forge.kind == .local else {
      let place = try Composition.options(session).place
      guard base == nil else {
        throw ValidationError("'--base' is for remotes without a forge: \(name) has its base there")
      }
      guard let found = try await place?.find(name) else {
        throw CommandError(
          "there is no pull request \(name)", hints: ["an issue is no pull request: see its page"])
      }
      return found
    }
    var found = FoundPullRequest(id: name, title: name, branch: name)
    found.base = base
    let remote = session.settings.forge.remote
    let wanted = [name, base].compactMap { $0 }.map { "refs/heads/\($0)" }
    let heads = try await session.git.advertisedReferences(remote: remote, patterns: wanted)
    if let missing = wanted.first(where: { heads[$0] == nil }) {
      throw CommandError(
        "'\(remote)' has no branch '\(missing.dropFirst("refs/heads/".count))'",
        hints: ["git push \(remote) BRANCH"])
    }
    return found
  }
}

/// The command `orch pr unwatch`.
struct PullRequestUnwatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unwatch",
    abstract: "Do no more to a pull request that a person opened; it stays as it is.")

  @Argument(help: "Its number, address or branch, or the name of the task that watches it.")
  var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("end a watch")
    let tasks = try await session.openTasks()
    let task = try await find(tasks, session)
    let name = task.id.prefix(6)
    guard let watched = task.watches else {
      throw CommandError(
        "'\(id)' is of task '\(name)' itself",
        hints: ["orch task cancel \(name) gives the task up, and closes its pull request"])
    }
    let author = session.author
    let after = try await tasks.record(task.id) { view in
      guard !view.status.isTerminal else {
        throw CommandError("\(watched) is not watched: the watch is \(view.status.words)")
      }
      var change = TaskChange(.cancelled)
      change.author = author
      change.reason = "\(author) wants it watched no more"
      return change
    }
    Workers.stop(task, in: session, .interrupt)
    session.ring()
    if global.json { return Output.print(TaskOutput.json(after)) }
    if !global.quiet { Output.print("\(name) no longer watches \(watched): \(task.title)") }
  }

  private func find(_ tasks: TaskStore, _ session: Session) async throws -> TaskView {
    let name = try? await WatchedName.read(id, session)
    let views = try await tasks.all().values
    if let name, let task = views.first(where: { $0.watches == name }) { return task }
    if let name, let task = views.first(where: { $0.pullRequest?.id == name }) { return task }
    return try await PullRequestCommand.task(id, in: tasks)
  }
}

/// How people name a pull request that is to be watched.
enum WatchedName {
  /// `#7` of `7`, `#7` or an address at a forge, else the branch; throws `CommandError` for an address of another one.
  static func read(_ text: String, _ session: Session) async throws -> String {
    let settings = session.settings.forge
    guard settings.kind == .github else {
      let prefix = "refs/heads/"
      return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    }
    if let number = Int(text.hasPrefix("#") ? String(text.dropFirst()) : text), number > 0 {
      return "#\(number)"
    }
    // https://HOST/OWNER/NAME/pull/7, with whatever is behind it.
    let parts = text.split(separator: "/").map(String.init)
    guard let place = parts.lastIndex(of: "pull"), place >= 3, place + 1 < parts.count,
      let number = Int(parts[place + 1].prefix { $0.isNumber })
    else {
      throw CommandError(
        "'\(text)' is not a pull request", hints: ["give its number, or its address"])
    }
    let named = parts[place - 2] + "/" + parts[place - 1]
    var own = settings.repository
    if own == nil {
      let url = try await session.git.run(["remote", "get-url", "--", settings.remote]).text
      own = GitHubAccess.repository(ofRemote: url)
    }
    guard let own, own.lowercased() == named.lowercased() else {
      throw CommandError(
        "'\(text)' is in \(named), and this repository is \(own ?? "another one")")
    }
    return "#\(number)"
  }
}
