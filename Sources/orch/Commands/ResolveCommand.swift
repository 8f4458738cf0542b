internal import ArgumentParser
internal import Engine
internal import GitState
internal import JSON
internal import Workflow

/// The command `orch pr resolve`.
struct PullRequestResolveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve",
    abstract: "Settle a conflict by hand: lay it out, or publish what was settled.",
    discussion: """
      The first call stops the task's worktree where 'git rebase' would stop, and tells where it is. Settle it there with \
      git's own commands, then call this again: every change of both sides must be there, or be given up by its name \
      with a reason, and the checks must pass. Until then nothing is pushed.
      """)

  @Argument(help: "The task's name or its beginning.") var id: String
  @Option(
    help: ArgumentHelp("A change that is given up, and why.", valueName: "hunk=reason"))
  var giveUp: [String] = []
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("settle a conflict by hand")
    let tasks = try await session.openTasks()
    let task = try await tasks.find(id)
    let orchestrator = try Orchestrator(
      options: try Composition.options(session), tasks: tasks, report: { _ in })
    let standing = try await orchestrator.resolveByHand(
      task.id, givenUp: try reasons(), by: session.author)
    session.ring()
    if global.json { Output.print(standing.json) }
    let short = task.id.prefix(6)
    switch standing {
    case .laidOut(let worktree, let files):
      guard !global.json, !global.quiet else { return }
      Output.print("in conflict: \(files.joined(separator: ", "))\n  cd \(worktree)")
      Output.print("  git status                  then edit, git add, git rebase --continue")
      Output.print("  orch pr resolve \(short)      once it is settled")
    case .settled(let head):
      if !global.json, !global.quiet { Output.print("settled and pushed as \(head.prefix(8))") }
    case .unfinished(let worktree, let files):
      throw CommandError(
        "the conflict is not settled yet: \(files.prefix(10).joined(separator: ", "))",
        hints: ["cd \(worktree)", "git status"])
    case .incomplete(let text):
      throw CommandError(
        text, hints: ["orch pr resolve \(short) --give-up 'base:FILE:LINES=the reason'"])
    case .nothing(let text): throw CommandError("there is nothing to settle: \(text)")
    }
  }

  private func reasons() throws -> [String: String] {
    var found: [String: String] = [:]
    for text in giveUp {
      let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard halves.count == 2 else {
        throw CommandError("'\(text)' is not a name and a reason, as in 'base:a.txt:3=why'")
      }
      found[halves[0]] = halves[1]
    }
    return found
  }
}

extension HandResolution {
  fileprivate var json: JSONValue {
    switch self {
    case .laidOut(let worktree, let files):
      ["result": "laid_out", "worktree": .string(worktree), "files": .texts(files)]
    case .unfinished(let worktree, let files):
      ["result": "unfinished", "worktree": .string(worktree), "files": .texts(files)]
    case .incomplete(let text): ["result": "incomplete", "reason": .string(text)]
    case .settled(let head): ["result": "settled", "head": .string(head)]
    case .nothing(let text): ["result": "nothing", "reason": .string(text)]
    }
  }
}
