internal import Agents
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
    let retired = try await retire(worktree, of: task)
    // A person's branch and pull request stay as they are.
    let isOwn = task.watches == nil
    let branchStays = isOwn && task.status == .done ? try await unpublish(task) : nil
    if let retired { try await deleteBranch(worktree, at: retired.head) }
    let tracking = RefLayout.trackedBranch(task.remoteBranch, of: options.remote)
    try await git.run(["update-ref", "-d", tracking], accepting: [1, 128])
    var left: IssueLeave?
    if isOwn, task.pullRequest != nil {
      var item = watched(task)
      item.sharesIssue = try await sharesIssue(task)
      left = try await place.close(item)
    }
    await removePrivateFiles(of: id)
    try await recordCleanUp(of: id, stays: retired == nil, because: branchStays, left: left)
  }

  /// Records that nothing more is done about a task's worktree in this run; `reason` is why something stays that was to go.
  ///
  /// An issue that was closed then asks for the task again if a person opens it later.
  func recordCleanUp(
    of id: String, stays: Bool, because reason: String? = nil, left: IssueLeave? = nil
  ) async throws {
    var change = TaskChange(.cleanedUp)
    change.fields["clean"] = true
    if let left { change.fields[Field.issueLeft] = .string(left.text) }
    change.detail = stays ? "its worktree stays" : nil
    change.reason = reason
    try await tasks.record(id, change)
  }

  /// Removes what the workers of a task that is over had for themselves: homes with their logins, repositories,
  /// temporary files.
  ///
  /// Logs stay, until `orch gc` finds them old.
  private func removePrivateFiles(of id: String) async {
    let run = ShellCommand.quoted("\(folder.path)/run/\(id)")
    _ = try? await ShellCommand.run(
      """
      cd \(run) 2> /dev/null || exit 0
      for place in home-* */git */git.incoming */tmp */hooks-before; do
        [ ! -d "$place" ] || [ -L "$place" ] || { chmod -R u+rwX "$place"; rm -rf "$place"; }
      done
      """, in: "/", environment: ["PATH": options.environment["PATH"] ?? ""], timeoutSeconds: 300)
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
      guard let retired = try? await retire(worktree, of: task) else { continue }
      try? await deleteBranch(worktree, at: retired.head)
    }
  }

  /// A worktree that is gone, or whose place is somebody else's.
  private struct Retired: Sendable {
    /// The branch's head as it was kept; nil if there was no branch.
    let head: ObjectID?
  }

  /// Puts a worktree into the pool, or takes it off the disk; nil if it has to stay.
  ///
  /// It stays, and its branch with it, if somebody moved it or if it cannot be opened any more.
  private func retire(_ worktree: Worktree, of task: TaskView) async throws -> Retired? {
    guard worktree.livingProcesses.isEmpty else { return nil }
    let occupant = await code.run { repository in
      WorktreeStore.occupant(of: worktree, in: repository)
    }
    switch occupant {
    case .broken, .movedTo: return nil
    case .nothing, .own, .foreign: break
    }
    let head = try await branchHead(worktree)
    guard let kept = try await keepUnpublished(task, worktree, head) else { return nil }
    let options = options
    return try await code.run { repository throws -> Retired? in
      let retired = Retired(head: head)
      if occupant == .foreign { return retired }
      guard try !Self.isReleased(worktree, kept, options, in: repository) else { return retired }
      guard worktree.livingProcesses.isEmpty else { return nil }
      try WorktreeStore.remove(worktree, in: repository)
      return retired
    }
  }

  /// Deletes a task's branch where it is still at the commit that was kept.
  func deleteBranch(_ worktree: Worktree, at head: ObjectID?) async throws {
    guard let head else { return }
    try await git.run(
      ["update-ref", "-d", "refs/heads/" + worktree.branch, head.hex], accepting: [1, 128])
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
  private func keepUnpublished(
    _ task: TaskView, _ worktree: Worktree, _ head: ObjectID?
  ) async throws -> [ObjectID]? {
    let published = try await publishedCommits(task)
    let isHeadElsewhere = try await isElsewhere(head, than: published)
    let branch = isHeadElsewhere ? nil : head
    let text = "orch: work of \(task.id.prefix(6)) that is in no other commit\n"
    guard WorktreeStore.isSomebodysWork(worktree) else {
      let detached = try await detachedHead(of: worktree)
      let isDetachedElsewhere = try await isElsewhere(detached, than: published)
      guard let first = branch ?? (isDetachedElsewhere ? nil : detached) else { return published }
      let commit = try await joined(first, with: isDetachedElsewhere ? nil : detached, text)
      try keep(commit, of: task)
      return published + [commit]
    }
    if try await hasSubmoduleWork(worktree) { return nil }
    let plan = try worktree.removalPlan(published: published)
    if plan.losesNothing, branch == nil { return published }
    let kept = try await worktree.snapshot(message: text, by: signatureNow, git: gitRunner)
    let commit = try await joined(kept.commit, with: branch, text)
    try keep(commit, of: task)
    return plan.unkeepable.isEmpty ? published + [commit] : nil
  }

  /// The head of a task's branch in this repository.
  func branchHead(_ worktree: Worktree) async throws -> ObjectID? {
    try await tracked(["refs/heads/" + worktree.branch]).first
  }

  /// The commits of references, as far as they exist.
  func tracked(_ names: [String]) async throws -> [ObjectID] {
    try await code.run { repository throws(GitError) -> [ObjectID] in
      try repository.refreshObjects()
      var found: [ObjectID] = []
      for name in names {
        if let id = try repository.reference(name) { found.append(id) }
      }
      return found
    }
  }

  /// Commits of a task that others have: as it was merged and pushed, its base, and what it reviewed.
  func publishedCommits(_ task: TaskView) async throws -> [ObjectID] {
    let named = [task.pullRequest?.mergedAs, task.pullRequest?.head, task.reviewedHead]
    let base = task.base.map { [RefLayout.trackedBranch($0, of: options.remote)] } ?? []
    return named.compactMap { $0.flatMap { ObjectID(hex: $0) } } + (try await tracked(base))
  }

  /// True if one of the published commits has it in its history; also for nil.
  func isElsewhere(_ commit: ObjectID?, than published: [ObjectID]) async throws -> Bool {
    guard let commit else { return true }
    return try await code.run { repository throws(GitError) -> Bool in
      for other in published where repository.contains(other) {
        if try repository.contains(commit, inHistoryOf: other) { return true }
      }
      return false
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
