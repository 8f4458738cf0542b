/// A checkout's index, as a value: read whole, changed in memory, written whole.
///
/// Versions 2, 3 and 4 are read, 2 and 3 written, with the cached trees that let git compare whole
/// folders at once. Source: Documentation/gitformat-index of git.
public struct IndexFile: Sendable {
  /// One file of the index.
  public struct Entry: Sendable, Hashable {
    /// Where its path begins in `paths`.
    public var start: Int
    /// The number of bytes of its path.
    public var count: Int
    /// Its git mode.
    public var mode: UInt32
    /// Its blob, or the commit of a submodule.
    public var id: ObjectID
    /// 0, or which side of a conflict it is.
    public var stage: UInt8
    /// What else is noted.
    public var flags: Flags
    /// What the file was like when it was last known to hold the blob.
    public var stat: FileStat
  }

  /// The notes of an entry.
  public struct Flags: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt8
    /// From bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The user promises not to change the file (`git update-index --assume-unchanged`).
    public static let assumeUnchanged = Flags(rawValue: 1)
    /// The file is left out of the checkout (sparse checkout).
    public static let skipWorktree = Flags(rawValue: 2)
    /// The file is announced but not staged (`git add -N`).
    public static let intentToAdd = Flags(rawValue: 4)
  }

  /// All paths, one after the other, each ended by a zero.
  public internal(set) var paths: [UInt8] = []
  /// The files, sorted by path and then by stage.
  public internal(set) var entries: [Entry] = []
  /// What is known of the trees that the entries make; nil if nothing is.
  public var cachedTree: CachedTree?
  /// When the file was last written; zero for one that was not.
  public internal(set) var written = FileStat()

  /// An index without files.
  public init() {}

  /// Makes room for a number of entries with `bytes` bytes of paths.
  public mutating func reserve(_ count: Int, bytes: Int) {
    entries.reserveCapacity(count)
    paths.reserveCapacity(bytes + count)
  }

  /// The path of an entry.
  public func path(_ entry: Entry) -> ArraySlice<UInt8> {
    paths[entry.start..<entry.start + entry.count]
  }

  /// The path of an entry as text; bytes that are not UTF-8 are replaced.
  public func text(_ entry: Entry) -> String { String(decoding: path(entry), as: UTF8.self) }

  /// Adds a file behind all others; the caller keeps the order.
  public mutating func append(
    path: some Collection<UInt8>, mode: UInt32, id: ObjectID, stat: FileStat = FileStat(),
    stage: UInt8 = 0, flags: Flags = []
  ) {
    let start = paths.count
    paths.append(contentsOf: path)
    let count = paths.count - start
    paths.append(0)
    entries.append(
      Entry(
        start: start, count: count, mode: mode, id: id, stage: stage, flags: flags, stat: stat))
  }

  /// Records what the file of an entry is like now.
  public mutating func setStat(_ stat: FileStat, at position: Int) { entries[position].stat = stat }

  /// Leaves the file of an entry out of the checkout.
  public mutating func skip(at position: Int) { entries[position].flags.insert(.skipWorktree) }

  /// The paths that are left out of the checkout; none unless it is sparse.
  public var skippedPaths: Set<[UInt8]> {
    var paths: Set<[UInt8]> = []
    for entry in entries where entry.flags.contains(.skipWorktree) {
      paths.insert(Array(path(entry)))
    }
    return paths
  }

  /// True if a change of the file of this entry may have kept its recorded times: git's "racy" entry.
  public func isRacy(_ entry: Entry) -> Bool {
    // Whole seconds, as git compares them: not every file system keeps more.
    entry.stat.modificationSeconds >= written.modificationSeconds
  }
}

/// Trees that an index is known to make, for each folder that did not change since.
public struct CachedTree: Sendable, Hashable {
  /// The folder's name; empty for the root.
  public var name: [UInt8]
  /// The number of entries below it; negative if the tree is not known.
  public var entryCount: Int
  /// The tree, if it is known.
  public var id: ObjectID?
  /// Its folders.
  public var children: [CachedTree]

  /// All parts.
  public init(name: [UInt8], entryCount: Int, id: ObjectID?, children: [CachedTree]) {
    self.name = name
    self.entryCount = entryCount
    self.id = id
    self.children = children
  }
}
