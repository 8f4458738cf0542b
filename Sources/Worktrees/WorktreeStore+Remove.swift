public import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension WorktreeStore {
  /// What is in the place of a worktree.
  public enum Occupant: Sendable, Hashable {
    /// Nothing, or an empty folder.
    case nothing
    /// The worktree, and it can be opened.
    case own
    /// A folder that was the worktree and cannot be opened any more: it may hold work that is in no commit.
    case broken
    /// Somebody else's folder, or a worktree of another repository.
    case foreign
    /// The worktree was moved to another place with `git worktree move`.
    case movedTo(String)
  }

  /// Looks at what is in the place of a worktree.
  public static func occupant(
    of worktree: Worktree, in repository: borrowing Repository
  ) -> Occupant {
    let folder = AdministrativeFolder(named: worktree.name, in: repository.commonDirectory)
    if let place = folder.worktreePath, realPath(place) != realPath(worktree.path),
      FileText.read(place + "/.git").map(folder.isNamed) ?? false
    {
      return .movedTo(place)
    }
    guard access(worktree.path, F_OK) == 0, !holdsNothing(worktree.path) else {
      // Repositories of submodules lie in the entry, and may be all that is left of somebody's work.
      return access(folder.path + "/modules", F_OK) == 0 ? .broken : .nothing
    }
    let text = FileText.read(worktree.path + "/.git")
    if text.map(folder.isNamed) ?? false {
      return openedFolder(of: worktree) != nil || folder.isHalfMade ? .own : .broken
    }
    if text.map(folder.isForeign) ?? false { return .foreign }
    if folder.intendedPath == worktree.path { return .own }
    return folder.worktreePath.map(realPath) == realPath(worktree.path) ? .broken : .foreign
  }

  /// The commit that a worktree's entry is at while it is on no branch; nil if it is on one, or gone.
  public static func detachedHead(
    of worktree: Worktree, in repository: borrowing Repository
  ) -> ObjectID? {
    let folder = AdministrativeFolder(named: worktree.name, in: repository.commonDirectory)
    guard let text = FileText.read(folder.path + "/HEAD") else { return nil }
    return ObjectID(hex: String(text.prefix { !$0.isWhitespace }))
  }

  /// Removes a worktree for good, whatever it holds: see `RemovalPlan` for what must be kept first.
  ///
  /// Throws `WorktreeError.pathOccupied` where its place holds anything but the worktree: that stays.
  public static func remove(
    _ worktree: Worktree, in repository: borrowing Repository
  ) throws(WorktreeError) {
    let folder = AdministrativeFolder(named: worktree.name, in: repository.commonDirectory)
    switch occupant(of: worktree, in: repository) {
    case .nothing, .own: break
    case .broken, .foreign: throw .pathOccupied(worktree.path)
    case .movedTo(let place): throw .pathOccupied(place)
    }
    // Marked first: if this process dies on its way, what is left is known to be half a worktree.
    let lock = try folder.mark(for: worktree.path)
    guard lock != nil else { throw beingMade(worktree) }
    try removeFolder(worktree.path)
    try removeTree(folder.path)
    try FileText.remove(folder.makingFile)
    withExtendedLifetime(lock) {}
  }

  /// True for a folder that is empty but for what orch itself puts into one: messages for its worker, and `.git`
  /// under the name that it has while it is written.
  static func holdsNothing(_ path: String) -> Bool {
    if isEmptyFolder(path) { return true }
    let names = FileText.names(in: path)
    return !names.isEmpty && Set(names).isSubset(of: [".git.new", protocolFolder])
  }

  /// Removes a worktree's folder, `.git` last: it says whose the rest is if this process dies on its way.
  static func removeFolder(_ path: String) throws(WorktreeError) {
    var information = stat()
    // What somebody made read-only is orch's own nevertheless.
    if lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR {
      chmod(path, information.st_mode | S_IRWXU)
    }
    for name in FileText.names(in: path) where name != ".git" { try removeTree(path + "/" + name) }
    try removeTree(path)
  }

  /// Makes room for a worktree that is not whole: its folder and its entry go.
  ///
  /// A folder that holds anything but orch's own worktree is left and reported. One that cannot be opened any
  /// more is put beside its place under another name: it may hold work. What a worktree that left its branch
  /// holds is kept by the caller before: see `isSomebodysWork`.
  static func clearDebris(
    _ worktree: Worktree, in repository: borrowing Repository
  ) throws(WorktreeError) {
    let folder = AdministrativeFolder(named: worktree.name, in: repository.commonDirectory)
    switch occupant(of: worktree, in: repository) {
    case .foreign: throw .pathOccupied(worktree.path)
    case .movedTo(let place): return try release(folder, at: place)
    case .broken where access(worktree.path, F_OK) == 0 && !holdsNothing(worktree.path):
      try setAside(worktree.path, folder)
    case .broken: break
    case .nothing, .own: try removeFolder(worktree.path)
    }
    if access(folder.path + "/modules", F_OK) == 0 {
      throw .refused(
        path: folder.path + "/modules",
        reason:
          "submodules of a worktree that is gone: take from them what is needed, and remove it")
    }
    try removeTree(folder.path)
  }

  /// Renames a folder that cannot be opened any more to one with `.kept-` and a number at its end.
  private static func setAside(
    _ path: String, _ folder: AdministrativeFolder
  ) throws(WorktreeError) {
    var number = 1
    while access("\(path).kept-\(number)", F_OK) == 0 { number += 1 }
    let place = "\(path).kept-\(number)"
    guard rename(path, place) == 0 else {
      throw .file(path: place, operation: "move a folder to", number: errno)
    }
    // The entry that it names is another worktree's from now on.
    if FileText.read(place + "/.git").map(folder.isNamed) ?? false {
      try FileText.remove(place + "/.git")
    }
  }

  /// Gives a worktree that somebody moved an entry of its own, on no branch: the task goes on without it.
  private static func release(
    _ folder: AdministrativeFolder, at place: String
  ) throws(WorktreeError) {
    var number = 1
    let name = { (number: Int) in "\(folder.name)-moved-\(number)" }
    let parent = folder.commonDirectory
    while AdministrativeFolder(named: name(number), in: parent).exists { number += 1 }
    let other = AdministrativeFolder(named: name(number), in: parent)
    let head = try translating { try Repository(at: place).reference("HEAD") }
    guard rename(folder.path, other.path) == 0 else {
      throw .file(path: other.path, operation: "rename a worktree to", number: errno)
    }
    try FileText.replace(place + "/.git", with: "gitdir: \(other.path)\n")
    if let head { try FileText.replace(other.path + "/HEAD", with: head.hex + "\n") }
  }
}
