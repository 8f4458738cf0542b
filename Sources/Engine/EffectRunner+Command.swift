internal import Agents
internal import Git2
internal import GitState
internal import Worktrees

/// Commands of the configuration: checks, and the lines that set a worktree up.
extension EffectRunner {
  /// Runs a check where it belongs: what a walled-in worker wrote is not run outside of the walls.
  ///
  /// `owner` names the folder of what the check has for itself: a task, or the check of a base.
  func runCheck(
    _ check: CheckOption, of owner: String, in worktree: Worktree
  ) async throws -> ShellResult {
    let lock = ResourceLock(
      check.lock, capacity: check.lockCapacity, in: folder.path + "/locks")
    guard isSandboxed else {
      return try await ShellCommand.run(
        check.command, in: worktree.path, environment: commandEnvironment,
        timeoutSeconds: check.timeoutSeconds, lock: lock)
    }
    return try await runWalled(
      check.command, of: owner, "checks", in: worktree, seconds: check.timeoutSeconds, lock: lock)
  }

  /// Runs one line of `worktrees.setup`.
  ///
  /// Where workers are walled in, a line runs outside of the walls only on the base's own code, in a worktree that no
  /// worker has been in: it may call whatever stands in the tree. With a container, all of them run in it.
  func runSetup(
    _ line: String, of owner: String, in worktree: Worktree, isBases: Bool
  ) async throws -> ShellResult {
    // What lines of the set-up need is in the image.
    guard isSandboxed, !isBases || options.sandbox.kind == .container else {
      return try await ShellCommand.run(
        line, in: worktree.path, environment: commandEnvironment,
        timeoutSeconds: Self.setupSeconds)
    }
    return try await runWalled(
      line, of: owner, "setup", in: worktree, seconds: Self.setupSeconds)
  }

  private func runWalled(
    _ command: String, of owner: String, _ room: String, in worktree: Worktree, seconds: Int,
    lock: ResourceLock? = nil
  ) async throws -> ShellResult {
    let plan = try await plan(
      worktree, of: owner, runDirectory: "\(folder.path)/run/\(owner)/\(room)",
      homeName: "home-\(room)",
      needs: AgentNeeds(hosts: [], files: [], addresses: []), variables: commandEnvironment)
    try plan.prepare(directory: worktree.path)
    return try await plan.run(
      command, in: worktree.path,
      environment: commandEnvironment.merging(plan.environment) { $1 }, timeoutSeconds: seconds,
      lock: lock)
  }

  /// The environment of such commands.
  var commandEnvironment: [String: String] {
    EnvironmentPolicy.environment(from: options.environment, type: "script")
  }

  /// True if a worktree holds a commit of the base's history, and nothing that a worker has written.
  ///
  /// `isNew` says that it was made just now; otherwise it has to be that of a task's first attempt.
  func holdsBase(
    _ worktree: Worktree, _ baseHead: ObjectID, attempts: Int, isNew: Bool
  ) async throws -> Bool {
    guard isSandboxed else { return true }
    guard isNew || (attempts <= 1 && !options.pool.keepsIgnored),
      let head = try Repository(at: worktree.path).reference("HEAD"),
      try await isContained(head, in: baseHead)
    else { return false }
    // One that another task had is cleared but for what stands in the places of submodules.
    return try await !holdsStrangeRepository(worktree)
  }
}
