public import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Worktrees of finished tasks that wait for another: taking one writes only the files that differ.
///
/// A free worktree is marked in its administrative folder, is on no branch, and holds nothing that is
/// not in its commit, ignored files apart.
public enum WorktreePool {
  /// Why a worktree was not taken into the pool.
  public enum Refusal: Sendable, Hashable {
    /// It is not there, or half made.
    case notWhole
    /// It holds files that are in no commit.
    case dirty(files: [String])
    /// Its head is in no commit that is known to be elsewhere.
    case unpublished(ObjectID)
    /// Processes work in it.
    case inUse(processes: [Int32])
    /// Submodules were filled in it: their repositories belong to it.
    case hasSubmodules
    /// The pool has as many as it may.
    case full
    /// It has so few files that making it from nothing is as fast.
    case small(files: Int)
  }

  /// Puts a finished task's worktree into the pool; returns why not, and then it is as it was.
  ///
  /// Its branch is free afterwards. `published` are commits that are at the remote; `limit` is the most
  /// worktrees that may wait; one with fewer than `minimumFiles` is not worth it.
  public static func release(
    _ worktree: Worktree, published: [ObjectID], limit: Int = 8, minimumFiles: Int = 0,
    in repository: borrowing Repository
  ) throws(WorktreeError) -> Refusal? {
    guard WorktreeStore.isWhole(worktree) else { return .notWhole }
    let folder = AdministrativeFolder(named: worktree.name, in: repository.commonDirectory)
    guard folder.exists else { return .notWhole }
    if free(in: repository).count >= limit { return .full }
    if access(folder.path + "/modules", F_OK) == 0 { return .hasSubmodules }
    let processes = LivingProcesses.ids(in: worktree.path)
    if !processes.isEmpty { return .inUse(processes: processes) }
    let count = try translating { try IndexFile(path: folder.indexFile).entries.count }
    if count < minimumFiles { return .small(files: count) }
    let plan = try worktree.removalPlan(published: published)
    if !plan.dirtyFiles.isEmpty { return .dirty(files: plan.dirtyFiles) }
    if let head = plan.unpublishedHead { return .unpublished(head) }
    let head = try translating { try Repository(at: worktree.path).reference("HEAD") }
    guard let head, try !worktree.status().isInOperation else { return .notWhole }
    try FileText.replace(folder.freeFile, with: "\(worktree.path)\n\(head.hex)\n")
    try FileText.replace(folder.path + "/HEAD", with: head.hex + "\n")
    try removeTree(worktree.path + "/" + WorktreeStore.protocolFolder)
    unlink(folder.path + "/" + Worktree.Step.furnished.rawValue)
    return nil
  }

  /// The names of the worktrees that wait, without half-made ones.
  public static func free(in repository: borrowing Repository) -> [String] {
    let common = repository.commonDirectory
    return FileText.names(in: common + "/worktrees").filter { name in
      let folder = AdministrativeFolder(named: name, in: common)
      return folder.isFree && !folder.isHalfMade
    }.sorted()
  }

  /// Removes all worktrees that wait; one that holds files of someone is left.
  public static func clear(in repository: borrowing Repository) throws(WorktreeError) {
    for name in free(in: repository) {
      let folder = AdministrativeFolder(named: name, in: repository.commonDirectory)
      guard let path = folder.worktreePath, LivingProcesses.ids(in: path).isEmpty,
        folder.isWhereItWasFreed, try isClean(path)
      else { continue }
      try WorktreeStore.remove(Worktree(path: path, name: name, branch: ""), in: repository)
    }
  }

  /// True if the worktree holds nothing beside its commit.
  static func isClean(_ path: String) throws(WorktreeError) -> Bool {
    guard access(path + "/.git", F_OK) == 0 else { return false }
    return try Worktree(path: path, name: "", branch: "").status().isClean
  }

  /// Claims a waiting worktree for another task: its lock, and its folder, now marked as half made.
  static func claim(
    for worktree: Worktree, in repository: borrowing Repository
  ) throws(WorktreeError) -> (folder: AdministrativeFolder, path: String, lock: FileLock)? {
    for name in free(in: repository) {
      let folder = AdministrativeFolder(named: name, in: repository.commonDirectory)
      guard let path = folder.worktreePath, sameFileSystem(path, worktree.path),
        LivingProcesses.ids(in: path).isEmpty,
        let lock = try folder.mark(for: worktree.path)
      else { continue }
      return (folder, path, lock)
    }
    return nil
  }

  /// Puts a claimed worktree back.
  static func giveBack(_ folder: AdministrativeFolder) throws(WorktreeError) {
    try FileText.remove(folder.makingFile)
  }

  private static func sameFileSystem(_ path: String, _ other: String) -> Bool {
    var parent = other
    while !parent.isEmpty, access(parent, F_OK) != 0 {
      parent = String(parent[..<(parent.lastIndex(of: "/") ?? parent.startIndex)])
    }
    guard let one = FileInformation(path: path),
      let two = FileInformation(path: parent.isEmpty ? "/" : parent)
    else { return false }
    return one.stat.device == two.stat.device
  }
}
