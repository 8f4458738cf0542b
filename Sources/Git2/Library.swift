internal import CGit2

/// The process-wide state of libgit2: started once, before the first repository, and never stopped.
public enum Library {
  /// A level of git's configuration whose search path can be moved, for hermetic tests.
  public enum ConfigurationLevel: Sendable, CaseIterable {
    /// `/etc/gitconfig`.
    case system
    /// `$XDG_CONFIG_HOME/git/config`.
    case xdg
    /// `~/.gitconfig`.
    case global
  }

  /// The library's version, as in "1.5.1".
  public static var version: String {
    var major: Int32 = 0
    var minor: Int32 = 0
    var patch: Int32 = 0
    git_libgit2_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }

  /// Starts libgit2 if this process has not yet.
  ///
  /// Writing is made durable: libgit2's own default leaves objects and references unsynced, and the
  /// references are orch's database.
  static func start() throws(GitError) {
    let status = startedStatus
    try check(status, "start libgit2")
  }

  /// Makes libgit2 look for the configuration of a level below `directory` only.
  public static func setSearchPath(
    _ directory: String, for level: ConfigurationLevel
  ) throws(GitError) {
    try start()
    try check(
      orch_git2_set_search_path(number(of: level), directory), "set a configuration search path")
  }

  /// The most packs that are open at a time; the one that was used least recently is closed for the next.
  private static let maximumOpenPacks = 128

  /// Evaluated once per process; the runtime guards lazy globals, so threads cannot race on it.
  private static let startedStatus: Int32 = {
    let status = git_libgit2_init()
    guard status >= 0 else { return status }
    _ = orch_git2_enable_fsync(1)
    // Moving a reference would look its object up, and search all packs anew for the one that was
    // just written: every reference here is moved to an object that was read or written before.
    _ = orch_git2_set_strict_object_creation(0)
    _ = orch_git2_set_strict_hash_verification(0)
    // libgit2 keeps every pack open that it ever read from, those too that were joined and removed since: a run of
    // hours would use up the descriptors that a process may have.
    _ = orch_git2_set_pack_file_limit(maximumOpenPacks)
    // Trees up to 64 KiB stay in the object cache: the default of 4 KiB inflates a shard's tree anew
    // at each read.
    return min(0, orch_git2_set_cache_object_limit(GIT_OBJECT_TREE, 64 * 1024))
  }()
}
