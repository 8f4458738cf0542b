internal import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The folder `.git/worktrees/NAME`, in which git keeps what belongs to one linked worktree.
///
/// Source: gitrepository-layout(5) and git-worktree(1), "Details".
struct AdministrativeFolder {
  /// The folder.
  let path: String
  /// The repository's own folder.
  let commonDirectory: String

  /// Its name.
  let name: String

  init(named name: String, in commonDirectory: String) {
    self.commonDirectory = commonDirectory
    self.name = name
    path = commonDirectory + "/worktrees/" + name
  }

  /// The folder of an open worktree.
  init(path: String, commonDirectory: String) {
    self.path = path
    self.commonDirectory = commonDirectory
    name = path.split(separator: "/").last.map(String.init) ?? ""
  }

  /// True if it is that of a worktree that waits for a task.
  var isFree: Bool { access(freeFile, F_OK) == 0 }

  /// True if a worktree that waits is still at the commit at which it was put there, on no branch.
  ///
  /// Otherwise somebody has committed in it, or works on a branch there.
  var isWhereItWasFreed: Bool {
    let lines = FileText.read(freeFile)?.split(separator: "\n") ?? []
    let head = FileText.read(path + "/HEAD")?.split(separator: "\n").first
    return lines.count > 1 && lines.last == head
  }

  /// True if it is there.
  var exists: Bool { access(path, F_OK) == 0 }

  /// The file that says that a worktree is being made, and whose lock its maker holds.
  ///
  /// It is outside the folder, so that it is there before and after it.
  var makingFile: String { commonDirectory + "/orch/making/" + name }
  /// The file that says that a finished task's worktree may be taken for another.
  var freeFile: String { path + "/orch-free" }
  /// The worktree's index.
  var indexFile: String { path + "/index" }

  /// True if the worktree is not finished: it is being made, or its maker died.
  var isHalfMade: Bool { access(makingFile, F_OK) == 0 }

  /// Where the worktree is, by its own record.
  var worktreePath: String? {
    guard var text = FileText.read(path + "/gitdir") else { return nil }
    if text.hasSuffix("\n") { text.removeLast() }
    return text.hasSuffix("/.git") ? String(text.dropLast(5)) : nil
  }

  /// Where the worktree is to be once it is finished, by the mark of a half-made one.
  var intendedPath: String? {
    guard let text = FileText.read(makingFile), text.hasSuffix("\n") else { return nil }
    return String(text.dropLast())
  }

  /// The full name of the branch that is being rebased in the worktree; nil if none is.
  var rebasedBranch: String? {
    for state in ["rebase-merge", "rebase-apply"] {
      guard let text = FileText.read("\(path)/\(state)/head-name") else { continue }
      return String(text.prefix { $0 != "\n" })
    }
    return nil
  }

  /// True if the text of a worktree's `.git` file names this folder.
  func isNamed(by text: String) -> Bool {
    Self.named(by: text).map { $0 == path || realPath($0) == realPath(path) } ?? false
  }

  /// True if the text of a worktree's `.git` file names another folder that exists.
  func isForeign(_ text: String) -> Bool {
    guard let named = Self.named(by: text), !isNamed(by: text) else { return false }
    return access(named, F_OK) == 0
  }

  private static func named(by text: String) -> String? {
    guard text.hasPrefix("gitdir: "), text.hasSuffix("\n") else { return nil }
    return String(text.dropFirst(8).dropLast())
  }

  /// Leaves the mark of a half-made worktree; nil if another process is making it.
  func mark(for worktree: String) throws(WorktreeError) -> FileLock? {
    try FileText.makeFolder(commonDirectory + "/orch")
    try FileText.makeFolder(commonDirectory + "/orch/making")
    guard let lock = try FileLock(makingFile, waiting: false) else { return nil }
    try lock.write(worktree + "\n")
    return lock
  }

  /// Makes the folder with the mark of a half-made worktree; nil if another process is making it.
  func begin(for worktree: String) throws(WorktreeError) -> FileLock? {
    guard let lock = try mark(for: worktree) else { return nil }
    try FileText.makeFolder(commonDirectory + "/worktrees")
    try FileText.makeFolder(path)
    return lock
  }

  /// Writes what makes it a worktree at `place` on `branch`, locked so that git leaves it alone.
  func fill(place: String, branch: String) throws(WorktreeError) {
    try FileText.replace(path + "/locked", with: "orch is making this worktree\n")
    try FileText.replace(path + "/commondir", with: "../..\n")
    try FileText.replace(path + "/HEAD", with: "ref: refs/heads/\(branch)\n")
    try FileText.replace(path + "/gitdir", with: "\(place)/.git\n")
    try FileText.replace(place + "/.git", with: "gitdir: \(path)\n")
  }

  /// Takes away the marks: from here on it is a worktree like any other.
  func finish() throws(WorktreeError) {
    try FileText.remove(path + "/locked")
    try FileText.remove(makingFile)
  }
}
