internal import CPlatform
internal import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What a changed path of a worktree is to git.
struct ChangedFile: Sendable {
  /// The path from the worktree's folder.
  let path: [UInt8]
  /// Its position in the index; nil if it is untracked.
  let entry: Int?
  /// Its git mode.
  var mode: UInt32
  /// Its blob or commit; nil if there is nothing at the path any more.
  var id: ObjectID?
  /// What the file was like before it was read.
  var stat = FileStat()
}

/// The contents of what a scan found: read, converted, hashed, and compared with the index.
struct ChangedContent {
  /// What differs from the index, sorted by path.
  private(set) var files: [ChangedFile] = []
  /// Entries whose files were touched but hold what the index says, with their present stat data.
  private(set) var touched: [(entry: Int, stat: FileStat)] = []
  /// Positions in `files` whose content passes through a filter: the git program has to hash them.
  private(set) var filtered: [Int] = []
  /// New blobs.
  private(set) var pack = PackWriter()

  private let index: IndexFile
  private let settings: ScanSettings
  private let root: Int32
  private let rootPath: String
  private let stores: Bool
  private var pending = 0

  /// Files from this size on, in bytes, are stored or hashed one by one and never held in memory.
  private static let largeFile = 16 << 20
  /// New blobs are written out when they come to this many bytes.
  private static let largeBatch = 64 << 20

  /// Reads the contents of changes; without `storing`, nothing is written anywhere.
  static func read(
    _ changes: [FileChange], of path: String, index: IndexFile, settings: ScanSettings,
    storing: Bool, in repository: borrowing Repository
  ) throws -> ChangedContent {
    let root = orch_open(path, O_RDONLY | O_DIRECTORY, 0)
    guard root >= 0 else {
      throw WorktreeError.file(path: path, operation: "open", number: -root)
    }
    defer { close(root) }
    var content = ChangedContent(
      index: index, settings: settings, root: root, rootPath: path, stores: storing)
    for change in changes where change.path != content.files.last?.path {
      try content.add(change, in: repository)
    }
    return content
  }

  private init(
    index: IndexFile, settings: ScanSettings, root: Int32, rootPath: String, stores: Bool
  ) {
    self.index = index
    self.settings = settings
    self.root = root
    self.rootPath = rootPath
    self.stores = stores
  }

