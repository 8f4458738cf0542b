internal import CGit2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One open repository: safe, value-returning access to libgit2.
///
/// It is not Sendable and cannot be copied; objects taken from it live inside one method and only
/// values leave. To share one between tasks, use `RepositoryActor`.
public struct Repository: ~Copyable {
  let handle: Handle<RepositoryKind>
  let database: Handle<ObjectDatabaseKind>

  /// The raw repository, for the calls of this module.
  var raw: OpaquePointer { handle.pointer }

  /// Opens the repository that contains `path`, searching upwards as git does.
  ///
  /// Never creates one. Throws `OpenError`, which tells apart what a person can mend.
  public init(at path: String) throws(OpenError) {
    let opened = try Self.openRepository(path)
    try Self.refuseExtensions(of: opened)
    try Self.refuseWorktreeConfiguration(of: opened)
    let database = try Self.openDatabase(opened, path)
    handle = opened
    self.database = database
  }

  /// The folder of this checkout's own git files: `.git`, or `.git/worktrees/NAME`.
  public var gitDirectory: String { withoutSlash(String(cString: git_repository_path(raw))) }

  /// The folder shared by all worktrees: objects, references, configuration.
  public var commonDirectory: String {
    withoutSlash(String(cString: git_repository_commondir(raw)))
  }

  /// The checked-out files' folder; nil in a bare repository.
  public var workDirectory: String? {
    git_repository_workdir(raw).map { withoutSlash(String(cString: $0)) }
  }

  /// True if there are no checked-out files.
  public var isBare: Bool { git_repository_is_bare(raw) == 1 }

  /// True if this is a worktree made by `git worktree add`.
  public var isLinkedWorktree: Bool { git_repository_is_worktree(raw) == 1 }

  /// True if history was cut off when it was cloned.
  public var isShallow: Bool { git_repository_is_shallow(raw) == 1 }

  private func withoutSlash(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}

extension Repository {
  /// Extensions that libgit2 1.5 opens, or may open, without honouring them.
  private static let refusedExtensions: [(name: String, accepted: String)] = [
    ("extensions.objectformat", "sha1"), ("extensions.refstorage", "files"),
  ]

  private static func openRepository(_ path: String) throws(OpenError) -> Handle<RepositoryKind> {
    do {
      try Library.start()
      return try openOnce(path)
    } catch {
      let reason = explain(error, path: path)
      guard case .ownedByAnotherUser = reason, trustsAllOwners else { throw reason }
    }
    // As git does with `safe.directory = *`, which libgit2 1.5 does not know.
    _ = orch_git2_set_owner_validation(0)
    do { return try openOnce(path) } catch { throw explain(error, path: path) }
  }

  private static func openOnce(_ path: String) throws(GitError) -> Handle<RepositoryKind> {
    try Handle<RepositoryKind>("open the repository at '\(path)'") {
      git_repository_open_ext($0, path, 0, nil)
    }
  }

  /// True if the user's own configuration, or the system's, trusts every repository; an empty value takes back
  /// what came before it.
  private static var trustsAllOwners: Bool {
    guard
      let configuration = try? Handle<ConfigurationKind>(
        "read the configuration", { git_config_open_default($0) }),
      let entries = try? ConfigurationFile.entries(of: configuration, prefix: "safe.directory")
    else { return false }
    return entries.reduce(false) { $1.value == "*" || ($0 && !$1.value.isEmpty) }
  }

  private static func openDatabase(
    _ repository: borrowing Handle<RepositoryKind>, _ path: String
  ) throws(OpenError) -> Handle<ObjectDatabaseKind> {
    let raw = repository.pointer
    do {
      let database = try Handle<ObjectDatabaseKind>("open the object database of '\(path)'") {
        git_repository_odb($0, raw)
      }
      let common = git_repository_commondir(raw).map { String(cString: $0) } ?? ""
      try LooseObjects.install(in: database.pointer, folder: common + "objects")
      return database
    } catch {
      throw .failed(error)
    }
  }

  /// Turns the general failure of opening into what a person can mend, by reading the configuration.
  private static func explain(_ error: GitError, path: String) -> OpenError {
    if error.code == .owner || isForeign(path) { return .ownedByAnotherUser(path: path) }
    if error.code == .notFound { return .notARepository(path: path) }
    guard let file = configurationFile(for: path),
      let entries = try? ConfigurationFile.entries(of: file, prefix: "extensions.")
    else { return .failed(error) }
    for entry in entries {
      let accepted = refusedExtensions.first { $0.name == entry.name }?.accepted
      if accepted != nil, entry.value.lowercased() == accepted { continue }
      if entry.name == "extensions.noop" || entry.name == "extensions.partialclone" { continue }
      return .unsupportedExtension(name: entry.name, value: entry.value, path: file)
    }
    return .failed(error)
  }

  /// True if the repository that contains `path` belongs to another user.
  ///
  /// Where no `safe.directory` is configured at all, libgit2 1.5 reports that as "not found".
  private static func isForeign(_ path: String) -> Bool {
    guard let file = configurationFile(for: path), let information = FileInformation(path: file)
    else { return false }
    return information.stat.user != geteuid()
  }

  private static func refuseExtensions(
    of repository: borrowing Handle<RepositoryKind>
  ) throws(OpenError) {
    let raw = repository.pointer
    for (name, accepted) in refusedExtensions {
      guard let value = try? configurationText(name, in: raw), value.lowercased() != accepted else {
        continue
      }
      let directory = String(cString: git_repository_commondir(raw))
      throw .unsupportedExtension(name: name, value: value, path: directory + "config")
    }
  }

  /// Configuration of single worktrees is invisible to libgit2, which opens a repository of the old format
  /// with it nevertheless; only that of a sparse checkout, which this package reads itself, may be there.
  private static func refuseWorktreeConfiguration(
    of repository: borrowing Handle<RepositoryKind>
  ) throws(OpenError) {
    let raw = repository.pointer
    guard let value = try? configurationText("extensions.worktreeconfig", in: raw),
      ["true", "yes", "on", "1"].contains(value.lowercased())
    else { return }
    let known: Set<String> = [
      "core.sparsecheckout", "core.sparsecheckoutcone", "index.sparse", "core.bare",
      "core.worktree", "core.repositoryformatversion",
    ]
    for directory in [git_repository_path(raw), git_repository_commondir(raw)] {
      guard let directory else { continue }
      let path = String(cString: directory) + "config.worktree"
      let entries = (try? ConfigurationFile.entries(of: path, prefix: "")) ?? []
      for entry in entries where !known.contains(entry.name) {
        throw .unsupportedExtension(
          name: "extensions.worktreeconfig", value: entry.name, path: path)
      }
    }
  }

  /// The configuration file of the repository that contains `path`, found without opening it.
  private static func configurationFile(for path: String) -> String? {
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    guard git_repository_discover(&buffer, path, 0, nil) == 0, let found = buffer.ptr else {
      git_error_clear()
      return nil
    }
    var directory = String(cString: found)
    if directory.hasSuffix("/") { directory.removeLast() }
    if let range = directory.range(ofLastComponentPair: "worktrees") {
      directory = String(directory[..<range])
    }
    return directory + "/config"
  }
}

extension String {
  /// Where `/<name>/<last component>` begins, if the text ends like that.
  fileprivate func range(ofLastComponentPair name: String) -> Index? {
    guard let last = lastIndex(of: "/"), self[..<last].hasSuffix("/\(name)") else { return nil }
    return index(last, offsetBy: -(name.count + 1))
  }
}
