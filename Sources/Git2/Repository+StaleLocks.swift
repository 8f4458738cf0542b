internal import CPlatform
internal import Folders

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension Repository {
  /// The age at which a lock file is taken for that of a dead process, in seconds.
  ///
  /// git and libgit2 hold the locks of references for milliseconds; a process that is killed leaves its own behind,
  /// and then every writer fails for ever. Only for references that nobody but orch writes. The lock of an index is
  /// held for as long as a hook or an editor of `git commit -a` takes: see `removeIfAbandoned`.
  public static let staleLockSeconds = 5

  /// True for references that nobody but orch, and the worker of a branch, writes.
  static func isOwn(_ reference: String) -> Bool {
    ["refs/orch/", "refs/heads/orch/", "refs/notes/orchestrator"].contains {
      reference.hasPrefix($0)
    }
  }

  /// Waits while a reference is locked, and removes a lock that is older than any live one.
  ///
  /// Returns false if the lock is still held by someone at the end of the bounded wait.
  public func waitForLock(of reference: String) -> Bool {
    let path = "\(commonDirectory)/\(reference).lock"
    let deadline = orch_monotonic_ms() + Int64(Self.staleLockSeconds + 2) * 1000
    while access(path, F_OK) == 0 {
      if Self.removeIfStale(path) { return true }
      if orch_monotonic_ms() > deadline { return false }
      DurableFile.pause(milliseconds: 10)
    }
    return true
  }

  /// Removes stale locks that a killed orch has left on its own references and worktrees.
  public func removeStaleLocks() {
    for folder in ["/refs/orch", "/refs/notes", "/refs/heads/orch"] {
      Self.removeStaleLocks(below: commonDirectory + folder, depth: 0)
    }
    _ = Self.removeIfStale("\(commonDirectory)/refs/orchestrator.lock")
    for name in (try? worktreeNames()) ?? [] where name.hasPrefix("orch-") {
      for file in ["index.lock", "HEAD.lock"] {
        _ = Self.removeIfAbandoned("\(commonDirectory)/worktrees/\(name)/\(file)")
      }
    }
  }

  private static func removeStaleLocks(below folder: String, depth: Int) {
    guard depth < 8 else { return }
    for name in Folder.names(in: folder) {
      let path = "\(folder)/\(name)"
      if name.hasSuffix(".lock") {
        _ = removeIfStale(path)
      } else if Folder.isFolder(path) {
        removeStaleLocks(below: path, depth: depth + 1)
      }
    }
  }

  /// Removes a stale lock beside an index, unless a git program works in that worktree: a slow hook of a commit
  /// may hold it for minutes, and the commit would end with an index that knows nothing of it.
  ///
  /// False if the lock is there and young, or may be somebody's.
  static func removeIfAbandoned(_ path: String) -> Bool {
    guard isStale(path) else { return false }
    if let folder = worktree(ofFile: path), LivingProcesses.includeGit(in: folder) { return false }
    return unlink(path) == 0
  }

  /// The worktree that a file in its git directory belongs to; nil if that cannot be told.
  private static func worktree(ofFile path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    let folder = String(path[..<slash])
    guard let bytes = DurableFile.read(folder + "/gitdir", limit: 1 << 16) else {
      return folder.hasSuffix("/.git") ? String(folder.dropLast(5)) : nil
    }
    let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? ""
    return text.hasSuffix("/.git") ? String(text.dropLast(5)) : nil
  }

  /// Removes a lock file that is older than any live one; false if it is there and young.
  static func removeIfStale(_ path: String) -> Bool {
    (isStale(path) || isSpent(path)) && unlink(path) == 0
  }

  /// True for a lock that has become the file which it was held for, and that nobody takes away.
  ///
  /// libgit2 puts a reference into its place by a second link, and removes the first one: killed in between it leaves
  /// the lock of something that is done.
  private static func isSpent(_ path: String) -> Bool {
    let isLinked = {
      var (lock, file) = (stat(), stat())
      guard stat(path, &lock) == 0, stat(String(path.dropLast(".lock".count)), &file) == 0 else {
        return false
      }
      return lock.st_dev == file.st_dev && lock.st_ino == file.st_ino
    }
    guard isLinked() else { return false }
    // Who lives removes it at once, and would remove the lock of the next one if it were late.
    DurableFile.pause(milliseconds: 1000)
    return isLinked()
  }

  /// True for a file that has not been written for longer than a lock of a reference is held.
  private static func isStale(_ path: String) -> Bool {
    var information = stat()
    var now = timespec()
    guard stat(path, &information) == 0, clock_gettime(CLOCK_REALTIME, &now) == 0 else {
      return false
    }
    #if canImport(Glibc)
      let modified = information.st_mtim.tv_sec
    #else
      let modified = information.st_mtimespec.tv_sec
    #endif
    return abs(now.tv_sec - modified) >= staleLockSeconds
  }
}