  /// The file of a path that differs; nil if it does not.
  func file(at path: [UInt8]) -> ChangedFile? {
    var (low, high) = (0, files.count)
    while low < high {
      let middle = (low + high) / 2
      if files[middle].path.lexicographicallyPrecedes(path) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < files.count && files[low].path == path ? files[low] : nil
  }

  /// Fills in what the git program made of a filtered file.
  mutating func resolve(_ position: Int, as id: ObjectID) {
    files[position].id = id
  }

  private mutating func add(_ change: FileChange, in repository: borrowing Repository) throws {
    let old = change.entry.map { index.entries[$0] }
    switch change.found {
    case .nothing:
      files.append(ChangedFile(path: change.path, entry: change.entry, mode: 0, id: nil))
    case .repository(let id):
      files.append(ChangedFile(path: change.path, entry: change.entry, mode: 0o160000, id: id))
    case .link(let information):
      guard let target = linkTarget(change.path, size: information.size) else {
        return files.append(ChangedFile(path: change.path, entry: change.entry, mode: 0, id: nil))
      }
      try add(change, mode: 0o120000, information, target, old, in: repository)
    case .file(let information, let conversion):
      try addFile(change, information, conversion, old, in: repository)
    }
  }

  private mutating func addFile(
    _ change: FileChange, _ information: FileInformation, _ conversion: Conversion,
    _ old: IndexFile.Entry?, in repository: borrowing Repository
  ) throws {
    let isLink = !settings.hasLinks && old?.mode == 0o120000
    let mode = isLink ? 0o120000 : self.mode(information, old)
    let descriptor = orch_open_at(
      root, change.path.map { CChar(bitPattern: $0) } + [0], O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
    guard descriptor >= 0 else {
      guard [ENOENT, ENOTDIR, ELOOP].contains(-descriptor) else {
        throw failure(change.path, "open", -descriptor)
      }
      return files.append(ChangedFile(path: change.path, entry: change.entry, mode: 0, id: nil))
    }
    defer { close(descriptor) }
    if conversion.isFilteredIn, !isLink {
      if let old, let entry = change.entry, isSettled(old, information) {
        return touched.append((entry, information.stat))
      }
      filtered.append(files.count)
      return files.append(
        ChangedFile(
          path: change.path, entry: change.entry, mode: mode, id: nil, stat: information.stat))
    }
    if information.size >= Self.largeFile, conversion.lineEnds == .untouched {
      let id =
        try stores
        ? repository.writeBlob(from: descriptor, size: information.size)
        : Repository.id(ofFile: descriptor, size: information.size)
      return note(change, mode: mode, information, id, old)
    }
    guard let raw = FileText.readAll(descriptor, expecting: information.size) else {
      throw failure(change.path, "read", errno)
    }
    let content =
      isLink
      ? raw
      : try LineEnds.normalized(raw, conversion.lineEnds) {
        try old.flatMap { try $0.stage == 0 ? repository.bytes(of: $0.id, .blob) : nil }
      }
    try add(change, mode: mode, information, content, old, in: repository)
  }

  /// True if a file's times, in all their digits, say that it is as the index has it.
  ///
  /// For files that only the git program can compare; others are read instead.
  private func isSettled(_ old: IndexFile.Entry, _ information: FileInformation) -> Bool {
    let (file, index) = (information.stat, index.written)
    var recorded = old.stat
    recorded.device = file.device
    return recorded == file && old.stage == 0 && !old.flags.contains(.intentToAdd)
      && (file.modificationSeconds, file.modificationNanoseconds)
        < (index.modificationSeconds, index.modificationNanoseconds)
  }

  private mutating func add(
    _ change: FileChange, mode: UInt32, _ information: FileInformation, _ content: [UInt8],
    _ old: IndexFile.Entry?, in repository: borrowing Repository
  ) throws {
    let id = try Repository.id(of: content, .blob)
    if stores, id != old?.id || old?.stage != 0, !pack.contains(id), !repository.contains(id) {
      try pack.add(content, .blob)
      pending += content.count
      if pending >= Self.largeBatch {
        try pack.write(into: repository.commonDirectory + "/objects")
        (pack, pending) = (PackWriter(), 0)
        try repository.refreshObjects()
      }
    }
    note(change, mode: mode, information, id, old)
  }

  private mutating func note(
    _ change: FileChange, mode: UInt32, _ information: FileInformation, _ id: ObjectID,
    _ old: IndexFile.Entry?
  ) {
    if let old, let entry = change.entry, old.stage == 0, old.id == id, old.mode == mode,
      !old.flags.contains(.intentToAdd)
    {
      touched.append((entry, information.stat))
    } else {
      files.append(
        ChangedFile(
          path: change.path, entry: change.entry, mode: mode, id: id, stat: information.stat))
    }
  }

  private func mode(_ information: FileInformation, _ old: IndexFile.Entry?) -> UInt32 {
    if settings.comparesModes { return information.isExecutable ? 0o100755 : 0o100644 }
    if let old, old.mode & 0o170000 == 0o100000 { return old.mode }
    return 0o100644
  }

  private func linkTarget(_ path: [UInt8], size: Int) -> [UInt8]? {
    let text = path.map { CChar(bitPattern: $0) } + [0]
    var buffer = [CChar](repeating: 0, count: max(size, 4096) + 1)
    let count = readlinkat(root, text, &buffer, buffer.count)
    return count < 0 ? nil : buffer[..<count].map { UInt8(bitPattern: $0) }
  }

  private func failure(
    _ path: [UInt8], _ operation: String, _ number: Int32
  ) -> WorktreeError {
    .file(
      path: rootPath + "/" + String(decoding: path, as: UTF8.self), operation: operation,
      number: number)
  }
}
