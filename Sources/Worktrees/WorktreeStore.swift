internal import CPlatform
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

  /// All parts.
  public init(path: String, name: String, branch: String) {
    self.path = path
    self.name = name
    self.branch = branch
  }
}

/// Makes, inspects and removes the worktrees of tasks; each call may be repeated.
public enum WorktreeStore {
  /// The folder of the worker's protocol, which git must not see.
  public static let protocolFolder = ".orchestrator"

  /// Makes the branch at `start` if it is missing, and its worktree if that is missing or half made.
  ///
  /// The user's checkout, index and branches stay as they are. Throws `WorktreeError`, `.needsGit`
  /// where the git program has to do it.
  public static func create(
    _ worktree: Worktree, at start: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) {
    try excludeProtocolFolder(in: repository)
    let reference = "refs/heads/" + worktree.branch
    if try translating({ try repository.reference(reference) }) == nil {
      try translating {
        try repository.setReference(reference, to: start, expecting: nil, log: "orch: new task")
      }
    }
    if isWhole(worktree) { return }
    try refuseForeignUse(worktree, in: repository)
    try clearDebris(worktree, in: repository)
    try begin(worktree, in: repository)
    if let reason = try reasonForGit(start, in: repository) { throw .needsGit(reason: reason) }
    try makeParents(of: worktree.path)
    try translating {
      try repository.addWorktree(named: worktree.name, at: worktree.path, branch: worktree.branch)
    }
    finish(worktree, in: repository)
  }

  /// Marks a worktree as being made: with the mark it is taken for debris, whatever it looks like.
  private static func begin(
    _ worktree: Worktree, in repository: borrowing Repository
  ) throws(WorktreeError) {
    let mark = mark(worktree, in: repository)
    try makeParents(of: mark)
    try FileText.append("", to: mark)
  }

  /// Says that a worktree that `create` left to the git program is made.
  public static func finish(_ worktree: Worktree, in repository: borrowing Repository) {
    unlink(mark(worktree, in: repository))
  }

  private static func mark(
    _ worktree: Worktree, in repository: borrowing Repository
  ) -> String {
    "\(repository.commonDirectory)/orch/making/\(worktree.name)"
  }

  /// True if the folder is a worktree on its branch that can be opened and whose making came to its end.
  public static func isWhole(_ worktree: Worktree) -> Bool {
    guard access(worktree.path + "/.git", F_OK) == 0,
      let opened = try? Repository(at: worktree.path), opened.isLinkedWorktree,
      opened.workDirectory.map(realPath) == realPath(worktree.path),
      case .branch(let name, _) = try? opened.head(),
      access(mark(worktree, in: opened), F_OK) != 0
    else { return false }
    return name == "refs/heads/" + worktree.branch
  }

  /// True for a worktree that was made and can be opened, on whatever branch it is now.
  public static func isSomebodysWork(_ worktree: Worktree) -> Bool {
    guard access(worktree.path + "/.git", F_OK) == 0,
      let opened = try? Repository(at: worktree.path), opened.isLinkedWorktree,
      opened.workDirectory.map(realPath) == realPath(worktree.path)
    else { return false }
    return access(mark(worktree, in: opened), F_OK) != 0
  }

  /// Removes what is left of a worktree that is not whole: its folder and its entry.
  ///
  /// A folder that holds anything but orch's own half-made worktree is left and reported.
  static func clearDebris(
    _ worktree: Worktree, in repository: borrowing Repository
  ) throws(WorktreeError) {
    if access(worktree.path, F_OK) == 0, access(worktree.path + "/.git", F_OK) != 0,
      !isEmptyFolder(worktree.path)
    {
      throw .pathOccupied(worktree.path)
    }
    try translating { try repository.removeWorktree(named: worktree.name) }
    try removeTree(repository.commonDirectory + "/worktrees/" + worktree.name)
    try removeTree(worktree.path)
  }

  /// Removes a worktree for good, whatever it holds: see `RemovalPlan` for what must be kept first.
  public static func remove(
    _ worktree: Worktree, in repository: borrowing Repository
  ) throws(WorktreeError) {
    try? repository.removeWorktree(named: worktree.name)
    try removeTree(repository.commonDirectory + "/worktrees/" + worktree.name)
    try removeTree(worktree.path)
  }

  /// Why the git program has to make the worktree; nil if libgit2 can.
  private static func reasonForGit(
    _ start: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> String? {
    let sparse = try translating { try repository.configurationText("core.sparsecheckout") }
    if sparse == "true" { return "the repository has a sparse checkout" }
    let partial = try translating {
      try repository.configurationEntries(prefix: "remote.").contains {
        $0.name.hasSuffix(".promisor") && $0.value == "true"
      }
    }
    if partial { return "the repository is a partial clone" }
    let tree = try translating { try repository.commit(start).tree }
    let uses = try translating { try usesFilters(tree, depth: 0, in: repository) }
    return uses ? "files pass through a filter, such as Git LFS" : nil
  }

  /// True if a `.gitattributes` of the first levels names a filter.
  private static func usesFilters(
    _ tree: ObjectID, depth: Int, in repository: borrowing Repository
  ) throws(GitError) -> Bool {
    let entries = try RawTree(bytes: repository.bytes(of: tree, .tree)).entries
    for entry in entries where entry.text == ".gitattributes" && !entry.isTree {
      let bytes = try repository.bytes(of: entry.id, .blob)
      if String(decoding: bytes, as: UTF8.self).contains("filter=") { return true }
    }
    guard depth < 2 else { return false }
    for entry in entries where entry.isTree {
      if try usesFilters(entry.id, depth: depth + 1, in: repository) { return true }
    }
    return false
  }

  /// Throws if another worktree is on the branch.
  private static func refuseForeignUse(
    _ worktree: Worktree, in repository: borrowing Repository
  ) throws(WorktreeError) {
    for name in try translating({ try repository.worktreeNames() }) where name != worktree.name {
      guard let path = try translating({ try repository.worktreePath(named: name) }),
        let other = try? Repository(at: path), case .branch(let branch, _) = try? other.head(),
        branch == "refs/heads/" + worktree.branch
      else { continue }
      throw .branchCheckedOut(branch: worktree.branch, by: path)
    }
    if case .branch(let branch, _) = try? repository.head(), !repository.isBare,
      branch == "refs/heads/" + worktree.branch
    {
      throw .branchCheckedOut(branch: worktree.branch, by: repository.workDirectory ?? "")
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

  private static func makeParents(of path: String) throws(WorktreeError) {
    var parent = ""
    for part in path.split(separator: "/").dropLast() {
      parent += "/" + part
      try FileText.makeFolder(parent)
    }
  }
}
