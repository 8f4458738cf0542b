internal import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The folder of a repository's worktrees below the root of all worktrees.
public enum ProjectFolder {
  /// The repository's name; with a few digits behind it if worktrees of another repository are there already.
  ///
  /// `repository` is the path of its checkout, `commonDirectory` its git folder.
  public static func name(
    of repository: String, _ commonDirectory: String, below root: String
  ) -> String {
    let last = repository.split(separator: "/").last.map(String.init) ?? "repository"
    let name = last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    let place = root + "/" + name
    let isAnothers = FileText.names(in: place).contains {
      isOfAnother(place + "/" + $0, commonDirectory)
    }
    guard isAnothers,
      let id = try? Repository.id(of: Array(realPath(commonDirectory).utf8), .blob)
    else { return name }
    return name + "-" + id.short(8)
  }

  /// True for a worktree of a repository other than the one with this git folder.
  public static func isOfAnother(_ worktree: String, _ commonDirectory: String) -> Bool {
    guard let text = FileText.read(worktree + "/.git"), text.hasPrefix("gitdir: "),
      text.hasSuffix("\n")
    else { return false }
    let parts = text.dropFirst(8).dropLast().split(
      separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 2, parts[parts.count - 2] == "worktrees" else { return false }
    let other = parts.dropLast(2).joined(separator: "/")
    return access(other, F_OK) == 0 && realPath(other) != realPath(commonDirectory)
  }
}
