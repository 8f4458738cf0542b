internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
public import Workflow
internal import Worktrees

/// What came of bringing an open branch onto its base.
public struct RebaseOutcome: Sendable, Hashable {
  /// How it ended.
  public enum Result: Sendable, Hashable {
    /// It is on top of this commit of the base now.
    case rebased(onto: String)
    /// It was on top already.
    case current
    /// It does not fit: these files need a decision, which a worker is asked for.
    case conflict(files: [String])
    /// All of its changes are in the base already.
    case contained
    /// It was left as it was; the reason is for a person.
    case skipped(String)
  }

  /// The task.
  public var task: String
  /// Its title.
  public var title: String
  /// How it ended.
  public var result: Result
  /// What a person is to know besides, such as that commits have no signature; nil if there is nothing.
  public var remark: String?
}

extension EffectRunner {
  /// Brings the branches of open pull requests onto their bases: one batch in memory, one pack, one push.
  ///
  /// A branch that does not fit, or that a merge is part of, goes the way that it goes in `orch run`. One that
  /// somebody else moved meanwhile, here or at the remote, stays as it is.
  func rebaseAll(_ wanted: [TaskView]) async throws -> [RebaseOutcome] {
    var outcomes: [RebaseOutcome] = []
    let open = wanted.filter { $0.status == .inReview && $0.pullRequest != nil && $0.base != nil }
    for task in wanted where !open.contains(where: { $0.id == task.id }) {
      outcomes.append(task.outcome(.skipped("it has no pull request that waits for a merge")))
    }
    for (base, tasks) in Dictionary(grouping: open, by: { $0.base ?? "" })
      .sorted(by: { $0.key < $1.key })
    {
      outcomes += try await rebase(tasks.sorted { $0.id < $1.id }, ontoHeadOf: base)
    }
    return outcomes
  }

  /// A branch with its verdict.
  private struct Candidate: Sendable {
    let task: TaskView
    let head: ObjectID
    var verdict: RebaseVerdict
    /// What a person is to know of its commits.
    var remark: String?
  }

  private func rebase(
    _ tasks: [TaskView], ontoHeadOf base: String
  ) async throws -> [RebaseOutcome] {
    let baseHead = try await network.run { try await self.fetchBranch(base) }
    let (candidates, settled) = try await verdicts(tasks, onto: baseHead)
    var outcomes = settled
    var moves: [Candidate] = []
    let rule = try await signingRule()
    for var candidate in candidates {
      (candidate.verdict, candidate.remark) = try await signed(
        candidate.verdict, onto: baseHead, of: candidate.task, by: rule)
      switch candidate.verdict {
      case .clean(let rebased) where rebased.head != baseHead:
        if let reason = try await obstacle(candidate, to: rebased.head, baseHead) {
          outcomes.append(candidate.task.outcome(.skipped(reason)))
        } else {
          moves.append(candidate)
        }
      case .clean:
        try await rebase(candidate.task.id, onto: baseHead.hex)
        outcomes.append(candidate.task.outcome(.contained))
      case .conflict(let report):
        try await rebase(candidate.task.id, onto: baseHead.hex)
        let after = try await task(candidate.task.id)
        let isSettled = after.pullRequest.map { $0.head != candidate.head.hex } ?? false
        outcomes.append(
          after.outcome(
            isSettled ? .rebased(onto: baseHead.hex) : .conflict(files: report.files.map(\.path))))
      }
    }
    return outcomes + (try await publish(moves, onto: baseHead))
  }

