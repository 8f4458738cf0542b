internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import GitState
internal import JSON
internal import Workflow

/// The command `orch task show`.
struct TaskShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one task with its attempts.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @Flag(help: "A few lines, for agents: what somebody must know who decides.") var brief = false
  @Option(
    help: ArgumentHelp("With --brief: only if it changed after a cursor.", valueName: "cursor"))
  var since: String?
  @OptionGroup var past: PastOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try past.exclude(since: since)
  }

  func run() async throws {
    let session = try Session(global, configured: false)
    if let at = past.at {
      let moment = try await StateMoment.find(at, in: session)
      if !global.quiet, !global.json { moment.say() }
      return try show(moment.commit, session)
    }
    let tip = try News.tip(of: session)
    guard let since, !global.json else { return try show(tip, session) }
    let old = try await StateMoment.commit(since, in: session)
    let now = try text(tip, session)
    let before = old.flatMap { try? text($0, session) }
    Output.print(
      now == before
        ? BriefText.nothingNew(StateMoment.cursor(tip))
        : now + "\n" + BriefText.cursorLine(StateMoment.cursor(tip)))
  }

  private func show(_ commit: ObjectID, _ session: Session) throws {
    if global.json {
      let state = try PastState(at: commit, in: session)
      let task = try state.task(id)
      var json = TaskOutput.json(task).object ?? [:]
      json["plan"] = try state.plan(of: task)?.json
      return Output.print(.object(json))
    }
    if brief {
      return Output.print(
        try text(commit, session) + "\n" + BriefText.cursorLine(StateMoment.cursor(commit)))
    }
    let state = try PastState(at: commit, in: session)
    let task = try state.task(id)
    let heard = past.at == nil ? task.pinnedHost.flatMap { self.heard(of: $0, session) } : nil
    Output.print(TaskText.long(task, heard: heard))
    if let plan = try state.plan(of: task) { Output.print("\n" + PlanText.long(plan)) }
  }

  /// When a machine was last heard of, as far as this one has seen, which asks nobody; nil where it has not.
  private func heard(of host: String, _ session: Session) -> String? {
    if host == LocalFolder.hostName(in: session.commonDirectory) { return "which is this machine" }
    guard let repository = try? Repository(at: session.repository),
      let remotes = try? Sharing.synced(session)
    else { return nil }
    for remote in remotes {
      let name = RefLayout.trackedHeartbeat(host, of: remote)
      guard let id = try? repository.reference(name), let commit = try? repository.commit(id),
        let beat = (try? repository.bytes(of: id, .commit)).flatMap({ Heartbeat(commit: $0) })
      else { continue }
      if let other = beat.endedBy { return "which was silent, ended by \(other)" }
      let silence = Session.clock() - Int(commit.committer.seconds) * 1000
      return "last heard of here \(Timestamp.duration(silence)) ago"
    }
    return nil
  }

  private func text(_ commit: ObjectID, _ session: Session) throws -> String {
    let state = try PastState(at: commit, in: session)
    let task = try state.task(id)
    let plan = try state.plan(of: task).map(PlanText.brief)
    return BriefText.task(task, plan: plan)
  }
}
