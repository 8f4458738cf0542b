public import Git2
public import Workflow

/// Looks into commits for what they ask for: trailers of the message, marked lines that are new.
public struct CommitScan: Sendable, Hashable {
  /// The most changed files of one commit that are looked into.
  static let maximumFiles = 5000
  /// The deepest folder that is looked into.
  static let maximumDepth = 64
  /// The largest message that is read, in bytes.
  static let maximumMessageBytes = 256 * 1024

  /// Whether trailers count.
  public var trailers = true
  /// Whether marked lines count.
  public var marks = true
  /// Where the commits come from.
  public var source: TaskSource

  /// Looks for both.
  public init(source: TaskSource) { self.source = source }

  /// What a commit asks for.
  ///
  /// Of a merge only lines count that none of its parents has. Throws `GitError` if an object is missing.
  public func asks(of id: ObjectID, in repository: borrowing Repository) throws(GitError) -> [Ask] {
    guard let header = try repository.header(of: id), header.kind == .commit,
      header.size <= Self.maximumMessageBytes
    else { return [] }
    let info = try repository.commit(id)
    let commit = AskingCommit(
      id: id.hex, message: info.message, author: "\(info.author.name) <\(info.author.email)>",
      authoredAt: Int(info.author.seconds))
    var asks = trailers ? AskTrailer.asks(in: commit, source: source) : []
    if marks { asks += try markedAsks(commit, info, in: repository) }
    return asks
  }

  private func markedAsks(
    _ commit: AskingCommit, _ info: CommitInfo, in repository: borrowing Repository
  ) throws(GitError) -> [Ask] {
    // What a shallow clone does not have cannot be compared with.
    let parents = info.parents.filter { repository.contains($0) }
    guard parents.count == info.parents.count else { return [] }
    guard !parents.isEmpty else {
      return try asks(from: nil, to: info.tree, commit, in: repository)
    }
    var result: [Ask]?
    for parent in parents {
      let tree = try repository.commit(parent).tree
      let found = try asks(from: tree, to: info.tree, commit, in: repository)
      let identities = Set(found.map(\.identity))
      result = result?.filter { identities.contains($0.identity) } ?? found
      if result?.isEmpty == true { return [] }
    }
    return result ?? []
  }

  private func asks(
    from old: ObjectID?, to new: ObjectID, _ commit: AskingCommit,
    in repository: borrowing Repository
  ) throws(GitError) -> [Ask] {
    var files = ChangedFiles()
    try files.compare(old, new, path: "", depth: 0, in: repository)
    guard !files.isCut else { return [] }
    let added = try Self.marks(in: files.new, repository)
    guard !added.isEmpty else { return [] }
    let removed = try Self.marks(in: files.old, repository)
    return AskMark.asks(added: added, removed: removed, in: commit, source: source)
  }

  private static func marks(
    in files: [(path: String, id: ObjectID)], _ repository: borrowing Repository
  ) throws(GitError) -> [AskMark] {
    var result: [AskMark] = []
    for file in files {
      guard let header = try repository.header(of: file.id), header.kind == .blob,
        header.size <= AskMark.maximumFileBytes
      else { continue }
      let bytes = try repository.bytes(of: file.id, .blob)
      if AskMark.isIn(bytes) { result += AskMark.all(in: bytes, path: file.path) }
    }
    return result
  }
}

/// The files that differ between two trees, with their old and new contents.
private struct ChangedFiles {
  var old: [(path: String, id: ObjectID)] = []
  var new: [(path: String, id: ObjectID)] = []
  /// True if there are more than are looked into.
  var isCut = false

  mutating func compare(
    _ one: ObjectID?, _ other: ObjectID?, path: String, depth: Int,
    in repository: borrowing Repository
  ) throws(GitError) {
    guard depth < CommitScan.maximumDepth, !isCut else { return }
    let before = try Self.tree(one, repository)
    let after = try Self.tree(other, repository)
    for change in RawTree.changes(from: before, to: after) {
      try take(change, path: path, depth: depth, in: repository)
      if new.count > CommitScan.maximumFiles { isCut = true }
    }
  }

  private mutating func take(
    _ change: TreeChange, path: String, depth: Int, in repository: borrowing Repository
  ) throws(GitError) {
    let name = path + ((change.new ?? change.old)?.text ?? "")
    let folders = (change.old?.isTree == true, change.new?.isTree == true)
    if folders.0 || folders.1 {
      try compare(
        folders.0 ? change.old?.id : nil, folders.1 ? change.new?.id : nil, path: name + "/",
        depth: depth + 1, in: repository)
    }
    if let entry = change.old, Self.isFile(entry) { old.append((name, entry.id)) }
    if let entry = change.new, Self.isFile(entry) { new.append((name, entry.id)) }
  }

  private static func isFile(_ entry: RawTree.Entry) -> Bool {
    entry.mode == 0o100644 || entry.mode == 0o100755
  }

  private static func tree(
    _ id: ObjectID?, _ repository: borrowing Repository
  ) throws(GitError) -> RawTree {
    guard let id else { return RawTree() }
    return try RawTree(bytes: repository.bytes(of: id, .tree))
  }
}
