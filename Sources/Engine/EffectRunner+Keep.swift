internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// The reference under which this machine keeps work of a task: that of its own last attempt, or one that is pushed
  /// nowhere if it has begun none.
  ///
  /// Each checkpoint has one writer: two machines would put their own over each other's in turn.
  func ownReference(of task: TaskView) throws -> String {
    guard let id = RecordID(task.id) else { throw TaskError.missing(task.id) }
    guard let own = task.attempts.last(where: { beganHere($0, of: task.id) }) else {
      return RefLayout.leftovers(id)
    }
    return RefLayout.workInProgress(id, token: own.token)
  }

  /// True for an attempt of this machine, whatever its name was then.
  ///
  /// The run directory in a copy of a clone is another machine's: the bell that it names is there.
  func beganHere(_ attempt: Attempt, of task: String) -> Bool {
    if attempt.host == tasks.state.host { return true }
    let run = WorkerMonitor(directory: folder.runDirectory(task: task, token: attempt.token))
    return run.launch?.bell == bellPath
  }

  /// Keeps the worktree as it stands under this machine's reference of the task; where git would refuse the worker's
  /// commits below it, under one that is pushed nowhere.
  @discardableResult
  func keepSnapshot(
    of task: TaskView, _ worktree: Worktree, why: String
  ) async throws -> ObjectID {
    let name = try ownReference(of: task)
    let last = try Repository(at: options.repository).reference(name)
    let snapshot = try await worktree.snapshot(
      message: "orch: work in progress of \(task.id.prefix(6)), \(why)\n", by: signatureNow,
      git: gitRunner, unlessLike: last)
    if let id = RecordID(task.id), try await refused(in: snapshot.commit, of: task) != nil {
      try keep(snapshot.commit, as: RefLayout.leftovers(id))
    } else {
      try keep(snapshot.commit, as: name)
    }
    return snapshot.commit
  }

  /// Brings a checkpoint that others may have of an attempt up to its last commit: that is what they go on with if this
  /// machine dies before it has published it.
  func keepFinished(_ head: ObjectID, of task: TaskView) async throws {
    guard shared != nil, try await !tracked([try ownReference(of: task)]).isEmpty else { return }
    try keep(head, of: task)
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
    guard !WorktreeStore.isWhole(worktree) else { return nil }
    if WorktreeStore.isSomebodysWork(worktree) {
      try await keepSnapshot(of: task, worktree, why: "left on another branch")
    } else if let head = try await detachedHead(of: worktree) {
      try keep(head, of: task)
    } else {
      return nil
    }
    return try ownReference(of: task)
  }

  /// The commit that the entry of a worktree is at which cannot be opened; nil if it is on a branch.
  func detachedHead(of worktree: Worktree) async throws -> ObjectID? {
    try await code.run { repository throws(GitError) -> ObjectID? in
      try repository.refreshObjects()
      let head = WorktreeStore.detachedHead(of: worktree, in: repository)
      return head.flatMap { repository.contains($0) ? $0 : nil }
    }
  }

  /// Puts a commit under this machine's reference of a task.
  func keep(_ commit: ObjectID, of task: TaskView) throws {
    try keep(commit, as: ownReference(of: task))
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
    // What others have of the reference must be in the history of what replaces it.
    guard let joined = try joined(top, with: commit, and: [top], in: repository) else { return }
    try repository.setReference(name, to: joined, expecting: top, log: "orch: checkpoint")
  }

  /// A snapshot that stands for a commit and has an older one, and others, in its history; nil if the older one is that
  /// already.
  ///
  /// Of a snapshot it is one with the same first parent, so that it is laid out as the snapshot itself would be.
  private func joined(
    _ commit: ObjectID, with old: ObjectID, and others: [ObjectID] = [],
    in repository: borrowing Repository
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
      tree: new.tree, parents: [parent] + (staged.map { [$0.id] } ?? []) + [old] + others,
      author: signature, committer: signature,
      message: isSnapshot
        ? new.message : "orch: work at \(commit.short()), and what was kept before\n")
    return try InMemoryMerge.commit(text, in: repository)
  }
}
