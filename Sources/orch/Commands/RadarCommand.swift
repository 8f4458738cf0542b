internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import GitState
internal import JSON
internal import Settings
internal import Workflow

/// The command `orch radar`, also as `orch pr radar`.
struct RadarCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "radar",
    abstract: "Show which open branches will collide, and in which order to merge them.",
    discussion: """
      Every pair of open branches is merged in memory, and each with the base as it was last fetched;
      nothing is written. Files that running workers have changed and not committed count too.
      """)

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.openTasks()
    let views = try await tasks.all()
    let host = tasks.state.host
    var worktrees: [String: String] = [:]
    for task in views.values where task.attempts.last?.host == host {
      worktrees[task.id] = task.worktree
    }
    let found = try await RadarScanner().look(
      views, remote: session.settings.forge.remote, worktrees: worktrees,
      through: RepositoryActor(at: session.repository), git: session.git)
    if global.json { return Output.print(.array(found.map(\.json))) }
    Output.print(RadarText.text(found))
  }
}
