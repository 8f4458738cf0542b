internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

/// Why something that others would see was not done.
public enum ClaimError: Error, Sendable, Hashable {
  /// Another machine has the task.
  case lost(task: String)
  /// Somebody deleted the claim of a task at the remote.
  case gone(task: String)
  /// This machine may not work until it has been heard of again.
  case suspended(task: String)
  /// What was done could not be told to the other machines yet.
  case unsaid(task: String)
  /// The state of the other machines could not be taken in: nobody knows what they have done.
  case unjoined(task: String)
  /// The remote does not take the heartbeats of this machine, without which it may not work.
  case unheard
}

extension EffectRunner {
  /// Gets the task of an effect for this machine; false if the effect must not be carried out now.
  ///
  /// A machine that works alone asks nobody.
  func claim(for effect: Effect) async throws -> Bool {
    guard let shared else { return true }
    let task = try await task(effect.task)
    let holding: Holding
    do {
      holding = try await shared.hold(task, for: effect)
    } catch let error as GitCommandError {
      // The network's fault, and nobody's business but its own: the task is tried again later.
      await shared.sayAway(error)
      return false
    }
    guard holding != .notNow else { return false }
    // What is said to an issue needs nothing of the work, and may be said while a person is at it.
    guard effect.occupiesTask else { return holding == .ready }
    try await fetchWork(of: try await self.task(effect.task))
    return holding == .ready
  }

  /// Pushes references of a task, each by compare-and-swap, and none of them once another machine has it.
  func push(_ updates: [PushUpdate], for task: String) async throws -> [String: PushOutcome] {
    guard let shared, let id = RecordID(task) else {
      return try await git.push(remote: options.remote, updates)
    }
    guard shared.options.remote == options.remote, !shared.options.isOffline else {
      guard await shared.keeper.mayWork(id) else { throw ClaimError.suspended(task: task) }
      return try await git.push(remote: options.remote, updates)
    }
    let moves = updates.map { update in
      let expected: ObjectID? =
        if case .object(let hex) = update.expectation { ObjectID(hex: hex) } else { nil }
      return ArbiterMove(
        update.destination, from: expected, to: update.source.flatMap { ObjectID(hex: $0) })
    }
    let outcome: PushOutcome
    switch await shared.keeper.publish(id, moves) {
    case .published: outcome = .done
    case .outdated: outcome = .rejected("the remote has something else there, or refuses it")
    case .lost:
      await shared.lose(id)
      throw ClaimError.lost(task: task)
    case .gone: throw ClaimError.gone(task: task)
    case .suspended: throw ClaimError.suspended(task: task)
    case .unknown:
      throw GitCommandError.failed(
        command: "git push", exitCode: 128, detail: "the remote did not say what it did")
    }
    return Dictionary(
      updates.map { ($0.destination, outcome) }, uniquingKeysWith: { first, _ in first })
  }

  /// Has the other machines know what was done on a task before anything of it becomes public.
  func secure(_ task: String) async throws { try await shared?.secure(task) }

  /// The token of this machine's claim, which an attempt has too; nil for a machine that works alone.
  func claimToken(of task: String) async -> Int? {
    guard let shared, let id = RecordID(task) else { return nil }
    return await shared.token(of: id)
  }

  /// The token under which this machine speaks for an attempt of a task now; nil for one that works alone.
  ///
  /// A claim that ran out while nobody else wanted the task is followed by one with a higher token. Events with the
  /// attempt's own would be stale by then, and change nothing.
  func voice(of attempt: Attempt, _ task: String) async -> Int? {
    guard shared != nil else { return nil }
    return max(attempt.token, await claimToken(of: task) ?? 0)
  }

  /// The token of an event of an attempt; `voice` is what `voice(of:_:)` said.
  static func token(of attempt: Attempt, in task: TaskView, _ voice: Int?) -> Int {
    voice ?? max(attempt.token, task.highestToken)
  }

