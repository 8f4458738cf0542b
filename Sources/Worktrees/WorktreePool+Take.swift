public import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension WorktreePool {
  /// Makes a task's worktree out of one that waits; false if there is none that fits.
  ///
  /// Then nothing has happened, and `WorktreeStore.create` makes it from nothing. Files that git ignores are
  /// removed unless `keepingIgnored`: build output is kept for a faster first build, at the price of
  /// whatever else the last task left there. Killed on its way, it leaves a half-made worktree, which the
  /// next call clears.
  public static func take(
    _ worktree: Worktree, at start: ObjectID, keepingIgnored: Bool,
    through repository: RepositoryActor, git: GitRunner
  ) async throws(WorktreeError) -> Bool {
    let claimed = try await repository.run { repository throws(WorktreeError) in
      try begin(worktree, at: start, keepingIgnored, in: repository)
    }
    guard let claimed else { return false }
    let filtered = try await blocking { () throws(WorktreeError) in
      try translating { try claimed.update() }
    }
    guard let filtered else { return false }
    if !filtered.isEmpty {
      _ = try await runGit(
        git, ["checkout-index", "--quiet", "--force", "--index", "--stdin"], in: claimed.path,
        input: filtered, operation: "write files that pass through a filter")
    }
    try await repository.run { repository throws(WorktreeError) in
      try claimed.finish(in: repository)
    }
    return true
  }

  private static func begin(
    _ worktree: Worktree, at start: ObjectID, _ keepsIgnored: Bool,
    in repository: borrowing Repository
  ) throws(WorktreeError) -> ClaimedWorktree? {
    let metadata = try WorktreeStore.metadataLock(of: repository)
    defer { withExtendedLifetime(metadata) {} }
    try WorktreeStore.clearHalfMade(in: repository)
    guard !WorktreeStore.isWhole(worktree), access(worktree.path, F_OK) != 0,
      try WorktreeStore.reasonForGit(in: repository) == nil
    else { return nil }
    let target = AdministrativeFolder(named: worktree.name, in: repository.commonDirectory)
    if target.exists { return nil }
    try WorktreeStore.refuseForeignUse(worktree, in: repository)
    guard let (folder, path, lock) = try claim(for: worktree, in: repository) else { return nil }
    let head = try WorktreeStore.head(of: worktree, or: start, in: repository)
    return ClaimedWorktree(
      worktree: worktree, folder: folder, path: path, target: target, head: head,
      keepsIgnored: keepsIgnored, lock: lock)
  }
}

/// A waiting worktree on its way to another task.
struct ClaimedWorktree: Sendable {
  let worktree: Worktree
  /// Its present administrative folder.
  let folder: AdministrativeFolder
  /// Where it is now.
  let path: String
  /// Its folder of later.
  let target: AdministrativeFolder
  /// The commit that it is to hold.
  let head: ObjectID
  /// True if files that git ignores stay, and with them what is known of their set-up.
  let keepsIgnored: Bool
  let lock: FileLock

  /// What git writes into a worktree's folder and a new task does not need.
  private static let kept: Set<String> = [
    "HEAD", "commondir", "gitdir", "index", "locked",
  ]

  /// Makes the files those of the commit; nil if someone's files are in it: then it is given back.
  func update() throws -> String? {
    let repository = try Repository(at: path)
    let state = try WorktreeState(of: repository, storing: false, findingIgnored: true)
    let present = try repository.reference("HEAD").map { try repository.commit($0).tree }
    guard folder.isWhereItWasFreed, !repository.isInOperation,
      try state.changedPaths(from: present, in: repository).isEmpty
    else {
      try WorktreePool.giveBack(folder)
      return nil
    }
    try FileText.remove(folder.freeFile)
    try FileText.replace(folder.path + "/locked", with: "orch is making this worktree\n")
    if !keepsIgnored { try remove(state.ignored) }
    let target = try TreeListing(
      repository.commit(head).tree, settings: ConversionSettings(repository), in: repository)
    var update = TreeUpdate(from: state, to: target, removingUntracked: true)
    try update.apply(to: path, in: repository)
    try update.index.write(to: folder.indexFile)
    return update.filteredInput
  }

  private func remove(_ ignored: [[UInt8]]) throws(WorktreeError) {
    for file in ignored {
      try removeTree(Array(path.utf8) + [0x2F] + file)
    }
  }

  /// Moves it to its place and name and takes the marks away.
  func finish(in repository: borrowing Repository) throws(WorktreeError) {
    let metadata = try WorktreeStore.metadataLock(of: repository)
    try WorktreeStore.makeParents(of: worktree.path)
    let kept = keepsIgnored ? Self.kept.union([Worktree.setupFile]) : Self.kept
    for name in FileText.names(in: folder.path) where !kept.contains(name) {
      try removeTree(folder.path + "/" + name)
    }
    guard let mark = try target.mark(for: worktree.path) else {
      throw WorktreeStore.beingMade(worktree)
    }
    guard rename(path, worktree.path) == 0 else {
      throw .file(path: worktree.path, operation: "move a worktree to", number: errno)
    }
    guard rename(folder.path, target.path) == 0 else {
      throw .file(path: target.path, operation: "rename a worktree to", number: errno)
    }
    try target.fill(place: realPath(worktree.path), branch: worktree.branch)
    try FileText.remove(folder.makingFile)
    try target.finish()
    withExtendedLifetime(lock) {}
    withExtendedLifetime(mark) {}
    withExtendedLifetime(metadata) {}
  }
}
