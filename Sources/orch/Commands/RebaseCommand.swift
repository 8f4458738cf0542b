internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import GitState
internal import JSON
internal import Workflow

/// The command `orch pr rebase`.
struct PullRequestRebaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebase",
    abstract: "Bring pull requests onto the newest base, in memory, and push them.",
    discussion: """
      Worktrees of the branches are moved along where nobody works in them. A branch that does not fit is \
      left as it is, and a worker is asked to settle the conflict.
      """)

  @Argument(help: "Tasks, by their names or their beginnings.") var ids: [String] = []
  @Flag(help: "Every open pull request.") var all = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if all == !ids.isEmpty { throw ValidationError("name tasks, or say --all") }
  }

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("rebase pull requests")
    let tasks = try await session.openTasks()
    var wanted: [TaskView] = []
    if all {
      wanted = try await tasks.all().values.filter {
        $0.status == .inReview && $0.pullRequest != nil
      }
    }
    for id in ids { wanted.append(try await PullRequestCommand.task(id, in: tasks)) }
    let orchestrator = try Orchestrator(
      options: try Composition.options(session), tasks: tasks, report: { _ in })
    let outcomes = try await orchestrator.rebase(wanted)
    session.ring()
    if global.json { return Output.print(.array(outcomes.map(\.json))) }
    guard !global.quiet else { return }
    if outcomes.isEmpty { return Output.say("no open pull requests") }
    Output.print(
      TextTable.lines(
        outcomes.map { [String($0.task.prefix(6)), $0.words, $0.title] }))
    for outcome in outcomes {
      if let remark = outcome.remark { Output.say("\(outcome.task.prefix(6)): \(remark)") }
    }
  }
}

extension RebaseOutcome {
  /// The outcome for a person.
  fileprivate var words: String {
    switch result {
    case .rebased(let onto): "rebased onto \(onto.prefix(8))"
    case .current: "up to date"
    case .conflict(let files): "conflict in \(files.prefix(5).joined(separator: ", "))"
    case .contained: "in the base already"
    case .skipped(let reason): "left: \(reason)"
    }
  }

  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = ["task": .string(task), "title": .string(title)]
    members["remark"] = remark.map(JSONValue.string)
    switch result {
    case .rebased(let onto):
      members["result"] = "rebased"
      members["onto"] = .string(onto)
    case .current: members["result"] = "current"
    case .conflict(let files):
      members["result"] = "conflict"
      members["files"] = .texts(files)
    case .contained: members["result"] = "contained"
    case .skipped(let reason):
      members["result"] = "skipped"
      members["reason"] = .string(reason)
    }
    return .object(members)
  }
}
