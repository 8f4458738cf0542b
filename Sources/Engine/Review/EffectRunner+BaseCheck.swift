internal import Agents
internal import GitState
internal import Synchronization
internal import Workflow
internal import Worktrees

/// How checks that orch runs itself end on heads of bases; asked for again after a restart.
final class BaseVerdicts: Sendable {
  private let states = Mutex<[String: [String: CheckLook.State]]>([:])

  /// What is known of a base's head.
  func known(of base: String) -> [String: CheckLook.State] { states.withLock { $0[base] ?? [:] } }

  /// Keeps what was found out; other heads of bases are forgotten once there are many.
  func keep(_ state: CheckLook.State, of check: String, on base: String) {
    states.withLock { states in
      if states.count > Self.maximumBases { states = [:] }
      states[base, default: [:]][check] = state
    }
  }

  private static let maximumBases = 20
}

extension EffectRunner {
  /// True if every failing check of a pair fails on the base's head too: then the branch is not at fault.
  ///
  /// Only where orch runs the checks; a forge says by itself how its checks end on the base. A base that was
  /// never green tells nothing: making it green may be what the task is for.
  func failsOnBase(_ task: TaskView, _ pair: CommitPair) async throws -> Bool {
    guard place.runsChecks, let view = task.pullRequest, view.evidence == false,
      try await tasks.all().values.contains(where: { other in
        other.base == task.base && other.pullRequest?.mergedAs != nil
          && other.pullRequest?.greenPair != nil
      })
    else { return false }
    let names = Set(view.failedChecks.map(\.name))
    let checks = options.checks.filter { names.contains($0.name) }
    let unknown = checks.filter { baseVerdicts.known(of: pair.base)[$0.name] == nil }
    if !unknown.isEmpty {
      try await baseLane.run { try await self.check(base: pair.base, unknown) }
    }
    let known = baseVerdicts.known(of: pair.base)
    return !names.isEmpty && names.allSatisfy { known[$0] == .failed }
  }

  /// Runs checks on a base's head in a clone of its own, which shares the objects and is thrown away.
  private func check(base: String, _ checks: [CheckOption]) async throws {
    let path = folder.path + "/base-check"
    let environment = EnvironmentPolicy.environment(from: options.environment, type: "script")
    let clone = """
      rm -rf \(ShellCommand.quoted(path)) && git clone --quiet --shared --no-checkout \
      \(ShellCommand.quoted(options.repository)) \(ShellCommand.quoted(path)) \
      && git -C \(ShellCommand.quoted(path)) checkout --quiet --detach \(base)
      """
    let made = try await ShellCommand.run(
      clone, in: folder.path, environment: environment, timeoutSeconds: Self.setupSeconds)
    guard made.exitCode == 0 else {
      throw SetupError(text: "the base could not be checked out: \(made.output.suffix(500))")
    }
    try await furnish(Worktree(path: path, name: "base-check", branch: ""))
    for check in checks {
      let result = try await run(check, in: path)
      baseVerdicts.keep(result.exitCode == 0 ? .passed : .failed, of: check.name, on: base)
    }
    _ = try await ShellCommand.run(
      "rm -rf \(ShellCommand.quoted(path))", in: folder.path, environment: environment,
      timeoutSeconds: Self.setupSeconds)
  }

  /// Runs one check under its lock.
  func run(_ check: CheckOption, in folder: String) async throws -> ShellResult {
    let lock = ResourceLock(
      check.lock, capacity: check.lockCapacity, in: self.folder.path + "/locks")
    return try await ShellCommand.run(
      check.command, in: folder,
      environment: EnvironmentPolicy.environment(from: options.environment, type: "script"),
      timeoutSeconds: check.timeoutSeconds, lock: lock)
  }
}
