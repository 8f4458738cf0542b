internal import Git2
internal import GitState
internal import Workflow
internal import Worktrees

/// Routing as a step of its own, for a person who wants to see it.
public enum RoutingStep {
  /// Chooses and records a task's agent; throws if there is none.
  public static func route(
    _ id: String, options: EngineOptions, tasks: TaskStore
  ) async throws {
    let runner = try EffectRunner(options: options, tasks: tasks, report: { _ in })
    try await runner.carryOut(.route(task: id))
  }
}

/// The next attempt's prompt, without beginning the attempt.
public enum PromptPreview {
  /// Exactly what the next attempt would be given.
  public static func prompt(
    _ id: String, options: EngineOptions, tasks: TaskStore
  ) async throws -> PreparedPrompt {
    let runner = try EffectRunner(options: options, tasks: tasks, report: { _ in })
    let task = try await runner.task(id)
    let worktree = runner.worktree(of: task)
    let base = try await runner.baseBranch(of: task)
    var attempt = Attempt(
      number: task.attempts.count + 1, token: task.highestToken + 1,
      agent: task.route?.executor ?? "")
    attempt.purpose = task.nextPurpose
    attempt.lessons = try await runner.lessons(for: task, agent: attempt.agent).told.map(\.id)
    let isThere = WorktreeStore.isWhole(worktree)
    let start = isThere ? nil : try await runner.start(of: base)
    let folder = worktree.path + "/" + WorktreeStore.protocolFolder
    let material = try await runner.material(
      task, attempt, worktree: worktree, base: base,
      outputFile: "\(folder)/output-\(task.id).json", protocolFolder: folder, start: start)
    return try options.makePrompt(material)
  }
}

extension EffectRunner {
  /// Where an attempt would begin now: the base's head at the remote, or as it was last seen there.
  fileprivate func start(of base: String) async throws -> ObjectID {
    do {
      return try await network.run { try await self.fetchBranch(base) }
    } catch {
      let tracking = RefLayout.trackedBranch(base, of: options.remote)
      guard let seen = try Repository(at: options.repository).reference(tracking) else {
        throw error
      }
      return seen
    }
  }
}
