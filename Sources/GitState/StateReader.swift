public import Git2

/// Reads the state as one commit has it; needs no lock and disturbs no writer.
public struct StateReader: Sendable {
  /// The largest file of the state that is read, in bytes.
  public static let maximumFileBytes = 256 * 1024

  /// The commit.
  public let tip: ObjectID
  /// Its tree.
  public let root: ObjectID

  /// Reads the newest state; throws `StateError.notInitialised` if there is none.
  public init(in repository: borrowing Repository) throws(StateError) {
    guard let tip = try Self.tip(in: repository) else {
      throw .notInitialised(repository: repository.commonDirectory)
    }
    try self.init(at: tip, in: repository)
  }

  /// Reads the state as of a commit.
  public init(at tip: ObjectID, in repository: borrowing Repository) throws(StateError) {
    self.tip = tip
    do throws(GitError) {
      root = try repository.commit(tip).tree
    } catch {
      throw .damaged(error)
    }
  }

  /// The newest commit of the state; nil if there is none yet.
  public static func tip(in repository: borrowing Repository) throws(StateError) -> ObjectID? {
    do throws(GitError) {
      return try repository.reference(RefLayout.state)
    } catch {
      throw .git(error)
    }
  }

  /// A record; nil if there is none of that name.
  public func record(
    _ key: RecordKey, in repository: borrowing Repository
  ) throws(StateError) -> Record? {
    guard let folder = try entry(key.path, in: repository), folder.isTree else { return nil }
    return try Self.record(key, folder: folder.id, in: repository)
  }

  /// Every record of a collection, in the order of their names.
  public func records(
    of collection: RecordCollection, in repository: borrowing Repository
  ) throws(StateError) -> [Record] {
    var result: [Record] = []
    for (id, folder) in try folders(of: collection, in: repository) {
      if let record = try Self.record(RecordKey(collection, id), folder: folder, in: repository) {
        result.append(record)
      }
    }
    return result
  }

  /// The names of a collection's records, in order.
  public func ids(
    of collection: RecordCollection, in repository: borrowing Repository
  ) throws(StateError) -> [RecordID] {
    try folders(of: collection, in: repository).map(\.id)
  }

  /// The events of a record in the order of the fold; lines that are not events are left out.
  public func events(
    of key: RecordKey, in repository: borrowing Repository
  ) throws(StateError) -> [Event] {
    guard let log = try entry(key.path + ["log"], in: repository) else { return [] }
    return try Self.events(log: log.id, in: repository).sorted(by: Event.precedes)
  }

  /// A file in a record's folder; nil if it is missing or too large.
  public func file(
    _ path: [String], of key: RecordKey, in repository: borrowing Repository
  ) throws(StateError) -> [UInt8]? {
    guard let entry = try entry(key.path + path, in: repository), !entry.isTree else { return nil }
    return try Self.blob(entry.id, in: repository)
  }

  /// The machines that have begun this state, each before it knew of the others.
  public func beginners(in repository: borrowing Repository) throws(StateError) -> [String] {
    guard let log = try entry(["meta", "log"], in: repository), log.isTree else { return [] }
    return try TreeEditor.read(log.id, in: repository).entries.map(\.text)
      .filter { $0.hasSuffix(".jsonl") }.map { String($0.dropLast(".jsonl".count)) }
  }

  /// A file of the folder `meta`; nil if it is missing or too large.
  public func metaFile(
    _ name: String, in repository: borrowing Repository
  ) throws(StateError) -> [UInt8]? {
    guard let entry = try entry(["meta", name], in: repository), !entry.isTree else { return nil }
    return try Self.blob(entry.id, in: repository)
  }

  /// The names below a folder of a record.
  public func fileNames(
    _ path: [String], of key: RecordKey, in repository: borrowing Repository
  ) throws(StateError) -> [String] {
    guard let entry = try entry(key.path + path, in: repository), entry.isTree else { return [] }
    return try TreeEditor.read(entry.id, in: repository).entries.map(\.text)
  }

  /// The records whose folders differ between this state and an earlier one.
  ///
  /// Descends only where the trees differ, so the cost follows the changes.
  public func changedRecords(
    since earlier: StateReader, of collection: RecordCollection, in repository: borrowing Repository
  ) throws(StateError) -> [RecordID] {
    let path = [collection.rawValue]
    let new = try entry(path, in: repository).flatMap { $0.isTree ? $0.id : nil }
    let old = try earlier.entry(path, in: repository).flatMap { $0.isTree ? $0.id : nil }
    var changed: Set<RecordID> = []
    for shard in try Self.differences(new, old, in: repository) {
      for folder in try Self.differences(shard.new, shard.old, in: repository) {
        if let id = RecordID(String(decoding: folder.name, as: UTF8.self)) { changed.insert(id) }
      }
    }
    return changed.sorted()
  }

