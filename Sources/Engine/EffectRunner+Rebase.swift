internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Brings a branch onto the base's head, or records in what they conflict.
  func rebase(_ task: TaskView, _ pair: CommitPair) async throws {
    guard let request = task.pullRequest, request.pair == pair, let base = task.base,
      let head = ObjectID(hex: pair.head), let baseHead = ObjectID(hex: pair.base)
    else { return }
    try await fetch(baseHead, of: base)
    let former = try await formerBase(of: task, head, onto: baseHead)
    let first = try await code.run { repository throws in
      try self.verdict(on: head, onto: baseHead, since: former, in: repository)
    }
    let unsigned = try await settled(first, head: head, onto: baseHead, since: former)
    let (verdict, remark) = try await signed(unsigned, onto: baseHead, of: task)
    switch verdict {
    case .clean(let rebased) where rebased.head == baseHead:
      // Every change is in the base already, as after a squash of which the answer was lost.
      try await noteNothingLeft(task, as: baseHead)
    case .clean(let rebased):
      try await moveBranch(task, to: rebased.head, from: head, baseHead: baseHead)
      let branch = task.remoteBranch
      // Someone else's push is respected: the next look sees it.
      let isPushed = try await push(
        rebased.head, to: branch, from: head, baseHead: baseHead, for: task)
      guard isPushed else { return }
      try await copyNotes(rebased.mapping)
      try await note(
        task, [.rebased(CommitPair(head: rebased.head.hex, base: baseHead.hex), token: nil)]
      ) { _, change in
        let left = former.map {
          "'\(base)' has left what it had up to \($0.short()): only the branch's own commits came along"
        }
        let reasons = [left, remark].compactMap { $0 }
        if !reasons.isEmpty { change.reason = reasons.joined(separator: "; ") }
      }
    case .conflict(let report):
      let files = report.files.map(\.path)
      try await note(task, [.conflicted(pair, files: files)]) { _, change in
        change.reason =
          "conflicts with '\(base)' at \(baseHead.short()) in "
          + report.files.map { "\($0.path) (\($0.kind.rawValue))" }.joined(separator: ", ")
      }
    }
  }

  /// Brings a branch onto a commit of its base, whatever was seen of the base last.
  func rebase(_ id: String, onto base: String) async throws {
    let task = try await task(id)
    guard let view = task.pullRequest, task.hasOpenPullRequest else { return }
    if view.targetBase != base {
      try await note(task, [.baseMoved(to: base, onto: view.baseHead)])
    }
    try await rebase(try await self.task(id), CommitPair(head: view.head, base: base))
  }

  private func noteNothingLeft(_ task: TaskView, as base: ObjectID) async throws {
    if place.runsChecks { return try await recordMerge(task, as: base.hex) }
    let text = "the base has all of its changes already: should it be closed?"
    try await note(task, [.escalated(Question(.worker, text))])
  }

  /// Brings a commit of a branch of the remote if it is not here.
  func fetch(_ commit: ObjectID, of branch: String) async throws {
    let isHere = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return repository.contains(commit)
    }
    if !isHere { _ = try await network.run { try await self.fetchBranch(branch) } }
  }

  /// The branch on top of another base; for the same pair it is the same commit, whoever asks and when.
  ///
  /// A branch that a worker has merged the base into keeps that merge; others are rebased. Conflicts that
  /// `known` knows are settled so. `former` is the base that the branch began at, if that was rewritten: then
  /// merges would bring back what the base has left, and the branch's own commits are taken alone.
  func verdict(
    on head: ObjectID, onto baseHead: ObjectID, since former: ObjectID? = nil,
    known: ResolutionStore = ResolutionStore(), in repository: borrowing Repository
  ) throws -> RebaseVerdict {
    let signature = signature(seconds: try repository.commit(baseHead).committer.seconds)
    let common = try former ?? repository.mergeBase(head, baseHead)
    let hasMerges = try repository.commits(from: common, to: head).contains {
      try repository.commit($0).parents.count > 1
    }
    guard hasMerges, former == nil else {
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
  func isUnrecordedRebase(
    _ found: ObjectID, of head: ObjectID, _ task: TaskView, baseHead: ObjectID
  ) async throws -> Bool {
    let recorded = recordedBases(of: task)
    let first = try await code.run {
      repository throws -> (onto: ObjectID, former: ObjectID?, verdict: RebaseVerdict)? in
      guard repository.contains(found), repository.contains(head),
        let onto = try repository.mergeBase(found, baseHead)
      else { return nil }
      let former = try Self.formerBase(recorded, of: head, onto: onto, in: repository)
      return (onto, former, try self.verdict(on: head, onto: onto, since: former, in: repository))
    }
    guard let first,
      case .clean(let again) = try await settled(
        first.verdict, head: head, onto: first.onto, since: first.former)
    else { return false }
    // What was signed has other ids each time.
    return try await code.run { repository throws(WorktreeError) in
      try CommitSignatures.isSame(again.head, found, since: first.onto, in: repository)
    }
  }

  /// Moves the local branch along, and its worktree if there is one.
  ///
  /// A local head that is none of orch's is kept under a reference first.
  func moveBranch(
    _ task: TaskView, to new: ObjectID, from old: ObjectID, baseHead: ObjectID
  ) async throws {
    let worktree = worktree(of: task)
    let name = "refs/heads/" + worktree.branch
    let found = try await code.run { repository throws(GitError) in
      try repository.reference(name)
    }
    guard let found, found != new else { return }
    let isKnown = task.attempts.contains { $0.head == found.hex }
    if found != old, !isKnown, try await !isContained(found, in: new),
      try await !isUnrecordedRebase(found, of: old, task, baseHead: baseHead)
    {
      try keep(found, of: task)
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

  /// Pushes a task's branch by compare-and-swap; false if somebody else's commits are there.
  ///
  /// `old` is the head that the new one was made from: whatever follows it is somebody else's.
  func push(
    _ head: ObjectID, to branch: String, from old: ObjectID?, baseHead: ObjectID,
    for task: TaskView
  ) async throws -> Bool {
    let name = "refs/heads/" + branch
    let usual = old.map { PushExpectation.object($0.hex) } ?? .absent
    let first = PushUpdate(head.hex, to: name, expecting: usual)
    if case .done = try await push(first, of: task.id) { return true }
    let now = try await git.advertisedReferences(remote: options.remote, patterns: [name])[name]
    if now == head.hex { return true }
    if let now, now != old?.hex {
      guard let found = ObjectID(hex: now) else { return false }
      var isOurs = try await isContained(found, in: head)
      if !isOurs, let old {
        isOurs = try await isUnrecordedRebase(found, of: old, task, baseHead: baseHead)
      }
      guard isOurs else { return false }
    }
    let expectation = now.map { PushExpectation.object($0) } ?? .absent
    let update = PushUpdate(head.hex, to: name, expecting: expectation)
    guard case .rejected(let text) = try await push(update, of: task.id) else { return true }
    let after = try await git.advertisedReferences(remote: options.remote, patterns: [name])[name]
    if after != now { return false }
    throw GitCommandError.failed(command: "git push", exitCode: 1, detail: text)
  }

  /// Pushes one branch: together with the claim where machines share the work, else with other branches.
  private func push(_ update: PushUpdate, of task: String) async throws -> PushOutcome {
    if shared != nil {
      return try await push([update], for: task)[update.destination]
        ?? .rejected("it was not named")
    }
    let (git, remote) = (git, options.remote)
    return try await pushes.push(update) { updates in
      do throws(GitCommandError) {
        return .success(try await git.push(remote: remote, updates))
      } catch {
        return .failure(error)
      }
    }
  }

  func isContained(_ old: ObjectID, in head: ObjectID) async throws -> Bool {
    try await code.run { repository throws(GitError) in
      guard repository.contains(old) else { return false }
      return try repository.contains(old, inHistoryOf: head)
    }
  }

  /// Gives new commits the notes of those that they were made from.
  ///
  /// A person's own notes come along as they do with `git rebase`: those that `notes.rewriteRef` names.
  func copyNotes(_ mapping: [ObjectID: ObjectID]) async throws {
    try await copyPeoplesNotes(mapping)
    let signature = signatureNow
    try await noting { repository throws(GitError) in
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

  private func copyPeoplesNotes(_ mapping: [ObjectID: ObjectID]) async throws {
    let pairs = mapping.filter { $0.key != $0.value }.map { "\($0.key) \($0.value)\n" }.sorted()
    let isWanted = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return try !repository.configurationEntries(prefix: "notes.rewriteref").isEmpty
    }
    guard isWanted, !pairs.isEmpty else { return }
    let identity = [
      "-c", "user.name=\(options.identity.name)", "-c", "user.email=\(options.identity.email)",
    ]
    try await git.run(
      identity + ["notes", "copy", "--for-rewrite=rebase", "--stdin"], input: pairs.joined())
  }
}
