public import Git2

/// Lays a conflict of a rebase out in a worktree, exactly where `git rebase` would have stopped.
///
/// Index stages, markers and the state folder are git's own, so that `git status` shows the conflict
/// and `git rebase --continue`, `--skip` and `--abort` work.
public enum ConflictHandOff {
  /// Stops the worktree's branch at a conflict that `InMemoryRebase` reported for it.
  ///
  /// Throws `WorktreeError.dirty` if the worktree holds uncommitted work, `.unfinished` if it is in the middle of
  /// something, `.needsGit` where a file that differs passes through a filter; where it fails, the worktree is as it was.
  public static func layOut(
    _ report: ConflictReport, in worktree: Worktree, onto: ObjectID
  ) throws(WorktreeError) {
    try translating { () throws -> Void in
      let repository = try Repository(at: worktree.path)
      let present = try WorktreeState(of: repository, storing: false)
      let changed = try present.changedFiles(in: repository)
      if let operation = repository.operation {
        throw WorktreeError.unfinished(path: worktree.path, operation)
      }
      guard changed.isEmpty else {
        throw WorktreeError.dirty(path: worktree.path, files: changed)
      }
      guard let commit = report.commit, let tip = report.tip,
        case .branch(let branch, let head) = try repository.head()
      else {
        throw GitError(
          code: .other(-1), operation: "lay out a conflict in '\(worktree.path)'",
          message: "it is not one of a rebase, or no branch is checked out")
      }
      var objects = MergeObjects()
      let text = try objects.commit(commit, in: repository)
      var merge = try TreeMerge(configuredIn: repository)
      merge.files.style = try style(of: commit, text, in: repository)
      let before = try text.parents.first.map { try objects.header(of: $0, in: repository).tree }
      let merged = try merge.merge(
        ancestor: before, ours: objects.header(of: tip, in: repository).tree, theirs: text.tree,
        &objects, in: repository)
      try objects.write(into: repository)
      try repository.refreshObjects()
      let listing = try TreeListing(
        merged.tree, settings: ConversionSettings(repository), in: repository)
      var update = TreeUpdate(
        from: present, to: listing, removingUntracked: false,
        shown: Set(merged.conflicts.map(\.path)))
      guard update.filtered.isEmpty else {
        throw WorktreeError.needsGit(reason: "files pass through a filter, such as Git LFS")
      }
      try IndexFile.waitForLock(of: repository.gitDirectory + "/index")
      let state = RebaseStateFiles(
        report: report, commit: commit, text: text, branch: branch, head: head, onto: onto,
        mergedTree: merged.tree, conflicts: merged.conflicts.map(\.path))
      try state.write(into: repository.gitDirectory) { id in
        try objects.commit(id, in: repository).subject
      }
      do {
        try update.apply(to: worktree.path, in: repository)
        try update.index.write(to: repository.gitDirectory + "/index")
      } catch {
        try state.remove(from: repository.gitDirectory)
        throw error
      }
      try repository.detachHead(at: tip)
      try repository.recordConflicts(merged.conflicts.map { $0.stages(merge.files.style) })
    }
  }

  /// Labels as git writes them beside markers.
  private static func style(
    of commit: ObjectID, _ text: CommitText, in repository: borrowing Repository
  ) throws -> ConflictStyle {
    let name = "\(commit.short(7)) (\(text.subject))"
    let configured = try repository.configurationText("merge.conflictstyle") ?? "merge"
    return ConflictStyle(
      oursLabel: "HEAD", baseLabel: configured == "merge" ? nil : "parent of \(name)",
      theirsLabel: name)
  }
}

extension MergeConflictEntry {
  /// What the index keeps of the conflict; a file in a folder's way stands beside it.
  func stages(_ style: ConflictStyle) -> ConflictStages {
    let entry = { (version: FileVersion?) in
      version.map { RawTree.Entry(mode: $0.mode, name: path, id: $0.id) }
    }
    var place = path
    if kind == .fileFolder {
      let label = state.ours == nil ? style.theirsLabel : style.oursLabel
      place += Array("~\(label)".utf8).map { $0 == 0x2F ? 0x5F : $0 }
    }
    return ConflictStages(
      path: place, base: entry(state.base), ours: entry(state.ours), theirs: entry(state.theirs))
  }
}