  /// The record whose name begins with `prefix`; throws if there is none or several.
  public func resolve(
    _ prefix: String, in collection: RecordCollection, _ repository: borrowing Repository
  ) throws(StateError) -> RecordID {
    let text = prefix.lowercased()
    guard !text.isEmpty, text.utf8.count <= RecordID.digitCount,
      text.utf8.allSatisfy(RecordID.isDigit)
    else { throw .noSuchRecord(prefix) }
    let shards = try shards(of: collection, in: repository)
    var found: [RecordID] = []
    for (shard, tree) in shards where shard.hasPrefix(text.prefix(2)) {
      found += try Self.folders(inShard: tree, in: repository).keys.filter {
        $0.text.hasPrefix(text)
      }
    }
    guard let only = found.first else { throw .noSuchRecord(prefix) }
    guard found.count == 1 else {
      throw .ambiguousRecord(prefix, candidates: found.sorted().map(\.text))
    }
    return only
  }
}

extension StateReader {
  /// The folders that differ between two folders, each of which may be missing.
  private static func differences(
    _ new: ObjectID?, _ old: ObjectID?, in repository: borrowing Repository
  ) throws(StateError) -> [(name: [UInt8], new: ObjectID?, old: ObjectID?)] {
    let newTree = try new.map { id throws(StateError) in try TreeEditor.read(id, in: repository) }
    let oldTree = try old.map { id throws(StateError) in try TreeEditor.read(id, in: repository) }
    let (own, other) = (newTree ?? RawTree(), oldTree ?? RawTree())
    let added = own.entries(notIn: other).filter(\.isTree)
    let gone = other.entries(notIn: own).filter { $0.isTree && own[$0.name]?.isTree != true }
    return added.map { entry in
      (entry.name, entry.id, other[entry.name].flatMap { $0.isTree ? $0.id : nil })
    } + gone.map { ($0.name, nil, $0.id) }
  }

  private func entry(
    _ path: [String], in repository: borrowing Repository
  ) throws(StateError) -> RawTree.Entry? {
    var tree = root
    var found: RawTree.Entry?
    for (depth, name) in path.enumerated() {
      guard let entry = try TreeEditor.read(tree, in: repository)[name] else { return nil }
      guard depth == path.count - 1 || entry.isTree else { return nil }
      tree = entry.id
      found = entry
    }
    return found
  }

  private func shards(
    of collection: RecordCollection, in repository: borrowing Repository
  ) throws(StateError) -> [String: ObjectID] {
    guard let entry = try entry([collection.rawValue], in: repository), entry.isTree else {
      return [:]
    }
    let shards = try TreeEditor.read(entry.id, in: repository).entries.filter(\.isTree)
    return Dictionary(shards.map { ($0.text, $0.id) }, uniquingKeysWith: { first, _ in first })
  }

  private static func folders(
    inShard shard: ObjectID?, in repository: borrowing Repository
  ) throws(StateError) -> [RecordID: ObjectID] {
    guard let shard else { return [:] }
    var result: [RecordID: ObjectID] = [:]
    for entry in try TreeEditor.read(shard, in: repository).entries where entry.isTree {
      if let id = RecordID(entry.text) { result[id] = entry.id }
    }
    return result
  }

  private func folders(
    of collection: RecordCollection, in repository: borrowing Repository
  ) throws(StateError) -> [(id: RecordID, folder: ObjectID)] {
    var result: [(id: RecordID, folder: ObjectID)] = []
    for shard in try shards(of: collection, in: repository).values {
      let folders = try Self.folders(inShard: shard, in: repository)
      result += folders.map { (id: $0.key, folder: $0.value) }
    }
    return result.sorted { $0.id < $1.id }
  }

  /// The record in a folder: its snapshot if that fits the log, else the fold of the log.
  static func record(
    _ key: RecordKey, folder: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> Record? {
    try stored(key, folder: folder, in: repository)?.record
  }

  /// A record, and whether its snapshot is by a newer fold, so that this version must not replace it.
  static func stored(
    _ key: RecordKey, folder: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> (record: Record, hasNewerSnapshot: Bool)? {
    let tree = try TreeEditor.read(folder, in: repository)
    guard let log = tree["log"], log.isTree else { return nil }
    var hasNewerSnapshot = false
    if let snapshot = tree[key.collection.snapshotName], !snapshot.isTree,
      let bytes = try blob(snapshot.id, in: repository)
    {
      if let record = Record(snapshot: bytes, key: key, log: log.id) { return (record, false) }
      hasNewerSnapshot = Record.fold(ofSnapshot: bytes) > Record.foldVersion
    }
    let record = Record.folding(try events(log: log.id, in: repository), key: key)
    return (record, hasNewerSnapshot)
  }

  static func events(
    log: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> [Event] {
    var events: [Event] = []
    for entry in try TreeEditor.read(log, in: repository).entries
    where !entry.isTree && entry.text.hasSuffix(".jsonl") {
      guard let bytes = try blob(entry.id, in: repository) else { continue }
      events += bytes.split(separator: 0x0A).compactMap(Event.init(line:))
    }
    return events
  }

  static func blob(
    _ id: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> [UInt8]? {
    do throws(GitError) {
      guard let header = try repository.header(of: id), header.kind == .blob,
        header.size <= maximumFileBytes
      else { return nil }
      return try repository.bytes(of: id, .blob)
    } catch {
      throw .damaged(error)
    }
  }
}
