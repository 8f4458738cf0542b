internal import CPlatform
internal import Dispatch
internal import Git2
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A path of a worktree that may differ from the index.
struct FileChange: Sendable {
  /// What is at the path.
  enum Found: Sendable, Hashable {
    /// Nothing that git keeps.
    case nothing
    /// A file, with its conversion.
    case file(FileInformation, Conversion)
    /// A symbolic link.
    case link(FileInformation)
    /// A repository of its own, on this commit.
    case repository(ObjectID)
  }

  /// The path from the worktree's folder.
  let path: [UInt8]
  /// Its position in the index; nil if it is untracked.
  let entry: Int?
  /// What was found.
  let found: Found
}

/// What looking at every file of a worktree brought, contents unread.
struct ScanResult: Sendable {
  /// Paths that may differ, sorted.
  var changes: [FileChange] = []
  /// Paths that no commit can hold: repositories without commits, pipes, sockets, names that git refuses.
  var unkept: [[UInt8]] = []
  /// Ignored files and folders, if they were asked for.
  var ignored: [[UInt8]] = []
}

/// How files are compared with the index.
struct ScanSettings: Sendable {
  /// `core.fileMode`: the executable bit counts.
  let comparesModes: Bool
  /// `core.symlinks`: links are links.
  let hasLinks: Bool
  /// `core.trustctime`: the inode's own time counts.
  let trustsChangeTime: Bool
  /// `core.checkStat=minimal`: only time in seconds and size count.
  let isMinimal: Bool
  /// What converts contents.
  let conversions: ConversionSettings
  /// The ignore rules outside the worktree.
  let ignored: IgnoreRules

  init(_ repository: borrowing Repository) throws(GitError) {
    comparesModes = try repository.configurationFlag("core.filemode") ?? true
    hasLinks = try repository.configurationFlag("core.symlinks") ?? true
    trustsChangeTime = try repository.configurationFlag("core.trustctime") ?? true
    isMinimal = try repository.configurationText("core.checkstat")?.lowercased() == "minimal"
    conversions = try ConversionSettings(repository)
    let user = try ConversionSettings.userFile(repository, "core.excludesfile", "ignore")
    let below = IgnoreRules(
      user.flatMap { FileText.bytes($0) } ?? [], base: 0, below: nil,
      ignoringCase: conversions.ignoresCase)
    ignored = IgnoreRules(
      FileText.bytes(repository.commonDirectory + "/info/exclude") ?? [], base: 0, below: below,
      ignoringCase: conversions.ignoresCase)
  }
}

/// Looks at every file of a worktree once and compares it with the index, on all processors.
///
/// It takes no lock, writes nothing, and reads no file but `.gitignore` and `.gitattributes`.
final class WorktreeScan: Sendable {
  let root: Int32
  let index: IndexFile
  let settings: ScanSettings
  let findsIgnored: Bool
  private let rootPath: String
  private let jobs = Mutex<(waiting: [Job], unfinished: Int)>(([], 0))
  /// Signalled for each new job and at the end of the last.
  private let moved = DispatchSemaphore(value: 0)
  private let results = Mutex<(result: ScanResult, error: WorktreeError?)>((ScanResult(), nil))

  /// Looks at the worktree in `path`.
  static func run(
    _ path: String, index: IndexFile, settings: ScanSettings, findingIgnored: Bool = false
  ) throws(WorktreeError) -> ScanResult {
    let root = orch_open(path, O_RDONLY | O_DIRECTORY, 0)
    guard root >= 0 else { throw .file(path: path, operation: "open", number: -root) }
    let scan = WorktreeScan(
      root: root, path: path, index: index, settings: settings, findsIgnored: findingIgnored)
    return try scan.finish()
  }

  /// A folder to look at, and its entries of the index.
  private typealias Job = (folder: ScannedFolder, entries: Range<Int>)

  private init(
    root: Int32, path: String, index: IndexFile, settings: ScanSettings, findsIgnored: Bool
  ) {
    self.findsIgnored = findsIgnored
    self.root = root
    rootPath = path
    self.index = index
    self.settings = settings
  }

  deinit { close(root) }

