public import Git2

extension Worktree {
  /// Brings the worktree's files back to the state that a snapshot holds, exactly, and returns the state before.
  ///
  /// What is there now becomes a snapshot first, so that nothing is lost: the caller keeps its commit.
  /// Branch and head stay; the index becomes that of the head, or what the snapshot of the same head keeps of one, so that
  /// what the snapshot holds beside the head is uncommitted again. Ignored files stay. Throws `WorktreeError.refused` if there is something that
  /// no commit can hold.
  public func restore(
    _ snapshot: ObjectID, message: String, by signature: Signature, git: GitRunner
  ) async throws(WorktreeError) -> Snapshot {
    let worktree = self
    var state = try await blocking { () throws(WorktreeError) in
      try translating { try WorktreeState(of: Repository(at: worktree.path), storing: true) }
    }
    if let path = state.unkept.first {
      throw .refused(
        path: self.path + "/" + String(decoding: path, as: UTF8.self),
        reason: "no snapshot can hold it")
    }
    try await resolveFilters(of: &state, git)
    let resolved = state
    let before = try await blocking { () throws(WorktreeError) in
      try translating {
        try Self.commit(
          resolved, message: message, by: signature, in: Repository(at: worktree.path))
      }
    }
    let filtered = try await blocking { () throws(WorktreeError) in
      try translating { try worktree.restore(snapshot, from: resolved) }
    }
    try await writeFiltered(filtered, git)
    try await blocking { () throws(WorktreeError) in
      try translating { try worktree.resetIndex(after: snapshot) }
    }
    return before
  }

  /// Makes files and index those of a commit; returns what the git program has to write.
  private func restore(_ snapshot: ObjectID, from state: WorktreeState) throws -> String {
    let repository = try Repository(at: path)
    let target = try TreeListing(
      repository.commit(snapshot).tree, settings: ConversionSettings(repository), in: repository)
    var update = TreeUpdate(from: state, to: target, removingUntracked: true)
    try IndexFile.waitForLock(of: repository.gitDirectory + "/index")
    try update.apply(to: path, in: repository)
    try update.index.write(to: repository.gitDirectory + "/index")
    return update.filteredInput
  }

  /// Makes the index that of the head or of the snapshot, keeping the stat data of files that are as it has them.
  private func resetIndex(after snapshot: ObjectID) throws {
    let repository = try Repository(at: path)
    let present = try IndexFile(path: repository.gitDirectory + "/index")
    guard let head = try repository.reference("HEAD") else {
      return try IndexFile().write(to: repository.gitDirectory + "/index")
    }
    let kept = try repository.commit(snapshot)
    let staged =
      kept.parents.first == head ? try StagedWork.commit(of: kept, in: repository)?.tree : nil
    var index = try TreeListing(
      staged ?? repository.commit(head).tree, settings: ConversionSettings(repository),
      in: repository
    ).index
    let skipped = present.skippedPaths
    for position in index.entries.indices {
      let entry = index.entries[position]
      if !skipped.isEmpty, skipped.contains(Array(index.path(entry))) { index.skip(at: position) }
      guard let old = present.position(of: Array(index.path(entry))).map({ present.entries[$0] }),
        old.id == entry.id, old.mode == entry.mode
      else { continue }
      index.setStat(old.stat, at: position)
    }
    try index.write(to: repository.gitDirectory + "/index")
  }
}
