internal import Agents
internal import Git2
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

  /// Runs checks on a base's head in a worktree of its own, which is thrown away.
  private func check(base: String, _ checks: [CheckOption]) async throws {
    guard let head = ObjectID(hex: base) else { return }
    let name = "base-check"
    let place = Worktree(
      path: "\(options.worktreesRoot)/\(options.project)/\(name)", name: "orch-" + name,
      branch: "orch/" + name, commonDirectory: commonDirectory)
    try await removeThrowaway(place)
    try await WorktreeStore.create(place, at: head, through: code, git: gitRunner)
    try await furnish(place, of: name, isBases: true)
    for check in checks {
      let result = try await runCheck(check, of: name, in: place)
      baseVerdicts.keep(result.exitCode == 0 ? .passed : .failed, of: check.name, on: base)
    }
    try await removeThrowaway(place)
  }
}