  // MARK: Taking over

  /// Records that another machine's attempt is over; what it left is fetched when its task is claimed.
  func takeOver(_ id: String, _ token: Int) async throws {
    let claim = await claimToken(of: id) ?? 0
    let isAlone = shared == nil
    let host = tasks.state.host
    let now = options.clock()
    let ending: @Sendable (TaskView) throws -> TaskChange = { view in
      guard let attempt = view.attempts.last, attempt.token == token, attempt.host != host,
        isAlone || claim >= token
      else {
        throw TaskError.staleAttempt(task: id, token: token)
      }
      var change = TaskChange(.attemptInterrupted)
      change.token = max(claim, view.highestToken)
      if attempt.endedAt == nil {
        var ended = attempt
        ended.endedAt = now
        ended.outcome = .interrupted
        ended.error = "\(attempt.host) fell silent"
        change.fields[Field.attempt(token, "end")] = ended.endFields
      }
      change.fields["purpose"] = .string(attempt.purpose.rawValue)
      change.reason = "\(attempt.host) fell silent; \(host) goes on from what it left"
      change.verb = "taken over"
      change.detail = "from \(attempt.host)"
      return change
    }
    // Someone else has recorded it; any other error is one, and is waited after.
    do { try await tasks.record(id, ending) } catch TaskError.staleAttempt {}
  }

