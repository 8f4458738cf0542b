internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import GitState
internal import JSON
internal import Settings
internal import Workflow

/// The command `orch claim`.
struct ClaimCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claim", abstract: "Who works on what, where several machines share the work.",
    subcommands: [ClaimListCommand.self], defaultSubcommand: ClaimListCommand.self)
}

/// The command `orch claim list`.
struct ClaimListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "The claims at the remote that keeps them.")

  @Flag(help: "Also claims that were ended.") var all = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.openTasks()
    let list = try Shared.list(session, tasks)
    let claims = try await list.claims().filter {
      all || !["closed", "released"].contains($0.phase)
    }
    let titles = try await tasks.all().mapValues(\.title)
    if global.json {
      return Output.print(
        .array(
          claims.map { claim in
            JSONValue.compact([
              "task": .string(claim.task), "title": titles[claim.task].map(JSONValue.string),
              "host": .string(claim.host), "token": .number(claim.token),
              "phase": .string(claim.phase), "unfenced": claim.isUnfenced ? true : nil,
              "moved_at": claim.movedAt.map { .string(Timestamp.text($0)) },
            ])
          }))
    }
    if claims.isEmpty, !global.quiet { return Output.say("no machine has a task") }
    Output.print(
      TextTable.lines(
        claims.map { claim in
          [
            String(claim.task.prefix(6)), claim.phase, claim.host, "token \(claim.token)",
            claim.movedAt.map { Shared.ago($0) } ?? "", titles[claim.task] ?? "",
          ]
        }))
  }
}

/// The command `orch hosts`.
struct HostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts", abstract: "The machines that share the work, and what each has.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let this = LocalFolder.hostName(in: session.commonDirectory)
    let hosts = try await Shared.list(session, try await session.openTasks()).hosts(this: this)
    if global.json {
      return Output.print(
        .array(
          hosts.map { host in
            JSONValue.compact([
              "host": .string(host.host), "this": .bool(host.isThis),
              "beat_at": host.beatAt.map { .string(Timestamp.text($0)) },
              "claim_seconds": host.lifetimeSeconds.map(JSONValue.number),
              "ended_by": host.endedBy.map(JSONValue.string), "tasks": .texts(host.tasks),
            ])
          }))
    }
    Output.print(TextTable.lines(hosts.map(Self.row)))
  }

  private static func row(_ host: ListedHost) -> [String] {
    let life =
      if let by = host.endedBy {
        "was silent, ended by \(by)"
      } else {
        host.beatAt.map { "heard \(Shared.ago($0))" } ?? "not heard of yet"
      }
    let tasks = host.tasks.map { String($0.prefix(6)) }.joined(separator: " ")
    return [host.host + (host.isThis ? " (this machine)" : ""), life, tasks]
  }
}

/// What both commands need.
private enum Shared {
  /// The claims at the remote of the state, or this repository's own where nothing was synced.
  static func list(_ session: Session, _ tasks: TaskStore) throws -> ClaimList {
    let remote = try Sharing.remote(session)
    let isShared = try session.settings.sync.isEnabled && Sharing.synced(session).contains(remote)
    return try ClaimList(
      git: session.git, remote: isShared ? remote : nil, state: tasks.state)
  }

  /// How long ago something was, by the other machine's clock.
  static func ago(_ time: Int) -> String {
    "\(Timestamp.duration(max(0, Session.clock() - time))) ago"
  }
}

/// The command `orch task move`.
struct TaskMoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move",
    abstract: "Give a task to a machine; one that works on it stops at a checkpoint.",
    discussion: """
      The other machine goes on from there, with the files that are in no commit yet. 'orch hosts' lists
      the machines. With '--to any' every machine may work on it again.
      """)

  @Argument(help: "The task's name or its beginning.") var id: String
  @Option(help: "The machine's name, or 'any'.") var to: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("move a task")
    let tasks = try await session.openTasks()
    let remote = try Sharing.remote(session)
    let isShared = try Sharing.synced(session).contains(remote)
    // The task may be one that another machine has made.
    if isShared { _ = try await SyncCommand.sync(remote, session, tasks) }
    let task = try await tasks.find(id)
    guard !task.status.isTerminal else {
      throw CommandError("task '\(task.id.prefix(6))' is \(task.status.words)")
    }
    let target = to == "any" ? nil : to
    if let target { try await Self.requireMachine(target, session, tasks) }
    let author = session.author
    let view = try await tasks.record(task.id) { _ in
      var change = TaskMove.change(to: target)
      change.author = author
      return change
    }
    if isShared { _ = try await SyncCommand.sync(remote, session, tasks) }
    session.ring()
    if global.json { return Output.print(TaskOutput.json(view)) }
    guard !global.quiet else { return }
    Output.print(
      target.map { "\(view.id.prefix(6)) goes to \($0): \(view.title)" }
        ?? "\(view.id.prefix(6)) may go anywhere: \(view.title)")
  }

  /// Refuses names that no machine has: the task would wait for ever.
  private static func requireMachine(
    _ name: String, _ session: Session, _ tasks: TaskStore
  ) async throws {
    let this = LocalFolder.hostName(in: session.commonDirectory)
    if name == this { return }
    let known = try await Shared.list(session, tasks).hosts(this: this).map(\.host)
    guard known.contains(name) else {
      throw CommandError(
        "no machine is called '\(name)'", causes: ["known are \(known.joined(separator: ", "))"],
        hints: ["a machine is known once it ran 'orch run' after 'orch sync'"])
    }
  }
}
