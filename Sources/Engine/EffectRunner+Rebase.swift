internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Brings a branch onto the base's new head, or hands the conflict to a worker.
  func rebase(_ id: String, onto: String) async throws {
    let task = try await task(id)
    guard task.status == .inReview, var request = task.pullRequest, let base = task.base,
      let head = ObjectID(hex: request.head)
    else { return }
    let baseHead = try await network.run { try await self.fetchBranch(base) }
    let former = try await formerBase(of: task, head, onto: baseHead)
    let first = try await code.run { repository throws -> RebaseVerdict? in
      try repository.refreshObjects()
      if try repository.contains(head, inHistoryOf: baseHead) { return nil }
      return try self.verdict(on: head, onto: baseHead, since: former, in: repository)
    }
    var verdict = first
    if let first { verdict = try await settled(first, head: head, onto: baseHead, since: former) }
    switch verdict {
    case nil: try await recordMerge(task, as: baseHead, into: base)
    case .clean(let rebased) where rebased.head == baseHead:
      try await recordMerge(task, as: baseHead, into: base)
    case .clean(let rebased):
      try await moveBranch(task, to: rebased.head, from: head, baseHead: baseHead)
      try await push(
        rebased.head, to: worktree(of: task).branch, from: head, baseHead: baseHead, for: id)
      try await copyNotes(rebased.mapping)
      request.head = rebased.head.hex
      request.baseHead = baseHead.hex
      request.status = .open
      var change = TaskChange(.pullRequestRebased)
      change.fields["pr"] = request.json
      change.detail = "onto \(baseHead.short())"
      change.trailers = [.init("Orch-Code", rebased.head.hex)]
      try await tasks.record(id, change)
    case .conflict(let report):
      try await recordConflict(task, request, report, base: base, baseHead: baseHead)
    }
  }

  /// The branch on top of another base; for the same pair it is the same commit, whoever asks and when.
  ///
  /// A branch that a worker has merged the base into keeps that merge; others are rebased.
  /// Conflicts that `known` knows are settled so; `former` is the base that the branch began at, if that
  /// was rewritten.
  func verdict(
    on head: ObjectID, onto baseHead: ObjectID, since former: ObjectID? = nil,
    known: ResolutionStore = ResolutionStore(), in repository: borrowing Repository
  ) throws -> RebaseVerdict {
    let signature = signature(seconds: try repository.commit(baseHead).committer.seconds)
    let common = try former ?? repository.mergeBase(head, baseHead)
    let hasMerges = try repository.commits(from: common, to: head).contains {
      try repository.commit($0).parents.count > 1
    }
    guard hasMerges else {
      return try InMemoryRebase.rebase(
        head: head, onto: baseHead, upstream: former, committer: signature, resolutions: known,
        in: repository)
    }
    let merged = try InMemoryMerge.tree(
      base: head, branch: baseHead, resolutions: known, in: repository)
    switch merged {
    case .failure(let conflict): return .conflict(conflict.report)
    case .success(let tree):
      let text = CommitText(
        tree: tree, parents: [head, baseHead], author: signature, committer: signature,
        message: "Merge the base at \(baseHead.short())\n")
      let merged = try InMemoryMerge.commit(text, in: repository)
      return .clean(RebasedBranch(head: merged, mapping: [head: head]))
    }
  }

  /// True if `found` is what a rebase of `head` made that was cut off before it was recorded.
  private func isUnrecordedRebase(
    _ found: ObjectID, of head: ObjectID, baseHead: ObjectID
  ) async throws -> Bool {
    let first = try await code.run { repository throws -> (ObjectID, RebaseVerdict)? in
      guard repository.contains(found), repository.contains(head),
        let onto = try repository.mergeBase(found, baseHead)
      else { return nil }
      return (onto, try self.verdict(on: head, onto: onto, in: repository))
    }
    guard let first,
      case .clean(let again) = try await settled(first.1, head: head, onto: first.0)
    else { return false }
    return again.head == found
  }

  /// Moves the local branch along, and its worktree if there is one.
  func moveBranch(
    _ task: TaskView, to new: ObjectID, from old: ObjectID, baseHead: ObjectID
  ) async throws {
    let worktree = worktree(of: task)
    let name = "refs/heads/" + worktree.branch
    let found = try await code.run { repository throws(GitError) in
      try repository.reference(name)
    }
    guard let found, found != new else { return }
    if found != old, try await !isUnrecordedRebase(found, of: old, baseHead: baseHead) {
      throw EngineError.branchMoved(branch: worktree.branch)
    }
    if WorktreeStore.isWhole(worktree) {
      return try await worktree.move(to: new, from: found, by: signatureNow, git: gitRunner) {
        try keep($0, of: task)
      }
    }
    try await code.run { repository throws(GitError) in
      try repository.setReference(name, to: new, expecting: found, log: "orch: moved base")
    }
  }

  /// Pushes a task's branch by compare-and-swap; nobody else's commits are overwritten.
  func push(
    _ head: ObjectID, to branch: String, from old: ObjectID?, baseHead: ObjectID,
    for task: String
  ) async throws {
    let name = "refs/heads/" + branch
    let now = try await git.advertisedReferences(remote: options.remote, patterns: [name])[name]
    if now == head.hex { return }
    if let now, now != old?.hex {
      guard let found = ObjectID(hex: now) else { throw EngineError.branchMoved(branch: branch) }
      var isOurs = try await isContained(found, in: head)
      if !isOurs, let old {
        isOurs = try await isUnrecordedRebase(found, of: old, baseHead: baseHead)
      }
      guard isOurs else { throw EngineError.branchMoved(branch: branch) }
    }
    let outcomes = try await push(
      [PushUpdate(head.hex, to: name, expecting: now.map { .object($0) } ?? .absent)], for: task)
    if case .rejected(let text) = outcomes[name] {
      throw GitCommandError.failed(command: "git push", exitCode: 1, detail: text)
    }
  }

  private func isContained(_ old: ObjectID, in head: ObjectID) async throws -> Bool {
    try await code.run { repository throws(GitError) in
      guard repository.contains(old) else { return false }
      return try repository.contains(old, inHistoryOf: head)
    }
  }

  /// Gives new commits the notes of those that they were made from.
  func copyNotes(_ mapping: [ObjectID: ObjectID]) async throws {
    let signature = signatureNow
    try await code.run { repository throws(GitError) in
      var lines: [ObjectID: [String]] = [:]
      for (old, new) in mapping where old != new {
        guard let note = try Notes.read(old, from: RefLayout.notes, in: repository) else {
          continue
        }
        lines[new] = note.split(separator: "\n").map(String.init)
      }
      try Notes.add(
        lines, to: RefLayout.notes, by: signature, message: "orch: provenance kept by a rebase",
        in: repository)
    }
  }

  private func recordConflict(
    _ task: TaskView, _ request: PullRequestView, _ report: ConflictReport, base: String,
    baseHead: ObjectID
  ) async throws {
    var request = request
    request.rebaseTries += 1
    request.status = .conflicted
    request.conflictFiles = report.files.map(\.path)
    let files = report.files.map { "\($0.path) (\($0.kind.rawValue))" }.joined(separator: ", ")
    let isLast = request.rebaseTries > options.limits.maxRebaseTries
    var change = TaskChange(isLast ? .needsReview : .pullRequestConflicted)
    if isLast { request.status = .escalated }
    change.reason =
      isLast
      ? "\(options.limits.maxRebaseTries) workers could not settle the conflict with '\(base)' in "
        + "\(files): which side should win?"
      : "conflicts with '\(base)' at \(baseHead.short()) in \(files)"
    change.fields = [
      "pr": request.json, "purpose": .string(AttemptPurpose.rebase.rawValue),
    ]
    try await tasks.record(task.id, change)
  }
}