  /// True if an attempt's work did not come here from the machine that did it, which died before that was at the remote.
  func isMissing(_ attempt: Attempt) async throws -> Bool {
    guard attempt.host != tasks.state.host else { return false }
    guard let head = attempt.head.flatMap({ ObjectID(hex: $0) }) else { return true }
    return try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return !repository.contains(head)
    }
  }

  /// Makes the work that another machine has done on a task present here: branch, uncommitted files.
  ///
  /// What this machine has of an earlier attempt is kept under that attempt's reference first.
  func fetchWork(of task: TaskView) async throws {
    guard let shared, let last = task.attempts.last, last.host != tasks.state.host,
      !task.status.isTerminal, let id = RecordID(task.id),
      await shared.fetchedAttempt(of: task.id) != last.token
    else { return }
    let worktree = worktree(of: task)
    let kept = RefLayout.workInProgress(id, token: last.token)
    let tracking = StateSync.tracked(kept, of: shared.options.remote)
    let isKept = try await fetch(kept, as: tracking, from: shared.options.remote)
    let branchTracking = RefLayout.trackedBranch(task.remoteBranch, of: options.remote)
    let isPublished = try await fetch(
      "refs/heads/" + task.remoteBranch, as: branchTracking, from: options.remote)
    try await setAside(task, worktree)
    if task.status == .inReview {
      if isPublished { try await adoptHead(of: task, branchTracking) }
    } else {
      let found = try await code.run { repository throws(GitError) -> (ObjectID?, ObjectID?) in
        try repository.refreshObjects()
        let snapshot = isKept ? try repository.reference(tracking) : nil
        let head = isPublished ? try repository.reference(branchTracking) : nil
        guard let snapshot else { return (nil, head) }
        let commit = try repository.commit(snapshot)
        let isSnapshot = commit.subject.hasPrefix("orch: work")
        let stand = isSnapshot ? commit.parents.first : snapshot
        // What was published after the snapshot holds what the snapshot holds.
        if let head, let stand, head != stand, try repository.contains(stand, inHistoryOf: head) {
          return (nil, head)
        }
        return (isSnapshot ? snapshot : nil, isSnapshot ? commit.parents.first : snapshot)
      }
      try await layOut(found.1, with: found.0, worktree, task)
    }
    await shared.noteFetched(task.id, attempt: last.token)
  }

  /// Takes the branch as it is at the remote for the pull request's head, if the recorded one is nowhere:
  /// its machine died after it had pushed a rebase, and before it could say so.
  private func adoptHead(of task: TaskView, _ tracking: String) async throws {
    guard let request = task.pullRequest, let recorded = ObjectID(hex: request.head),
      let base = task.base
    else { return }
    let baseHead = try await network.run { try await self.fetchBranch(base) }
    let bases = recordedBases(of: task)
    let found = try await code.run { repository throws(GitError) -> (ObjectID, ObjectID)? in
      try repository.refreshObjects()
      guard !repository.contains(recorded), let head = try repository.reference(tracking),
        let onto = try Self.beginning(of: head, on: baseHead, recorded: bases, in: repository)
      else { return nil }
      return (head, onto)
    }
    guard let (head, onto) = found else { return }
    let pair = CommitPair(head: head.hex, base: onto.hex)
    try await note(task, [.rebased(pair, token: nil)]) { _, change in
      change.detail = "found on the branch at \(head.short())"
    }
  }

  /// Makes a worktree on the branch that another machine had, with its uncommitted files.
  private func layOut(
    _ start: ObjectID?, with snapshot: ObjectID?, _ worktree: Worktree, _ task: TaskView
  ) async throws {
    guard let start else { return }
    try await makeWorktree(worktree, of: task, at: start)
    guard let snapshot else { return }
    _ = try await worktree.restore(
      snapshot, message: "orch: before the work of another machine\n", by: signatureNow,
      git: gitRunner)
  }

  /// Fetches one reference if the remote has it.
  private func fetch(
    _ name: String, as tracking: String, from remote: String
  ) async throws -> Bool {
    try await network.run {
      let there = try await git.advertisedReferences(remote: remote, patterns: [name])
      guard there[name] != nil else { return false }
      try await git.fetch(
        remote: remote, refspecs: ["+\(name):\(tracking)"], checkingObjects: true)
      return true
    }
  }

  /// Keeps and removes what this machine has of a task that went on elsewhere.
  func setAside(_ task: TaskView, _ worktree: Worktree) async throws {
    try await keepOwnWork(of: task)
    let head = try await branchHead(worktree)
    let tracking = RefLayout.trackedBranch(task.remoteBranch, of: options.remote)
    if let head, try await !isElsewhere(head, than: publishedCommits(task) + tracked([tracking])) {
      try keepBelow(head, as: ownReference(of: task))
    }
    if WorktreeStore.isSomebodysWork(worktree) {
      // What no attempt of this machine has left there is a person's.
      if !task.attempts.contains(where: { beganHere($0, of: task.id) }) {
        try await keepLeftovers(worktree, since: head?.hex ?? "")
      }
      try await code.run { repository throws(WorktreeError) in
        try WorktreeStore.remove(worktree, in: repository)
      }
    }
    try await deleteBranch(worktree, at: head)
  }

  /// Puts what the worktree holds under the reference of this machine's own last attempt.
  func keepOwnWork(of task: TaskView) async throws {
    let worktree = worktree(of: task)
    guard let own = task.attempts.last(where: { beganHere($0, of: task.id) }),
      let id = RecordID(task.id), WorktreeStore.isSomebodysWork(worktree)
    else { return }
    let snapshot = try await worktree.snapshot(
      message: "orch: work in progress of \(id.short), attempt \(own.number)\n", by: signatureNow,
      git: gitRunner)
    try keep(snapshot.commit, as: RefLayout.workInProgress(id, token: own.token))
  }

  /// Says until when a worker may run, from before it is started.
  ///
  /// Throws if that cannot be written: without it there would be no limit.
  func fence(_ monitor: WorkerMonitor, of task: String) async throws {
    guard let shared else { return monitor.removeWorkDeadline() }
    guard await shared.watch(monitor, of: task) else { throw ClaimError.suspended(task: task) }
  }
}

extension SharedWork {
  /// The attempt whose work was fetched by this process.
  func fetchedAttempt(of task: String) -> Int? { fetched[task] }

  func noteFetched(_ task: String, attempt: Int) { fetched[task] = attempt }
}
