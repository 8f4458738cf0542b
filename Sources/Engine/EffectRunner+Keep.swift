internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Keeps the worktree as it stands under a reference of the attempt's own; where git would refuse the worker's commits
  /// below it, under one that is pushed nowhere.
  @discardableResult
  func keepSnapshot(
    of task: TaskView, _ worktree: Worktree, why: String
  ) async throws -> ObjectID {
    let last = try RecordID(task.id).flatMap { id in
      try Repository(at: options.repository)
        .reference(RefLayout.workInProgress(id, token: task.highestToken))
    }
    let snapshot = try await worktree.snapshot(
      message: "orch: work in progress of \(task.id.prefix(6)), \(why)\n", by: signatureNow,
      git: gitRunner, unlessLike: last)
    if let id = RecordID(task.id), try await refused(in: snapshot.commit, of: task) != nil {
      try keep(snapshot.commit, as: RefLayout.leftovers(id))
    } else {
      try keep(snapshot.commit, of: task)
    }
    return snapshot.commit
  }

  /// Keeps what stands uncommitted in a worktree that another worker is about to begin in, who may overwrite it.
  func keepBeforeWork(of task: TaskView, _ worktree: Worktree) async throws {
    guard task.attempts.count > 1, WorkerMonitor.isSmall(worktree.path, options.quotaBytes),
      try await !worktree.statusBeside().changedFiles.isEmpty
    else { return }
    try await keepSnapshot(of: task, worktree, why: "before attempt \(task.attempts.count)")
  }

  /// Keeps what a worktree holds that has left its task's branch, before it is made anew.
  ///
  /// Returns the reference that holds it; nil if there is nothing that could be kept.
  func rescue(_ task: TaskView, _ worktree: Worktree) async throws -> String? {
    guard !WorktreeStore.isWhole(worktree), let id = RecordID(task.id) else { return nil }
    if WorktreeStore.isSomebodysWork(worktree) {
      try await keepSnapshot(of: task, worktree, why: "left on another branch")
    } else if let head = try await detachedHead(of: worktree) {
      try keep(head, of: task)
    } else {
      return nil
    }
    return RefLayout.workInProgress(id, token: task.highestToken)
  }

  /// The commit that the entry of a worktree is at which cannot be opened; nil if it is on a branch.
  func detachedHead(of worktree: Worktree) async throws -> ObjectID? {
    try await code.run { repository throws(GitError) -> ObjectID? in
      try repository.refreshObjects()
      let head = WorktreeStore.detachedHead(of: worktree, in: repository)
      return head.flatMap { repository.contains($0) ? $0 : nil }
    }
  }

  /// Puts a commit under the reference for the work in progress of the task's last attempt.
  func keep(_ commit: ObjectID, of task: TaskView) throws {
    guard let id = RecordID(task.id) else { throw TaskError.missing(task.id) }
    try keep(commit, as: RefLayout.workInProgress(id, token: task.highestToken))
  }

  /// Puts a commit under a reference; what the reference held before stays in its history.
  func keep(_ commit: ObjectID, as name: String) throws {
    let repository = try Repository(at: options.repository)
    let old = try repository.reference(name)
    if old == commit { return }
    var kept = commit
    if let old, repository.contains(old), try !repository.contains(old, inHistoryOf: commit) {
      guard let joined = try joined(commit, with: old, in: repository) else { return }
      kept = joined
    }
    try repository.setReference(name, to: kept, expecting: old, log: "orch: checkpoint")
  }

  /// Puts a commit into a reference's history, where it is not yet; what the reference holds stays on top.
  func keepBelow(_ commit: ObjectID, as name: String) throws {
    let repository = try Repository(at: options.repository)
    guard let top = try repository.reference(name), repository.contains(top) else {
      return try keep(commit, as: name)
    }
    if try repository.contains(commit, inHistoryOf: top) { return }
    guard let joined = try joined(top, with: commit, in: repository) else { return }
    try repository.setReference(name, to: joined, expecting: top, log: "orch: checkpoint")
  }

  /// A snapshot that stands for a commit and has an older one in its history; nil if the older one is that already.
  ///
  /// Of a snapshot it is one with the same first parent, so that it is laid out as the snapshot itself would be.
  private func joined(
    _ commit: ObjectID, with old: ObjectID, in repository: borrowing Repository
  ) throws -> ObjectID? {
    let before = try repository.commit(old)
    let new = try repository.commit(commit)
    let isSnapshot = new.subject.hasPrefix("orch: work")
    let parent = isSnapshot ? new.parents.first ?? commit : commit
    let staged = isSnapshot ? try StagedWork.commit(of: new, in: repository) : nil
    if before.tree == new.tree, before.parents.first == parent,
      try staged?.tree == StagedWork.commit(of: before, in: repository)?.tree
    {
      return nil
    }
    let signature = signatureNow
    let text = CommitText(
      tree: new.tree, parents: [parent] + (staged.map { [$0.id] } ?? []) + [old], author: signature,
      committer: signature,
      message: isSnapshot
        ? new.message : "orch: work at \(commit.short()), and what was kept before\n")
    return try InMemoryMerge.commit(text, in: repository)
  }
}
