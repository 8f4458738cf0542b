internal import CPlatform
internal import Dispatch
internal import Git2
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Puts blobs into the files of a worktree, on all processors, and records what the files are like.
///
/// No link is followed on the way and no existing file is written to, so nothing outside the worktree
/// can be reached.
struct FileWriter: Sendable {
  /// The worktree's folder.
  let root: String
  /// Where the blobs are.
  let commonDirectory: String
  /// False where the file system has no symbolic links (`core.symlinks`).
  let writesLinks: Bool
  /// The modification time that files get, in seconds since 1970; nil leaves the present.
  ///
  /// A time before that of the index makes every file settled at once: git need not read it to know
  /// that it is unchanged.
  let modificationSeconds: Int?
  /// True to remove what is in the place of a file.
  let replaces: Bool

  /// The number of files that one thread takes at a time.
  private static let chunk = 64
  /// The most threads: more do not help a file system.
  private static let maximumThreads = 8

  /// Writes the files at these positions of an index, and notes their stat data in it.
  func write(_ positions: [Int], of index: inout IndexFile) throws {
    if positions.isEmpty { return }
    let work = FileWork(positions: positions, index: index)
    let wanted = (positions.count + Self.chunk - 1) / Self.chunk
    let threads = min(Self.maximumThreads, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), wanted)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      do {
        try run(work)
      } catch {
        work.fail(error)
      }
    }
    for (position, stat) in try work.finish() { index.setStat(stat, at: position) }
  }

  /// Makes folders, parents first; those that exist stay.
  func makeFolders(_ folders: [[UInt8]]) throws {
    let rootDescriptor = try openRoot()
    defer { close(rootDescriptor) }
    for folder in folders {
      let path = folder.map { CChar(bitPattern: $0) } + [0]
      guard mkdirat(rootDescriptor, path, 0o777) != 0 else { continue }
      let number = errno
      if number == EEXIST, FileInformation(path, in: rootDescriptor)?.kind == .folder { continue }
      if replaces, number == EEXIST, unlinkat(rootDescriptor, path, 0) == 0,
        mkdirat(rootDescriptor, path, 0o777) == 0
      {
        continue
      }
      throw failure(folder[...], "create", number)
    }
  }

  private func openRoot() throws -> Int32 {
    let descriptor = orch_open(root, O_RDONLY | O_DIRECTORY, 0)
    guard descriptor >= 0 else {
      throw WorktreeError.file(path: root, operation: "open", number: -descriptor)
    }
    return descriptor
  }

  private func run(_ work: FileWork) throws {
    let repository = try Repository(at: commonDirectory)
    let rootDescriptor = try openRoot()
    var folder: ArraySlice<UInt8> = []
    var descriptor = rootDescriptor
    defer {
      if descriptor != rootDescriptor { close(descriptor) }
      close(rootDescriptor)
    }
    var stats: [(Int, FileStat)] = []
    while let positions = work.next(Self.chunk) {
      for position in positions {
        let entry = work.index.entries[position]
        let path = work.index.path(entry)
        let slash = path.lastIndex(of: 0x2F)
        let parent = slash.map { path[..<$0] } ?? []
        if parent != folder {
          if descriptor != rootDescriptor { close(descriptor) }
          descriptor = parent.isEmpty ? rootDescriptor : try open(parent, in: rootDescriptor)
          folder = parent
        }
        let name = slash.map { path[($0 + 1)...] } ?? path
        stats.append((position, try write(entry, name, path, in: descriptor, repository)))
      }
    }
    work.add(stats)
  }

  private func open(_ folder: ArraySlice<UInt8>, in root: Int32) throws -> Int32 {
    let text = folder.map { CChar(bitPattern: $0) } + [0]
    let descriptor = orch_open_at(root, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard descriptor >= 0 else { throw failure(folder, "open", -descriptor) }
    return descriptor
  }

  private func write(
    _ entry: IndexFile.Entry, _ name: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>,
    in folder: Int32, _ repository: borrowing Repository
  ) throws -> FileStat {
    let text = name.map { CChar(bitPattern: $0) } + [0]
    if replaces, unlinkat(folder, text, 0) != 0, errno != ENOENT {
      // An empty folder may be in the way of a file.
      guard unlinkat(folder, text, AT_REMOVEDIR) == 0 else {
        throw failure(path, "replace", errno)
      }
    }
    switch entry.mode & 0o170000 {
    case 0o120000 where writesLinks:
      return try writeLink(entry.id, text, path, in: folder, repository)
    case 0o160000:
      guard mkdirat(folder, text, 0o777) == 0 || errno == EEXIST else {
        throw failure(path, "create", errno)
      }
      return FileStat()
    default:
      return try writeFile(entry, text, path, in: folder, repository)
    }
  }

  private func writeFile(
    _ entry: IndexFile.Entry, _ name: [CChar], _ path: ArraySlice<UInt8>, in folder: Int32,
    _ repository: borrowing Repository
  ) throws -> FileStat {
    let descriptor = orch_open_at(
      folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
      entry.mode == 0o100755 ? 0o777 : 0o666)
    guard descriptor >= 0 else { throw failure(path, "create", -descriptor) }
    defer { close(descriptor) }
    do {
      _ = try repository.copyBlob(entry.id, to: descriptor)
    } catch .writing(let number) {
      throw failure(path, "write", number)
    } catch .reading(let error) {
      throw error
    }
    if var times = times { futimens(descriptor, &times) }
    guard let information = FileInformation(descriptor: descriptor) else {
      throw failure(path, "look at", errno)
    }
    return information.stat
  }

  private func writeLink(
    _ id: ObjectID, _ name: [CChar], _ path: ArraySlice<UInt8>, in folder: Int32,
    _ repository: borrowing Repository
  ) throws -> FileStat {
    let target = try repository.bytes(of: id, .blob).map { CChar(bitPattern: $0) } + [0]
    guard symlinkat(target, folder, name) == 0 else { throw failure(path, "create", errno) }
    if var times = times { utimensat(folder, name, &times, AT_SYMLINK_NOFOLLOW) }
    guard let information = FileInformation(name, in: folder) else {
      throw failure(path, "look at", errno)
    }
    return information.stat
  }

  /// Access and modification time.
  private var times: [timespec]? {
    modificationSeconds.map { Array(repeating: timespec(tv_sec: $0, tv_nsec: 0), count: 2) }
  }

  private func failure(
    _ path: ArraySlice<UInt8>, _ operation: String, _ number: Int32
  ) -> WorktreeError {
    let text = String(decoding: path, as: UTF8.self)
    if number == EEXIST {
      return .refused(
        path: root + "/" + text,
        reason: "another file of the commit has its place: the file system ignores case")
    }
    return .file(path: root + "/" + text, operation: operation, number: number)
  }
}

/// What the threads of a writer share.
private final class FileWork: Sendable {
  let positions: [Int]
  let index: IndexFile
  private let nextPosition = Atomic<Int>(0)
  private let results = Mutex<(stats: [(Int, FileStat)], error: (any Error)?)>(([], nil))

  init(positions: [Int], index: IndexFile) {
    self.positions = positions
    self.index = index
  }

  /// The next files to write; nil if there are none, or another thread failed.
  func next(_ count: Int) -> ArraySlice<Int>? {
    let start = nextPosition.add(count, ordering: .relaxed).oldValue
    guard start < positions.count else { return nil }
    return positions[start..<min(start + count, positions.count)]
  }

  func add(_ stats: [(Int, FileStat)]) { results.withLock { $0.stats += stats } }

  func fail(_ error: any Error) {
    nextPosition.store(positions.count, ordering: .relaxed)
    results.withLock { if $0.error == nil { $0.error = error } }
  }

  func finish() throws -> [(Int, FileStat)] {
    try results.withLock { results in
      if let error = results.error { throw error }
      return results.stats
    }
  }
}
