internal import Git2
internal import GitCLI
internal import Worktrees

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Repositories inside a worktree.
///
/// To know whether one has changed, git runs itself in it, by the settings that stand there: filters and watchers are
/// programs. A worker can put a repository of its own into its worktree, a submodule's place included; of those that
/// git itself has filled, the settings lie in the worktree's entry, which a walled worker cannot reach.
extension EffectRunner {
  /// True if submodules were filled in a worktree, and hold anything that is not at their remotes.
  ///
  /// Their repositories lie in the worktree's entry and would go with it. Also true, and nothing is run, where a
  /// repository stands that git did not put there.
  func hasSubmoduleWork(_ worktree: Worktree) async throws -> Bool {
    if try await holdsStrangeRepository(worktree) { return true }
    guard try await Self.exists(entry(of: worktree) + "/modules") else { return false }
    let careful = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    let look = """
      echo visited
      git status --porcelain --untracked-files=all
      git rev-list -n 1 HEAD --all --not --remotes --tags
      """
    let found = try await git.at(worktree.path).run(
      careful + ["submodule", "--quiet", "foreach", "--recursive", look], accepting: [1, 128])
    let lines = found.text.split(separator: "\n")
    return found.exitCode != 0 || lines.isEmpty || lines.contains { $0 != "visited" }
  }

  /// True if the place of a submodule, or of a submodule's, holds a repository that git did not put there.
  ///
  /// Then no command of git may be run that looks into submodules: `add`, `diff`, `status`, `commit`.
  func holdsStrangeRepository(_ worktree: Worktree) async throws -> Bool {
    let entry = try await entry(of: worktree)
    return try await holdsStrangeRepository(
      worktree.path, index: entry + "/index", modules: entry + "/modules")
  }

  private func entry(of worktree: Worktree) async throws -> String {
    try await git.at(worktree.path).run(["rev-parse", "--absolute-git-dir"]).text
      .split(separator: "\n").joined()
  }

  private func holdsStrangeRepository(
    _ folder: String, index: String, modules: String
  ) async throws -> Bool {
    guard Self.exists(index) else { return false }
    let file = try IndexFile(path: index)
    for entry in file.entries where entry.mode == RawTree.submoduleMode {
      guard let path = String(validating: file.path(entry), as: UTF8.self) else { return true }
      switch Self.occupant(of: path, in: folder) {
      case .nothing: continue
      case .strange: return true
      case .linked(let repository):
        let place = "\(folder)/\(path)"
        guard let real = Self.realPath(repository), let top = Self.realPath(modules),
          real.hasPrefix(top + "/"), try await isWorktree(of: real, place)
        else { return true }
        let isStrange = try await holdsStrangeRepository(
          place, index: real + "/index", modules: real + "/modules")
        if isStrange { return true }
      }
    }
    return false
  }

  /// True if a submodule's repository names a folder as its own.
  private func isWorktree(of repository: String, _ folder: String) async throws -> Bool {
    let named = try await git.run(
      ["config", "--file", repository + "/config", "--get", "core.worktree"], accepting: [1]
    ).text.split(separator: "\n").joined()
    if named.isEmpty { return false }
    let place = named.hasPrefix("/") ? named : "\(repository)/\(named)"
    return Self.realPath(place).map { $0 == Self.realPath(folder) } ?? false
  }

  /// What is in the place of a submodule.
  private enum SubmoduleOccupant {
    /// It was not filled.
    case nothing
    /// A file `.git` that names a folder.
    case linked(String)
    /// Anything else, or a link on the way.
    case strange
  }

  private static func occupant(of path: String, in folder: String) -> SubmoduleOccupant {
    var place = folder
    for part in path.split(separator: "/") {
      place += "/" + part
      switch kind(of: place) {
      case S_IFDIR: continue
      case S_IFLNK: return .strange
      default: return .nothing
      }
    }
    switch kind(of: place + "/.git") {
    case nil: return .nothing
    case S_IFREG: break
    default: return .strange
    }
    guard let text = ProtocolFolder(path: place).read(".git"), text.hasPrefix("gitdir: "),
      text.hasSuffix("\n")
    else { return .strange }
    let named = String(text.dropFirst(8).dropLast())
    return .linked(named.hasPrefix("/") ? named : "\(place)/\(named)")
  }

  /// The type of what is at a path, no link followed; nil if nothing is.
  private static func kind(of path: String) -> mode_t? {
    var information = stat()
    return lstat(path, &information) == 0 ? information.st_mode & S_IFMT : nil
  }

  private static func realPath(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
