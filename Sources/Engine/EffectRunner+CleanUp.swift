internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Takes worktree and branch away; what is in no pushed commit is kept under a reference first.
  ///
  /// A worktree in which somebody's process lives stays, and its branch with it: `tidyWorktrees` looks again.
  func cleanUp(_ id: String) async throws {
    let task = try await task(id)
    let worktree = worktree(of: task)
    let branchName = "refs/heads/" + worktree.branch
    let isGone = try await retire(worktree, of: task)
    if task.status == .done, let request = task.pullRequest {
      _ = try await push(
        [PushUpdate(nil, to: branchName, expecting: .object(request.head))], for: id)
    }
    if isGone { try await git.run(["update-ref", "-d", branchName], accepting: [1, 128]) }
    let tracking = RefLayout.trackedBranch(worktree.branch, of: options.remote)
    try await git.run(["update-ref", "-d", tracking], accepting: [1, 128])
    if task.pullRequest != nil {
      var item = watched(task)
      item.sharesIssue = try await sharesIssue(task)
      try await place.close(item)
    }
    var change = TaskChange(.cleanedUp)
    change.fields["clean"] = true
    if !isGone { change.detail = "its worktree stays" }
    try await tasks.record(id, change)
  }

  /// Looks after worktrees: those that are half made, those that stayed when their task was over, and those that
  /// wait although none is to wait any more.
  func tidyWorktrees() async {
    let keepsPool = options.pool.size > 0
    try? await code.run { repository throws(WorktreeError) in
      try WorktreeStore.clearHalfMade(in: repository)
      if !keepsPool { try WorktreePool.clear(in: repository) }
    }
    guard let views = try? await tasks.all() else { return }
    for task in views.values where task.status.isTerminal && task.isCleanedUp {
      let worktree = worktree(of: task)
      guard task.worktree != nil, WorktreeStore.isWhole(worktree) else { continue }
      guard (try? await retire(worktree, of: task)) == true else { continue }
      _ = try? await git.run(
        ["update-ref", "-d", "refs/heads/" + worktree.branch], accepting: [1, 128])
    }
  }

  /// Puts a worktree into the pool, or takes it off the disk; false if it has to stay.
  private func retire(_ worktree: Worktree, of task: TaskView) async throws -> Bool {
    guard worktree.livingProcesses.isEmpty else { return false }
    guard let kept = try await keepUnpublished(task, worktree) else { return false }
    let options = options
    return try await code.run { repository throws -> Bool in
      guard try !Self.isReleased(worktree, kept, options, in: repository) else { return true }
      guard worktree.livingProcesses.isEmpty else { return false }
      try WorktreeStore.remove(worktree, in: repository)
      return true
    }
  }

  private static func isReleased(
    _ worktree: Worktree, _ published: [ObjectID], _ options: EngineOptions,
    in repository: borrowing Repository
  ) throws -> Bool {
    guard options.pool.size > 0 else { return false }
    try repository.refreshObjects()
    let refusal = try WorktreePool.release(
      worktree, published: published, limit: options.pool.size,
      minimumFiles: options.pool.minimumFiles, in: repository)
    return refusal == nil
  }

  /// Keeps what would be lost; returns the commits that hold everything, nil if there is something that no
  /// commit can hold.
  private func keepUnpublished(_ task: TaskView, _ worktree: Worktree) async throws -> [ObjectID]? {
    let merged = task.pullRequest?.mergedAs.flatMap { ObjectID(hex: $0) }
    let pushed = task.pullRequest.flatMap { ObjectID(hex: $0.head) }
    let published = [merged, pushed].compactMap { $0 }
    guard WorktreeStore.isWhole(worktree) else { return published }
    let plan = try worktree.removalPlan(published: published)
    let branch = try await unpublishedBranch(worktree, published)
    if plan.losesNothing, branch == nil { return published }
    let isEmptyBranch = plan.dirtyFiles.isEmpty && task.attempts.allSatisfy { $0.commits == 0 }
    if isEmptyBranch, branch == plan.unpublishedHead { return published }
    let text = "orch: work of \(task.id.prefix(6)) that is in no other commit\n"
    let kept = try await worktree.snapshot(message: text, by: signatureNow, git: gitRunner)
    let commit = try await joined(kept.commit, with: branch, text)
    try keep(commit, of: task)
    return plan.unkeepable.isEmpty ? published + [commit] : nil
  }

  /// The branch's head where nobody else has it; it is not the worktree's own in the middle of a rebase.
  private func unpublishedBranch(
    _ worktree: Worktree, _ published: [ObjectID]
  ) async throws -> ObjectID? {
    try await code.run { repository throws -> ObjectID? in
      try repository.refreshObjects()
      guard let head = try repository.reference("refs/heads/" + worktree.branch) else { return nil }
      let isElsewhere = try published.contains { commit in
        guard repository.contains(commit) else { return false }
        return try repository.contains(head, inHistoryOf: commit)
      }
      return isElsewhere ? nil : head
    }
  }

  /// One commit that holds another beside its own files.
  private func joined(
    _ commit: ObjectID, with other: ObjectID?, _ message: String
  ) async throws -> ObjectID {
    guard let other else { return commit }
    let signature = signatureNow
    return try await code.run { repository throws -> ObjectID in
      try repository.refreshObjects()
      if try repository.contains(other, inHistoryOf: commit) { return commit }
      let text = CommitText(
        tree: try repository.commit(commit).tree, parents: [commit, other], author: signature,
        committer: signature, message: message)
      return try InMemoryMerge.commit(text, in: repository)
    }
  }
}