  private func finish() throws(WorktreeError) -> ScanResult {
    let top = ScannedFolder(
      path: [], parent: nil, ignored: settings.ignored, attributes: settings.conversions.global)
    spread(top, index.entries.indices)
    // This thread works along. One that only waited would keep a thread of the pool from the work that it waits for:
    // of many scans at once all would wait, until the pool grows, by a thread a second.
    while jobs.withLock({ $0.unfinished > 0 }) {
      if !work() { moved.wait() }
    }
    var (result, error) = results.withLock { $0 }
    if let error { throw error }
    result.changes.sort { $0.path.lexicographicallyPrecedes($1.path) }
    result.unkept.sort { $0.lexicographicallyPrecedes($1) }
    return result
  }

  /// Looks at a folder on any free processor.
  func spread(_ folder: ScannedFolder, _ entries: Range<Int>) {
    jobs.withLock {
      $0.waiting.append((folder, entries))
      $0.unfinished += 1
    }
    moved.signal()
    DispatchQueue.global().async { _ = self.work() }
  }

  /// Does one of the jobs; false if none waits.
  private func work() -> Bool {
    guard let job = jobs.withLock({ $0.waiting.popLast() }) else { return false }
    look(job)
    let left = jobs.withLock {
      $0.unfinished -= 1
      return $0.unfinished
    }
    if left == 0 { moved.signal() }
    return true
  }

  private func look(_ job: Job) {
    var walk = FolderWalk(scan: self)
    do throws(WorktreeError) {
      let name = job.folder.path.dropLast().map(CChar.init(bitPattern:))
      let descriptor = orch_open_at(
        root, (name.isEmpty ? [0x2E] : name) + [0], O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
      try walk.look(job.folder, job.entries, descriptor: descriptor)
    } catch {
      results.withLock { if $0.error == nil { $0.error = error } }
    }
    results.withLock {
      $0.result.changes += walk.result.changes
      $0.result.unkept += walk.result.unkept
      $0.result.ignored += walk.result.ignored
    }
  }

  /// The full path of a folder's file, for a message.
  func text(_ path: [UInt8]) -> String { rootPath + "/" + String(decoding: path, as: UTF8.self) }

  /// True if the file of an entry certainly holds what the entry says.
  func isUnchanged(_ entry: IndexFile.Entry, _ file: FileInformation) -> Bool {
    if entry.flags.contains(.assumeUnchanged) { return true }
    if entry.flags.contains(.intentToAdd) || entry.stage != 0 { return false }
    switch entry.mode & 0o170000 {
    case 0o100000:
      guard file.kind == .file else { return false }
      if settings.comparesModes, file.isExecutable != (entry.mode == 0o100755) { return false }
    case 0o120000:
      guard file.kind == .link || (!settings.hasLinks && file.kind == .file) else { return false }
    default: return false
    }
    let (old, new) = (entry.stat, file.stat)
    guard old.modificationSeconds == new.modificationSeconds, old.size == new.size else {
      return false
    }
    if !settings.isMinimal {
      guard old.modificationNanoseconds == new.modificationNanoseconds, old.inode == new.inode,
        old.user == new.user, old.group == new.group
      else { return false }
      if settings.trustsChangeTime {
        guard old.changeSeconds == new.changeSeconds,
          old.changeNanoseconds == new.changeNanoseconds
        else { return false }
      }
    }
    return !index.isRacy(entry)
  }
}

/// A folder of a scan, and the rules that hold in it.
final class ScannedFolder: Sendable {
  /// Its path, with a slash at its end; empty for the worktree's own.
  let path: [UInt8]
  private let parent: ScannedFolder?
  /// What is ignored in it.
  let ignored: IgnoreRules
  /// The attributes of its files.
  let attributes: AttributeRules

  init(path: [UInt8], parent: ScannedFolder?, ignored: IgnoreRules, attributes: AttributeRules) {
    self.path = path
    self.parent = parent
    self.ignored = ignored
    self.attributes = attributes
  }

  /// A folder in it.
  func child(_ path: [UInt8]) -> ScannedFolder {
    ScannedFolder(path: path, parent: self, ignored: ignored, attributes: attributes)
  }

  /// The same folder with rules of its own.
  func with(ignored: IgnoreRules?, attributes: AttributeRules?) -> ScannedFolder {
    ScannedFolder(
      path: path, parent: parent, ignored: ignored ?? self.ignored,
      attributes: attributes ?? self.attributes)
  }

  /// True if an ignore rule takes out the folder or one above it: nothing untracked in it counts.
  var isIgnored: Bool {
    guard let parent else { return false }
    return parent.isIgnored || parent.ignored.ignores(Array(path.dropLast()), isFolder: true)
  }
}