  /// The verdicts of all branches that are behind, with their new commits in one pack.
  private func verdicts(
    _ tasks: [TaskView], onto baseHead: ObjectID
  ) async throws -> ([Candidate], [RebaseOutcome]) {
    var former: [String: ObjectID] = [:]
    for task in tasks {
      let head = task.pullRequest.flatMap { ObjectID(hex: $0.head) }
      former[task.id] = try? await formerBase(of: task, head, onto: baseHead)
    }
    let heads = tasks.compactMap { $0.pullRequest.flatMap { ObjectID(hex: $0.head) } }
    let present = await code.run { repository in heads.filter { repository.contains($0) } }
    try await bringMissing(present, onto: baseHead)
    let starts = former
    return try await code.run { repository throws -> ([Candidate], [RebaseOutcome]) in
      var outcomes: [RebaseOutcome] = []
      var candidates: [Candidate] = []
      var behind: [(TaskView, ObjectID)] = []
      for task in tasks {
        guard let head = task.pullRequest.flatMap({ ObjectID(hex: $0.head) }),
          repository.contains(head)
        else {
          outcomes.append(task.outcome(.skipped("its commits are not on this machine")))
          continue
        }
        do {
          if starts[task.id] == nil, try repository.contains(baseHead, inHistoryOf: head) {
            outcomes.append(task.outcome(.current))
          } else if try starts[task.id] != nil || self.hasMerges(head, baseHead, in: repository) {
            let verdict = try self.verdict(
              on: head, onto: baseHead, since: starts[task.id], in: repository)
            candidates.append(Candidate(task: task, head: head, verdict: verdict))
          } else {
            behind.append((task, head))
          }
        } catch {
          outcomes.append(task.outcome(.skipped(FailureText.sentence(error))))
        }
      }
      let committer = self.signature(
        seconds: try repository.commit(baseHead).committer.seconds)
      let verdicts = try InMemoryRebase.rebaseEach(
        heads: behind.map(\.1), onto: baseHead, committer: committer, in: repository)
      for ((task, head), verdict) in zip(behind, verdicts) {
        switch verdict {
        case .success(let verdict):
          candidates.append(Candidate(task: task, head: head, verdict: verdict))
        case .failure(let error):
          outcomes.append(task.outcome(.skipped(Explain.worktree(error))))
        }
      }
      return (candidates, outcomes)
    }
  }

  private func hasMerges(
    _ head: ObjectID, _ baseHead: ObjectID, in repository: borrowing Repository
  ) throws -> Bool {
    let common = try repository.mergeBase(head, baseHead)
    return try repository.commits(from: common, to: head).contains {
      try repository.commit($0).parents.count > 1
    }
  }

  /// Moves the local branch and its worktree along; the reason if that must not be.
  private func obstacle(
    _ candidate: Candidate, to head: ObjectID, _ baseHead: ObjectID
  ) async throws -> String? {
    do {
      try await moveBranch(candidate.task, to: head, from: candidate.head, baseHead: baseHead)
      return nil
    } catch let error as WorktreeError {
      return Explain.worktree(error)
    } catch EngineError.branchMoved(let branch) {
      return "somebody else has moved '\(branch)'"
    }
  }

  /// Pushes all branches at once and records what arrived.
  private func publish(
    _ moves: [Candidate], onto baseHead: ObjectID
  ) async throws -> [RebaseOutcome] {
    var updates: [PushUpdate] = []
    var mapping: [ObjectID: ObjectID] = [:]
    for move in moves {
      guard case .clean(let rebased) = move.verdict else { continue }
      let name = "refs/heads/" + move.task.remoteBranch
      updates.append(
        PushUpdate(rebased.head.hex, to: name, expecting: .object(move.head.hex)))
    }
    if updates.isEmpty { return [] }
    let pushed = try await git.push(remote: options.remote, updates)
    var arrived: [Candidate] = []
    var outcomes: [RebaseOutcome] = []
    for (move, update) in zip(moves, updates) {
      if case .rejected(let why) = pushed[update.destination] {
        outcomes.append(move.task.outcome(.skipped("the remote refused: \(why)")))
      } else if case .clean(let rebased) = move.verdict {
        arrived.append(move)
        mapping.merge(rebased.mapping) { $1 }
      }
    }
    try await copyNotes(mapping)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for move in arrived {
        group.addTask { try await self.recordRebase(move, onto: baseHead) }
      }
      try await group.waitForAll()
    }
    return outcomes
      + arrived.map { move in
        var outcome = move.task.outcome(.rebased(onto: baseHead.hex))
        outcome.remark = move.remark
        return outcome
      }
  }

  private func recordRebase(_ move: Candidate, onto baseHead: ObjectID) async throws {
    guard case .clean(let rebased) = move.verdict else { return }
    let view = move.task.pullRequest
    var events: [PullRequestEvent] = []
    if let view, view.targetBase != baseHead.hex {
      events.append(.baseMoved(to: baseHead.hex, onto: view.baseHead))
    }
    let pair = CommitPair(head: rebased.head.hex, base: baseHead.hex)
    try await note(move.task, events + [.rebased(pair, token: nil)]) { _, change in
      if let remark = move.remark { change.reason = remark }
    }
  }
}

extension TaskView {
  fileprivate func outcome(_ result: RebaseOutcome.Result) -> RebaseOutcome {
    RebaseOutcome(task: id, title: title, result: result)
  }
}

extension Orchestrator {
  /// Brings the branches of these tasks' pull requests onto their bases.
  public func rebase(_ tasks: [TaskView]) async throws -> [RebaseOutcome] {
    try await runner.rebaseAll(tasks)
  }
}
