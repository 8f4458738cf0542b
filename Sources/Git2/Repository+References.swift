internal import CGit2

/// What HEAD is on.
public enum Head: Sendable, Hashable {
  /// A branch with commits; the name is the full one.
  case branch(name: String, id: ObjectID)
  /// A branch without commits.
  case unborn(name: String)
  /// A commit without a branch.
  case detached(ObjectID)
}

/// What a reference holds.
public enum ReferenceTarget: Sendable, Hashable {
  /// An object.
  case object(ObjectID)
  /// Another reference.
  case symbolic(String)
}

extension Repository {
  /// What HEAD of this checkout is on.
  public func head() throws(GitError) -> Head {
    switch try target(of: "HEAD") {
    case .object(let id): return .detached(id)
    case .symbolic(let name):
      guard let id = try reference(name) else { return .unborn(name: name) }
      return .branch(name: name, id: id)
    case nil:
      throw GitError(code: .notFound, operation: "read HEAD", message: "the repository has none")
    }
  }

  /// What a reference holds itself; nil if it does not exist.
  public func target(of name: String) throws(GitError) -> ReferenceTarget? {
    let raw = raw
    guard
      let reference = try Handle<ReferenceKind>(
        finding: "read reference '\(name)'", { git_reference_lookup($0, raw, name) })
    else { return nil }
    if let symbolic = git_reference_symbolic_target(reference.pointer) {
      return .symbolic(String(cString: symbolic))
    }
    return git_reference_target(reference.pointer).map { .object(ObjectID($0.pointee)) }
  }

  /// The default branch that a remote had when git last noted it; nil if it never did.
  ///
  /// `git clone` and `git remote set-head` write it: git-remote(1).
  public func notedDefaultBranch(of remote: String) throws(GitError) -> String? {
    let folder = "refs/remotes/\(remote)/"
    guard case .symbolic(let name)? = try target(of: folder + "HEAD"), name.hasPrefix(folder)
    else { return nil }
    return String(name.dropFirst(folder.count))
  }

  /// The object that a reference leads to, through symbolic ones; nil if it does not exist.
  public func reference(_ name: String) throws(GitError) -> ObjectID? {
    var oid = git_oid()
    let status = git_reference_name_to_id(&oid, raw, name)
    return try checkFound(status, "read reference '\(name)'") ? ObjectID(oid) : nil
  }

  /// Moves a reference by compare-and-swap; `expected` nil means that it must not exist yet.
  ///
  /// Throws `GitError` with code `.modified`, `.locked`, `.exists` or `.notFound` if another writer
  /// was there first: read again and decide again.
  public func setReference(
    _ name: String, to id: ObjectID, expecting expected: ObjectID?, log message: String,
    by signature: Signature? = nil
  ) throws(GitError) {
    let raw = raw
    var oid = id.oid
    if Self.isOwn(name) { _ = waitForLock(of: name) }
    if let expected {
      var old = expected.oid
      _ = try Handle<ReferenceKind>("move reference '\(name)'") {
        git_reference_create_matching($0, raw, name, &oid, 1, &old, message)
      }
    } else {
      _ = try Handle<ReferenceKind>("create reference '\(name)'") {
        git_reference_create($0, raw, name, &oid, 0, message)
      }
    }
  }

  /// Removes a reference that holds an object; one that is gone stays gone.
  ///
  /// Throws `GitError` with code `.modified` if it holds another one.
  public func removeReference(_ name: String, expecting expected: ObjectID) throws(GitError) {
    let raw = raw
    guard
      let reference = try Handle<ReferenceKind>(
        finding: "remove reference '\(name)'", { git_reference_lookup($0, raw, name) })
    else { return }
    guard git_reference_target(reference.pointer).map({ ObjectID($0.pointee) }) == expected else {
      throw GitError(
        code: .modified, operation: "remove reference '\(name)'", message: "it has moved")
    }
    try check(git_reference_delete(reference.pointer), "remove reference '\(name)'")
  }

  /// Makes `name` lead to the reference `target`; throws if it exists as something else.
  public func setSymbolicReference(
    _ name: String, to target: String, replacing: Bool = false
  ) throws(GitError) {
    let raw = raw
    _ = try Handle<ReferenceKind>("create reference '\(name)'") {
      git_reference_symbolic_create($0, raw, name, target, replacing ? 1 : 0, "orch: alias")
    }
  }

  /// The names and objects of references below a prefix, symbolic ones followed.
  public func references(prefix: String) throws(GitError) -> [String: ObjectID] {
    var names: OpaquePointer?
    try check(
      git_reference_iterator_glob_new(&names, raw, prefix + "*"), "list references '\(prefix)*'")
    defer { git_reference_iterator_free(names) }
    var result: [String: ObjectID] = [:]
    var name: UnsafePointer<CChar>?
    while true {
      let status = git_reference_next_name(&name, names)
      if status == GIT_ITEROVER.rawValue { break }
      try check(status, "list references '\(prefix)*'")
      guard let name else { break }
      let text = String(cString: name)
      if let id = try reference(text) { result[text] = id }
    }
    git_error_clear()
    return result
  }

  /// Makes git and libgit2 keep a log of a reference outside the usual folders.
  public func ensureReferenceLog(_ name: String) throws(GitError) {
    if git_reference_has_log(raw, name) == 1 { return }
    try check(git_reference_ensure_log(raw, name), "create the log of reference '\(name)'")
  }

  /// True if a name may be used for a reference.
  public static func isValidReferenceName(_ name: String) -> Bool {
    var valid: Int32 = 0
    return git_reference_name_is_valid(&valid, name) == 0 && valid == 1
  }
}
