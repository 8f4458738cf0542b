public import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension WorktreeStore {
  /// Makes the branch at `start` if it is missing, and its worktree if that is missing or half made.
  ///
  /// The user's checkout, index and branches stay as they are. Throws `WorktreeError`, `.needsGit`
  /// where the git program has to do a part: see the function that takes a runner.
  public static func create(
    _ worktree: Worktree, at start: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) {
    try excludeProtocolFolder(in: repository)
    if isWhole(worktree) { return }
    let head = try head(of: worktree, or: start, in: repository)
    if let reason = try reasonForGit(in: repository) { throw .needsGit(reason: reason) }
    let listing = try translating {
      try TreeListing(
        repository.commit(head).tree, settings: ConversionSettings(repository), in: repository)
    }
    if !listing.filtered.isEmpty {
      throw .needsGit(reason: "files pass through a filter, such as Git LFS")
    }
    guard let unfinished = try prepare(worktree, at: start, in: repository) else { return }
    try unfinished.checkOut(listing)
    try unfinished.finish()
  }

  /// Like `create`, with the git program for what libgit2 cannot do: filters, sparse checkouts, partial clones.
  ///
  /// The repository is used for milliseconds only; the files are written outside its queue, so worktrees
  /// can be made side by side.
  public static func create(
    _ worktree: Worktree, at start: ObjectID, through repository: RepositoryActor, git: GitRunner
  ) async throws(WorktreeError) {
    let prepared = try await repository.run { repository throws(WorktreeError) in
      try prepare(worktree, at: start, in: repository)
    }
    guard let unfinished = prepared else { return }
    if unfinished.reasonForGit != nil {
      try unfinished.copySparsePatterns()
      _ = try await runGit(
        git, ["reset", "--quiet", "--hard", "--no-recurse-submodules"], in: worktree.path,
        operation: "check out '\(worktree.path)'")
    } else {
      let filtered = try await blocking { () throws(WorktreeError) in
        let listing = try unfinished.listing()
        try unfinished.checkOut(listing)
        return listing.filtered.map { Array(listing.index.path(listing.index.entries[$0])) }
      }
      if !filtered.isEmpty {
        _ = try await runGit(
          git, ["checkout-index", "--quiet", "--force", "--index", "--stdin"], in: worktree.path,
          input: filtered.map { QuotedPath.quote($0) + "\n" }.joined(),
          operation: "write files that pass through a filter")
        try await blocking { () throws(WorktreeError) in try unfinished.settle(filtered) }
      }
    }
    try unfinished.finish()
  }

  /// Makes branch, folder and entry under the metadata lock; nil if the worktree is whole.
  private static func prepare(
    _ worktree: Worktree, at start: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> UnfinishedWorktree? {
    let metadata = try metadataLock(of: repository)
    defer { withExtendedLifetime(metadata) {} }
    try excludeProtocolFolder(in: repository)
    if isWhole(worktree) { return nil }
    let head = try head(of: worktree, or: start, in: repository)
    let folder = AdministrativeFolder(named: worktree.name, in: repository.commonDirectory)
    try clearHalfMade(in: repository)
    // What is still marked has a living maker.
    if folder.isHalfMade { throw beingMade(worktree) }
    try refuseForeignUse(worktree, in: repository)
    try clearDebris(worktree, in: repository)
    let reason = try reasonForGit(in: repository)
    _ = try translating { try repository.commit(head) }
    try makeParents(of: worktree.path)
    guard let lock = try folder.begin(for: worktree.path) else { throw beingMade(worktree) }
    try FileText.makeFolder(worktree.path)
    try folder.fill(place: realPath(worktree.path), branch: worktree.branch)
    return UnfinishedWorktree(
      worktree: worktree, folder: folder, head: head, reasonForGit: reason, lock: lock)
  }

  /// The lock that whoever changes the list of worktrees holds for some milliseconds.
  static func metadataLock(of repository: borrowing Repository) throws(WorktreeError) -> FileLock? {
    try FileLock(repository.commonDirectory + "/orch-worktrees.lock", waiting: true)
  }

  static func beingMade(_ worktree: Worktree) -> WorktreeError {
    .refused(path: worktree.path, reason: "another process is making this worktree")
  }

  /// The branch's commit; a branch that is missing is made.
  static func head(
    of worktree: Worktree, or start: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> ObjectID {
    let reference = "refs/heads/" + worktree.branch
    return try translating {
      if let head = try repository.reference(reference) { return head }
      try repository.setReference(reference, to: start, expecting: nil, log: "orch: new task")
      return start
    }
  }

  /// Why the git program has to make the whole checkout; nil if libgit2 can.
  static func reasonForGit(
    in repository: borrowing Repository
  ) throws(WorktreeError) -> String? {
    try translating {
      if try repository.configurationFlag("core.sparsecheckout") == true
        || repository.hasSparseWorktree
      {
        return "the repository has a sparse checkout"
      }
      return try repository.isPartialClone ? "the repository is a partial clone" : nil
    }
  }
}

/// A worktree whose files are being written, and the lock that says that its maker lives.
struct UnfinishedWorktree: Sendable {
  let worktree: Worktree
  let folder: AdministrativeFolder
  let head: ObjectID
  /// Why the git program has to write all files; nil if only those with filters.
  let reasonForGit: String?
  let lock: FileLock

  /// The files of the commit.
  func listing() throws(WorktreeError) -> TreeListing {
    try translating {
      let repository = try Repository(at: folder.commonDirectory)
      return try TreeListing(
        repository.commit(head).tree, settings: ConversionSettings(repository), in: repository)
    }
  }

  /// Writes all files but those that git has to write, and the index.
  func checkOut(_ listing: TreeListing) throws(WorktreeError) {
    try translating {
      let repository = try Repository(at: folder.commonDirectory)
      let isFiltered = Set(listing.filtered)
      var index = listing.index
      let writer = FileWriter(
        root: worktree.path, commonDirectory: folder.commonDirectory,
        writesLinks: try repository.configurationFlag("core.symlinks") ?? true,
        modificationSeconds: Self.settledSeconds, replaces: false)
      try writer.makeFolders(listing.folders)
      try writer.write(index.entries.indices.filter { !isFiltered.contains($0) }, of: &index)
      try index.write(to: folder.indexFile)
    }
  }

  /// Gives files that git has just written a time that is over, so that nobody need read them again.
  func settle(_ paths: [[UInt8]]) throws(WorktreeError) {
    try translating {
      var index = try IndexFile(path: folder.indexFile)
      let seconds = timespec(tv_sec: Self.settledSeconds, tv_nsec: 0)
      for path in paths {
        let name = (Array(worktree.path.utf8) + [0x2F] + path).map { CChar(bitPattern: $0) } + [0]
        var times = [seconds, seconds]
        guard let position = index.position(of: path),
          utimensat(AT_FDCWD, name, &times, AT_SYMLINK_NOFOLLOW) == 0,
          let information = FileInformation(name, in: AT_FDCWD)
        else { continue }
        index.setStat(information.stat, at: position)
      }
      try index.write(to: folder.indexFile)
    }
  }

  /// A sparse checkout's patterns belong to one worktree: the new one begins with the main one's.
  func copySparsePatterns() throws(WorktreeError) {
    try translating {
      try Repository(at: folder.commonDirectory).copySparseConfiguration(to: folder.path)
    }
    guard let text = FileText.read(folder.commonDirectory + "/info/sparse-checkout") else { return }
    try FileText.makeFolder(folder.path + "/info")
    try FileText.replace(folder.path + "/info/sparse-checkout", with: text)
  }

  /// Says that the worktree is whole; the lock is held until then.
  func finish() throws(WorktreeError) {
    try folder.finish()
    withExtendedLifetime(lock) {}
  }

  /// A second that is over: what is written to a file from now on gets a later one.
  private static var settledSeconds: Int { time(nil) - 2 }
}
