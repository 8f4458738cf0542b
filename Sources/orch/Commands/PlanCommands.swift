internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import JSON
internal import Workflow

/// The command `orch task approve`.
struct TaskApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Say yes to a task's plan: its parts become tasks.",
    discussion: "'orch task show ID' shows the plan. 'workflow.auto_approve' says yes to every one."
  )

  @Argument(help: "The planned task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("approve a plan")
    let tasks = try await session.openTasks()
    let task = try await tasks.find(id)
    let (parent, children) = try await tasks.approve(
      task.id, author: session.author, now: Session.clock())
    session.ring()
    if global.json { return Output.print(TaskOutput.json(parent)) }
    guard !global.quiet else {
      for child in children { Output.print(child) }
      return
    }
    Output.print("\(parent.id.prefix(6)) approved: \(parent.title)")
    for child in children {
      let view = try await tasks.find(child)
      let after = view.after.map { String($0.prefix(6)) }.joined(separator: ", ")
      Output.print(
        "  \(child.prefix(6)) \(view.title)" + (after.isEmpty ? "" : " (after \(after))"))
    }
  }
}

/// The command `orch task reject`.
struct TaskRejectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject",
    abstract: "Say no to a task's plan: its worker is told why, and plans again.")

  @Argument(help: "The planned task's name or its beginning.") var id: String
  @Option(help: "What is wrong with it; '-' is standard input.") var why: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("reject a plan")
    let tasks = try await session.openTasks()
    let task = try await tasks.find(id)
    let view = try await tasks.reject(
      task.id, because: MessageText.new(try TextFile.argument(why), session))
    session.ring()
    if global.json { return Output.print(TaskOutput.json(view)) }
    if !global.quiet { Output.print("\(view.id.prefix(6)) rejected: \(view.title)") }
  }
}
