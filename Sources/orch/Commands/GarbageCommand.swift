internal import ArgumentParser
internal import Engine
internal import JSON
internal import Settings

/// The command `orch gc`.
struct GarbageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "Keep a long history fast, and remove checkpoints of tasks that are long over.",
    discussion: """
      History is never shortened: tasks, attempts and reports stay. What goes is refs/orch/wip of \
      tasks that have been over for the given time, here and at the remote, the logs of their \
      workers here, and images that orch built for containers of this repository and that nobody has used for a week \
      or for the given time, if that is shorter. 'orch run' \
      does the same by itself once a day while it has nothing else to do.
      """)

  @Option(help: "How long the checkpoints of a task that is over stay.") var days =
    Maintenance.defaultDays
  @Flag(help: "Say what would go, and remove nothing.") var dryRun = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard days >= 0 else { throw ValidationError("'--days' must be 0 or more") }
  }

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("collect garbage")
    let tasks = try await session.openTasks()
    let remote = try Sharing.remote(session)
    let isShared = try session.settings.sync.isEnabled && Sharing.synced(session).contains(remote)
    let maintenance = Maintenance(
      git: session.git, tasks: tasks, remote: isShared ? remote : nil,
      images: Composition.builtImages(session, tasks))
    let report = try await maintenance.run(days: days, now: Session.clock(), dryRun: dryRun)
    if global.json {
      return Output.print([
        "removed": .texts(report.removed), "removed_runs": .texts(report.removedRuns),
        "removed_images": .texts(report.removedImages),
        "removed_at_remote": .texts(report.removedAtRemote),
        "left_at_remote": .texts(report.leftAtRemote), "remote_away": .bool(report.isRemoteAway),
        "packed": .bool(report.packed), "commit_graph": .bool(report.wroteCommitGraph),
      ])
    }
    guard !global.quiet else { return }
    let verb = dryRun ? "would remove" : "removed"
    let here = report.removed.count
    let places =
      report.removedAtRemote.isEmpty
      ? "" : ": \(here) here, \(report.removedAtRemote.count) at '\(remote)'"
    Output.print("\(verb) \(report.removedCount) checkpoints\(places)")
    if report.isRemoteAway {
      Output.print("'\(remote)' cannot be reached: what is there stays until the next time")
    }
    if !report.leftAtRemote.isEmpty {
      Output.print("'\(remote)' did not let \(report.leftAtRemote.count) go: they stay there")
    }
    if !report.removedRuns.isEmpty {
      Output.print("\(verb) \(report.removedRuns.count) run directories")
    }
    if !report.removedImages.isEmpty {
      let count = report.removedImages.count
      Output.print("\(verb) \(count) image\(count == 1 ? "" : "s") built for containers")
    }
    if report.packed { Output.print("packed the objects") }
  }
}
