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
  /// git and libgit2 hold these locks for milliseconds; a process that is killed leaves its own behind,
  /// and then every writer fails for ever. Only for references that nobody but orch writes.
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
    for name in (try? worktreeNames()) ?? [] where name.hasPrefix("orch-") {
      for file in ["index.lock", "HEAD.lock"] {
        _ = Self.removeIfStale("\(commonDirectory)/worktrees/\(name)/\(file)")
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

  /// Removes a lock file that is older than any live one; false if it is there and young.
  static func removeIfStale(_ path: String) -> Bool {
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
    guard abs(now.tv_sec - modified) >= staleLockSeconds else { return false }
    return unlink(path) == 0
  }
}
