internal import Git2

/// The objects of a merge: new ones in memory, old ones read once.
struct MergeObjects {
  /// Folders are kept up to this many bytes; then reading begins anew.
  static let maximumCachedBytes = 96 << 20
  /// Folders from this size on are written as deltas on the version that they were made from.
  static let deltaBytes = 256

  /// Commits are kept up to this many between two looks.
  static let maximumKeptHeaders = 20_000

  /// What is to be written.
  private(set) var pack = PackWriter()
  private var trees: [ObjectID: RawTree] = [:]
  private var headers: [ObjectID: CommitHeader] = [:]
  private var cachedBytes = 0
  private var empty: ObjectID?

  /// A folder.
  mutating func tree(
    _ id: ObjectID, in repository: borrowing Repository
  ) throws -> RawTree {
    if let known = trees[id] { return known }
    let bytes = try pack[id]?.bytes ?? repository.bytes(of: id, .tree)
    let tree = try RawTree(bytes: bytes)
    remember(tree, id)
    return tree
  }

  /// A folder that may be missing: the empty one then.
  mutating func tree(
    _ id: ObjectID?, in repository: borrowing Repository
  ) throws -> RawTree {
    guard let id else { return RawTree() }
    return try tree(id, in: repository)
  }

  /// A file's content.
  func blob(_ id: ObjectID, in repository: borrowing Repository) throws -> [UInt8] {
    try pack[id]?.bytes ?? repository.bytes(of: id, .blob)
  }

  /// A commit as text.
  mutating func commit(
    _ id: ObjectID, in repository: borrowing Repository
  ) throws -> CommitText {
    let bytes = try pack[id]?.bytes ?? repository.bytes(of: id, .commit)
    guard let text = CommitText(bytes: bytes) else {
      throw GitError(code: .other(-1), operation: "read commit \(id)", message: "it is broken")
    }
    headers[id] = CommitHeader(tree: text.tree, parents: text.parents)
    return text
  }

  /// A commit's tree and parents.
  mutating func header(
    of id: ObjectID, in repository: borrowing Repository
  ) throws -> CommitHeader {
    if let known = headers[id] { return known }
    let text = try commit(id, in: repository)
    return CommitHeader(tree: text.tree, parents: text.parents)
  }

  /// Adds a folder that was made from another.
  mutating func add(
    _ tree: RawTree, from basis: ObjectID, _ original: RawTree
  ) throws -> ObjectID {
    if tree.bytes.count >= Self.deltaBytes, !original.isEmpty, !pack.contains(basis) {
      try pack.add(original.bytes, .tree)
    }
    let id = try pack.add(tree.bytes, .tree, resembling: basis)
    remember(tree, id)
    return id
  }

  /// Adds a file's content.
  mutating func add(blob bytes: [UInt8]) throws -> ObjectID { try pack.add(bytes, .blob) }

  /// Adds a commit.
  mutating func add(commit bytes: [UInt8]) throws -> ObjectID { try pack.add(bytes, .commit) }

  /// The id of the folder without entries, which becomes part of the pack.
  mutating func emptyTree() throws -> ObjectID {
    if let empty { return empty }
    let id = try pack.add([], .tree)
    empty = id
    return id
  }

  /// Writes what is new as one pack, durably.
  mutating func write(into repository: borrowing Repository) throws {
    try pack.write(into: repository.commonDirectory + "/objects")
    pack = PackWriter()
    empty = nil
  }

  /// Forgets what is new, after a merge that was only looked at.
  mutating func discardNew() {
    pack = PackWriter()
    empty = nil
  }

  /// Forgets what was read if it is more than `bytes`; a later look reads it anew.
  mutating func trim(to bytes: Int) {
    guard cachedBytes > bytes || headers.count > Self.maximumKeptHeaders else { return }
    trees = [:]
    headers = [:]
    cachedBytes = 0
  }

  private mutating func remember(_ tree: RawTree, _ id: ObjectID) {
    if cachedBytes > Self.maximumCachedBytes {
      trees = [:]
      cachedBytes = 0
    }
    trees[id] = tree
    cachedBytes += tree.bytes.count + 64
  }
}

/// The part of a commit that a walk through history needs.
struct CommitHeader {
  let tree: ObjectID
  let parents: [ObjectID]
}
