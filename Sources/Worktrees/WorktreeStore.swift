public import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A worktree that orch made for a task.
public struct Worktree: Sendable, Hashable {
  /// Its folder.
  public let path: String
  /// The name of its folder under `.git/worktrees`.
  public let name: String
  /// Its branch, without `refs/heads/`.
  public let branch: String
  /// The folder of the repository that it belongs to; nil if that is not known.
  public let commonDirectory: String?

  /// All parts.
  public init(path: String, name: String, branch: String, commonDirectory: String? = nil) {
    self.path = path
    self.name = name
    self.branch = branch
    self.commonDirectory = commonDirectory
  }
}

/// Makes, inspects and removes the worktrees of tasks; each call may be repeated.
public enum WorktreeStore {
  /// The folder of the worker's protocol, which git must not see.
  public static let protocolFolder = ".orchestrator"

  /// True if the folder is a finished worktree on its branch that can be opened.
  ///
  /// One whose branch is being rebased is on it, though its HEAD is on no branch until that is over.
  public static func isWhole(_ worktree: Worktree) -> Bool {
    guard let folder = openedFolder(of: worktree), !folder.isHalfMade, !folder.isFree,
      let head = try? Repository(at: worktree.path).head()
    else { return false }
    let name: String?
    switch head {
    case .branch(let branch, _): name = branch
    case .detached: name = folder.rebasedBranch
    case .unborn: name = nil
    }
    return name == "refs/heads/" + worktree.branch
  }

  /// Says that a worktree that `create` left to the git program is made.
  public static func finish(_ worktree: Worktree, in repository: borrowing Repository) {
    let folder = AdministrativeFolder(named: worktree.name, in: repository.commonDirectory)
    unlink(folder.makingFile)
  }

  /// True for a worktree that was made and can be opened, on whatever branch it is now.
  public static func isSomebodysWork(_ worktree: Worktree) -> Bool {
    openedFolder(of: worktree).map { !$0.isHalfMade && !$0.isFree } ?? false
  }

  /// The entry of a worktree that can be opened and has an index, in the repository that it belongs to.
  static func openedFolder(of worktree: Worktree) -> AdministrativeFolder? {
    guard access(worktree.path + "/.git", F_OK) == 0,
      let opened = try? Repository(at: worktree.path), opened.isLinkedWorktree,
      opened.workDirectory.map(realPath) == realPath(worktree.path)
    else { return nil }
    if let wanted = worktree.commonDirectory,
      realPath(wanted) != realPath(opened.commonDirectory)
    {
      return nil
    }
    let folder = AdministrativeFolder(
      path: opened.gitDirectory, commonDirectory: opened.commonDirectory)
    return access(folder.indexFile, F_OK) == 0 ? folder : nil
  }

  /// Removes worktrees whose making, or removal, was killed on its way; they never held a task's work.
  ///
  /// Those that a living process is making are left alone.
  public static func clearHalfMade(in repository: borrowing Repository) throws(WorktreeError) {
    let common = repository.commonDirectory
    for name in FileText.names(in: common + "/orch/making") {
      let folder = AdministrativeFolder(named: name, in: common)
      guard let lock = try FileLock(folder.makingFile, waiting: false, creating: false) else {
        continue
      }
      for path in [folder.worktreePath, folder.intendedPath].compactMap({ $0 }) {
        let text = FileText.read(path + "/.git")
        if text.map(folder.isNamed(by:)) ?? holdsNothing(path) { try removeFolder(path) }
      }
      try removeTree(folder.path)
      try FileText.remove(folder.makingFile)
      withExtendedLifetime(lock) {}
    }
  }

  /// Throws if another worktree is on the branch.
  static func refuseForeignUse(
    _ worktree: Worktree, in repository: borrowing Repository
  ) throws(WorktreeError) {
    let wanted = "ref: refs/heads/" + worktree.branch
    for name in try translating({ try repository.worktreeNames() }) where name != worktree.name {
      let folder = AdministrativeFolder(named: name, in: repository.commonDirectory)
      guard let head = FileText.read(folder.path + "/HEAD"), head.hasPrefix(wanted),
        head.dropFirst(wanted.count).allSatisfy(\.isWhitespace),
        let path = folder.worktreePath, access(path + "/.git", F_OK) == 0
      else { continue }
      throw .branchCheckedOut(branch: worktree.branch, by: path)
    }
    let main = try translating { () throws -> Repository in
      try Repository(at: repository.commonDirectory)
    }
    if case .branch(let branch, _) = try? main.head(), !main.isBare,
      branch == "refs/heads/" + worktree.branch
    {
      throw .branchCheckedOut(branch: worktree.branch, by: main.workDirectory ?? "")
    }
  }

  /// Adds the protocol folder to the repository's own exclude file, once.
  static func excludeProtocolFolder(
    in repository: borrowing Repository
  ) throws(WorktreeError) {
    let path = repository.commonDirectory + "/info/exclude"
    let line = "/\(protocolFolder)/"
    let text = FileText.read(path) ?? ""
    if text.split(separator: "\n").contains(Substring(line)) { return }
    try FileText.makeFolder(repository.commonDirectory + "/info")
    let separator = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
    try FileText.append("\(separator)\(line)\n", to: path)
  }

  static func makeParents(of path: String) throws(WorktreeError) {
    var parent = ""
    for part in path.split(separator: "/").dropLast() {
      parent += "/" + part
      try FileText.makeFolder(parent)
    }
  }
}
