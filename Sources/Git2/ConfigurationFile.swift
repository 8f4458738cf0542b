internal import CGit2

/// One line of a git configuration, with its full lower-case name.
public struct ConfigurationEntry: Sendable, Hashable {
  /// Section, subsection and key, as in `remote.origin.url`.
  public let name: String
  /// The value as written.
  public let value: String
}

enum ConfigurationFile {
  /// Reads the entries of one file whose names begin with `prefix`, without opening a repository.
  static func entries(of path: String, prefix: String) throws(GitError) -> [ConfigurationEntry] {
    let configuration = try Handle<ConfigurationKind>("read the configuration '\(path)'") {
      git_config_open_ondisk($0, path)
    }
    return try entries(of: configuration, prefix: prefix)
  }

  static func entries(
    of configuration: borrowing Handle<ConfigurationKind>, prefix: String
  ) throws(GitError) -> [ConfigurationEntry] {
    var iterator: OpaquePointer?
    try check(git_config_iterator_new(&iterator, configuration.pointer), "list a configuration")
    defer { git_config_iterator_free(iterator) }
    var result: [ConfigurationEntry] = []
    var entry: UnsafeMutablePointer<git_config_entry>?
    while true {
      let status = git_config_next(&entry, iterator)
      if status == GIT_ITEROVER.rawValue { break }
      try check(status, "list a configuration")
      guard let entry else { break }
      let name = String(cString: entry.pointee.name)
      guard name.hasPrefix(prefix) else { continue }
      let value = entry.pointee.value.map { String(cString: $0) } ?? ""
      result.append(ConfigurationEntry(name: name, value: value))
    }
    git_error_clear()
    return result
  }
}

extension Repository {
  /// The value of a key over all levels; nil if it is not set.
  public func configurationText(_ name: String) throws(GitError) -> String? {
    try Self.configurationText(name, in: raw)
  }

  static func configurationText(
    _ name: String, in raw: OpaquePointer
  ) throws(GitError) -> String? {
    let configuration = try Handle<ConfigurationKind>("read the configuration") {
      git_repository_config_snapshot($0, raw)
    }
    var text: UnsafePointer<CChar>?
    let status = git_config_get_string(&text, configuration.pointer, name)
    guard try checkFound(status, "read '\(name)' from the configuration") else { return nil }
    return text.map { String(cString: $0) }
  }

  /// All entries over all levels whose full name begins with `prefix`.
  public func configurationEntries(prefix: String) throws(GitError) -> [ConfigurationEntry] {
    let raw = raw
    let configuration = try Handle<ConfigurationKind>("read the configuration") {
      git_repository_config_snapshot($0, raw)
    }
    return try ConfigurationFile.entries(of: configuration, prefix: prefix)
  }
}

extension Repository {
  /// The main checkout's own configuration, of a kind that libgit2 does not read.
  private var worktreeConfiguration: [ConfigurationEntry] {
    guard (try? configurationFlag("extensions.worktreeconfig")) == true else { return [] }
    return (try? ConfigurationFile.entries(of: commonDirectory + "/config.worktree", prefix: ""))
      ?? []
  }

  /// True if the main checkout's own configuration makes it sparse.
  public var hasSparseWorktree: Bool {
    worktreeConfiguration.contains {
      $0.name == "core.sparsecheckout" && $0.value.lowercased() == "true"
    }
  }

  /// Gives a linked worktree the main one's own configuration of what is left out, as git does.
  ///
  /// `folder` is the worktree's folder below `.git/worktrees`.
  public func copySparseConfiguration(to folder: String) throws(GitError) {
    let entries = worktreeConfiguration.filter { $0.name.hasPrefix("core.sparsecheckout") }
    if entries.isEmpty { return }
    let configuration = try Handle<ConfigurationKind>("write '\(folder)/config.worktree'") {
      git_config_open_ondisk($0, folder + "/config.worktree")
    }
    for entry in entries {
      try check(
        git_config_set_string(configuration.pointer, entry.name, entry.value),
        "write '\(folder)/config.worktree'")
    }
  }
}
