internal import Agents
internal import Git2
internal import GitState
internal import Synchronization
internal import Workflow
internal import Worktrees

/// How checks that orch runs itself end on heads of bases; asked for again after a restart.
final class BaseVerdicts: Sendable {
  private struct Base {
    var states: [String: CheckLook.State] = [:]
    /// What failed checks printed; a check that prints nothing is missing.
    var logs: [String: String] = [:]
    /// True if what fails there is waited for.
    var isWaitedFor = false
  }

  private let bases = Mutex<[String: Base]>([:])

  /// What is waited for of a base's head.
  func awaited(of base: String) -> [String: CheckLook.State] {
    bases.withLock { bases in
      guard let known = bases[base], known.isWaitedFor else { return [:] }
      return known.states
    }
  }

  /// How checks end on a base's head, as far as that is known.
  func known(of base: String) -> [String: CheckLook.State] {
    bases.withLock { $0[base]?.states ?? [:] }
  }

  /// What a failed check printed on a base's head; nil if it printed nothing.
  func log(of check: String, on base: String) -> String? {
    bases.withLock { $0[base]?.logs[check] }
  }

  /// Keeps what was found out; other heads of bases are forgotten once there are many.
  func keep(_ state: CheckLook.State, log: String?, of check: String, on base: String) {
    bases.withLock { bases in
      if bases.count > Self.maximumBases { bases = [:] }
      bases[base, default: Base()].states[check] = state
      bases[base]?.logs[check] = log
    }
  }

  /// From now on, what fails on a base's head is waited for.
  func wait(for base: String) { bases.withLock { $0[base]?.isWaitedFor = true } }

  private static let maximumBases = 20
}

/// What a base has to do with a failing check.
enum BaseStanding: Sendable, Hashable {
  /// The branch is at fault, or that cannot be told.
  case sound
  /// It fails in the same checks, and passed them before: they are waited for.
  case failsToo
  /// It fails in the same way and was never seen to pass: a person is asked.
  case failsAlike(Question)
}

extension EffectRunner {
  /// What the base's head says of the checks that fail on a pair.
  ///
  /// Only where orch runs the checks; a forge says by itself how its checks end on the base. A base that was
  /// never green tells little, since making it green may be what the task is for: but if the check fails word
  /// for word as it does without the task's commits, no worker is spent on it before a person has said so.
  func baseStanding(of task: TaskView, _ pair: CommitPair) async throws -> BaseStanding {
    guard place.runsChecks, let view = task.pullRequest, view.evidence == false else {
      return .sound
    }
    let names = Set(view.failedChecks.map(\.name))
    let checks = options.checks.filter { names.contains($0.name) }
    let unknown = checks.filter { baseVerdicts.known(of: pair.base)[$0.name] == nil }
    if !unknown.isEmpty {
      try await baseLane.run { try await self.check(base: pair.base, unknown) }
    }
    let known = baseVerdicts.known(of: pair.base)
    guard !names.isEmpty, names.allSatisfy({ known[$0] == .failed }) else { return .sound }
    if try await wasGreen(task.base) {
      baseVerdicts.wait(for: pair.base)
      return .failsToo
    }
    // A person who let it go on since the last attempt has answered that.
    let isSettled = task.attemptsForgiven >= task.attempts.count
    // orch stops at the first check that fails.
    let isAlike =
      view.failingCheck.flatMap { baseVerdicts.log(of: $0, on: pair.base) }
      .map { FailureLikeness.isAlike($0, view.failureLog ?? "") } ?? false
    return isAlike && !isSettled ? .failsAlike(Self.question(names, task.base ?? "")) : .sound
  }

  /// Whether a task's failing check fails on the base's head too; nil if that is not known.
  func failsOnBase(_ task: TaskView) -> Bool? {
    // A forge says so before a worker is begun: what fails there too is waited for.
    guard place.runsChecks else { return false }
    guard let view = task.pullRequest, let check = view.failingCheck else { return nil }
    return baseVerdicts.known(of: view.targetBase)[check].map { $0 == .failed }
  }

  private static func question(_ names: Set<String>, _ base: String) -> Question {
    let list = names.sorted().map { "'\($0)'" }.joined(separator: ", ")
    return Question(
      .baseFails,
      "\(list) fails on '\(base)' too, in the same way: mend it there and this goes on by itself, "
        + "or answer to have a worker mend it here")
  }

  /// True if a task was merged into a base after every check had passed.
  private func wasGreen(_ base: String?) async throws -> Bool {
    try await tasks.all().values.contains { other in
      other.base == base && other.pullRequest?.mergedAs != nil
        && other.pullRequest?.greenPair != nil
    }
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
      let isSilent = !result.output.contains { !$0.isWhitespace }
      baseVerdicts.keep(
        result.exitCode == 0 ? .passed : .failed,
        log: isSilent ? nil : options.trimLog(Self.log(of: result, check)), of: check.name,
        on: base)
    }
    try await removeThrowaway(place)
  }
}
