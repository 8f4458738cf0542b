internal import Agents
internal import Git2
internal import GitState
internal import Workflow
internal import Worktrees

/// Where branches began on their bases.
///
/// Git alone cannot say to whom the commits belong that a branch has and its base has not: somebody may have taken
/// them out of the base since, and then they must not come back with the branch. So the commit of the base that an
/// attempt's work is on top of is recorded, and wins over what the two histories have in common.
extension EffectRunner {
  /// The file of a run directory that names the commit of the base that the attempt began on.
  private static let baseFile = "base"

  /// The commits of bases that a task's branch was on top of, as they were recorded; it may have left some of them.
  func recordedBases(of task: TaskView) -> [ObjectID] {
    var names = task.attempts.compactMap(\.base)
    if let base = task.pullRequest?.baseHead { names.append(base) }
    // One that was lost has no end that could say it.
    if let last = task.attempts.last, last.base == nil {
      names += [beginning(of: last, task.id)].compactMap { $0?.hex }
    }
    return Set(names).compactMap { ObjectID(hex: $0) }
  }

  /// The commit of the base that an attempt of this machine began on, while its run directory is there.
  func beginning(of attempt: Attempt, _ task: String) -> ObjectID? {
    let directory = folder.runDirectory(task: task, token: attempt.token)
    let text = WorkerMonitor(directory: directory).storedText(Self.baseFile)
    return text.flatMap { ObjectID(hex: $0) }
  }

  /// Keeps on which commit of the base an attempt begins, as long as its worker runs.
  func noteBeginning(
    of task: TaskView, _ worktree: Worktree, onto baseHead: ObjectID, _ monitor: WorkerMonitor
  ) async throws {
    guard let head = try await branchHead(worktree) else { return }
    let recorded = recordedBases(of: task)
    let beginning = try await code.run { repository throws(GitError) in
      try Self.beginning(of: head, on: baseHead, recorded: recorded, in: repository)
    }
    room.noteBases([baseHead, beginning].compactMap { $0?.hex }, of: monitor.directory)
    if let beginning { _ = try monitor.store(beginning.hex, as: Self.baseFile) }
  }

  /// The commit of the base, as it was fetched last, that a task's commit is on top of.
  func beginning(of head: ObjectID, _ task: TaskView) async throws -> ObjectID? {
    let base = try await baseBranch(of: task)
    let tracking = RefLayout.trackedBranch(base, of: options.remote)
    let recorded = recordedBases(of: task)
    let remote = options.remote
    return try await code.run { repository throws -> ObjectID? in
      try repository.refreshObjects()
      guard let baseHead = try repository.reference(tracking) else {
        throw EngineError.noSuchBase(branch: base, remote: remote)
      }
      return try Self.beginning(of: head, on: baseHead, recorded: recorded, in: repository)
    }
  }

  /// The commit of the base that a branch is on top of now: the newest that both have, or an older one that the base
  /// has no more; nil if they have nothing in common.
  static func beginning(
    of head: ObjectID, on baseHead: ObjectID, recorded: [ObjectID],
    in repository: borrowing Repository
  ) throws(GitError) -> ObjectID? {
    if let former = try formerBase(recorded, of: head, onto: baseHead, in: repository) {
      return former
    }
    return try repository.mergeBase(head, baseHead)
  }

  /// The base that a branch began at if it is no part of the base any more, because somebody rewrote that.
  ///
  /// The commits up to it were the base's own, and are not brought along.
  func formerBase(
    of task: TaskView, _ head: ObjectID?, onto baseHead: ObjectID
  ) async throws -> ObjectID? {
    let recorded = recordedBases(of: task)
    guard let head, !recorded.isEmpty else { return nil }
    return try await code.run { repository throws(GitError) -> ObjectID? in
      try repository.refreshObjects()
      return try Self.formerBase(recorded, of: head, onto: baseHead, in: repository)
    }
  }

  /// The newest of some commits that a branch has and its base has no more.
  static func formerBase(
    _ recorded: [ObjectID], of head: ObjectID, onto baseHead: ObjectID,
    in repository: borrowing Repository
  ) throws(GitError) -> ObjectID? {
    guard repository.contains(head), repository.contains(baseHead) else { return nil }
    var newest: ObjectID?
    for commit in recorded where commit != baseHead && repository.contains(commit) {
      guard try repository.contains(commit, inHistoryOf: head),
        try !repository.contains(commit, inHistoryOf: baseHead)
      else { continue }
      if let known = newest, try !repository.contains(known, inHistoryOf: commit) { continue }
      newest = commit
    }
    return newest
  }
}
