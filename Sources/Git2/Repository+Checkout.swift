internal import CGit2

/// What a worktree holds beside its last commit.
public struct WorktreeStatus: Sendable, Hashable {
  /// Files that differ from the last commit, ignored ones not, sorted.
  public let changedFiles: [String]
  /// What it is in the middle of; nil if it is in the middle of nothing.
  public let operation: OngoingOperation?

  /// True in the middle of a merge, rebase, cherry-pick or the like.
  public var isInOperation: Bool { operation != nil }
  /// True if there is nothing but the last commit.
  public var isClean: Bool { changedFiles.isEmpty && !isInOperation }

  /// Both parts.
  public init(changedFiles: [String], operation: OngoingOperation?) {
    self.changedFiles = changedFiles
    self.operation = operation
  }
}

extension Repository {
  /// Adds a worktree at `path` on an existing branch, locked, and checks it out.
  ///
  /// `name` is that of its folder under `.git/worktrees` and has no slash.
  public func addWorktree(
    named name: String, at path: String, branch: String
  ) throws(GitError) {
    let raw = raw
    let reference = try Handle<ReferenceKind>("read branch '\(branch)'") {
      git_reference_lookup($0, raw, "refs/heads/" + branch)
    }
    var options = git_worktree_add_options()
    try check(
      git_worktree_add_options_init(&options, UInt32(GIT_WORKTREE_ADD_OPTIONS_VERSION)),
      "prepare a worktree")
    options.lock = 1
    options.ref = reference.pointer
    options.checkout_options.checkout_strategy = GIT_CHECKOUT_FORCE.rawValue
    _ = try Handle<WorktreeKind>("add the worktree '\(path)'") {
      git_worktree_add($0, raw, name, path, &options)
    }
    reference.end()
  }

  /// The names of the linked worktrees.
  public func worktreeNames() throws(GitError) -> [String] {
    var names = git_strarray()
    try check(git_worktree_list(&names, raw), "list worktrees")
    defer { git_strarray_dispose(&names) }
    return (0..<names.count).compactMap { index in
      names.strings[index].map { String(cString: $0) }
    }
  }

  /// The path of a linked worktree; nil if there is none of that name.
  public func worktreePath(named name: String) throws(GitError) -> String? {
    // libgit2 reports a missing one with its general code: look it up in the list first.
    guard try worktreeNames().contains(name) else { return nil }
    let raw = raw
    guard
      let worktree = try Handle<WorktreeKind>(
        finding: "find the worktree '\(name)'", { git_worktree_lookup($0, raw, name) })
    else { return nil }
    return String(cString: git_worktree_path(worktree.pointer))
  }

  /// Removes a linked worktree, its folder included, whatever it holds: look before.
  public func removeWorktree(named name: String) throws(GitError) {
    guard try worktreeNames().contains(name) else { return }
    let raw = raw
    guard
      let worktree = try Handle<WorktreeKind>(
        finding: "find the worktree '\(name)'", { git_worktree_lookup($0, raw, name) })
    else { return }
    var options = git_worktree_prune_options()
    try check(
      git_worktree_prune_options_init(&options, UInt32(GIT_WORKTREE_PRUNE_OPTIONS_VERSION)),
      "prepare a removal")
    options.flags =
      GIT_WORKTREE_PRUNE_VALID.rawValue | GIT_WORKTREE_PRUNE_LOCKED.rawValue
      | GIT_WORKTREE_PRUNE_WORKING_TREE.rawValue
    try check(git_worktree_prune(worktree.pointer, &options), "remove the worktree '\(name)'")
  }

  /// What this checkout holds beside its last commit; takes no lock and writes nothing.
  public func status() throws(GitError) -> WorktreeStatus {
    var options = git_status_options()
    try check(
      git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION)), "prepare a status")
    options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
    options.flags =
      GIT_STATUS_OPT_INCLUDE_UNTRACKED.rawValue | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS.rawValue
      | GIT_STATUS_OPT_EXCLUDE_SUBMODULES.rawValue
    let raw = raw
    let list = try Handle<StatusKind>("read the status of a worktree") {
      git_status_list_new($0, raw, &options)
    }
    var files: Set<String> = []
    for index in 0..<git_status_list_entrycount(list.pointer) {
      guard let entry = git_status_byindex(list.pointer, index) else { continue }
      let delta = entry.pointee.index_to_workdir ?? entry.pointee.head_to_index
      guard let delta, let path = delta.pointee.new_file.path ?? delta.pointee.old_file.path else {
        continue
      }
      files.insert(String(cString: path))
    }
    return WorktreeStatus(changedFiles: files.sorted(), operation: operation)
  }

  /// Makes this checkout's files and index those of a commit; untracked files stay.
  ///
  /// With `overwriting`, local changes are lost; without, the call fails where it would lose any.
  public func checkOut(_ commit: ObjectID, overwriting: Bool) throws(GitError) {
    let raw = raw
    var oid = commit.oid
    let object = try Handle<CommitKind>("read commit \(commit)") {
      git_commit_lookup($0, raw, &oid)
    }
    var options = git_checkout_options()
    try check(
      git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION)),
      "prepare a checkout")
    options.checkout_strategy =
      overwriting ? GIT_CHECKOUT_FORCE.rawValue : GIT_CHECKOUT_SAFE.rawValue
    try check(git_checkout_tree(raw, object.pointer, &options), "check out \(commit)")
    object.end()
  }
}

enum WorktreeKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_worktree_free(pointer) }
}

enum StatusKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_status_list_free(pointer) }
}
