/// The notes of one tree, read under any fan-out and written under 2/38.
///
/// A folder of notes on objects that begin with other digits is neither read nor written, so the cost
/// follows the notes that change.
struct NotesTree {
  /// Notes on objects with the same first two digits: the other digits and the note's file.
  typealias Shard = [String: Set<ObjectID>]

  private(set) var root: RawTree

  /// The notes of a commit; nil for none yet.
  init(of tip: ObjectID?, in repository: borrowing Repository) throws(GitError) {
    if let tip {
      try self.init(tree: repository.commit(tip).tree, in: repository)
    } else {
      self.init()
    }
  }

  /// The notes of a tree.
  init(tree: ObjectID, in repository: borrowing Repository) throws(GitError) {
    root = try RawTree(bytes: repository.bytes(of: tree, .tree))
  }

  private init() { root = RawTree() }

  /// The files of the notes on objects that begin with two digits; several only if fan-outs are mixed.
  func shard(
    _ prefix: String, in repository: borrowing Repository
  ) throws(GitError) -> Shard {
    var shard: Shard = [:]
    for entry in root.entries where !entry.isTree {
      let name = entry.text
      guard Self.isDigits(name, count: 40), name.hasPrefix(prefix) else { continue }
      shard[String(name.dropFirst(2)), default: []].insert(entry.id)
    }
    if let folder = root[prefix], folder.isTree {
      try Self.collect(folder.id, "", into: &shard, in: repository)
    }
    return shard
  }

  /// The first two digits of every object that has a note.
  var prefixes: Set<String> {
    var prefixes: Set<String> = []
    for entry in root.entries {
      let name = entry.text
      if Self.isDigits(name, count: entry.isTree ? 2 : 40) {
        prefixes.insert(String(name.prefix(2)))
      }
    }
    return prefixes
  }

  /// Entries at the top that are no notes; git carries them and so does a join.
  var others: [RawTree.Entry] {
    root.entries.filter { !Self.isDigits($0.text, count: $0.isTree ? 2 : 40) }
  }

  /// The folder of notes for two digits, if those notes are in no other place.
  func folder(_ prefix: String) -> ObjectID? {
    let isMixed = root.entries.contains { entry in
      !entry.isTree && Self.isDigits(entry.text, count: 40) && entry.text.hasPrefix(prefix)
    }
    guard !isMixed, let entry = root[prefix], entry.isTree else { return nil }
    return entry.id
  }

  /// Replaces the notes for two digits by one file each, under 2/38.
  mutating func set(
    _ notes: [String: ObjectID], for prefix: String, in pack: inout PackWriter
  ) throws(GitError) {
    for entry in root.entries where !entry.isTree {
      if Self.isDigits(entry.text, count: 40), entry.text.hasPrefix(prefix) {
        root.remove(entry.name)
      }
    }
    let files = notes.map { RawTree.Entry(mode: RawTree.fileMode, name: $0.key, id: $0.value) }
    let id = try pack.add(RawTree(files).bytes, .tree)
    root.set(.init(mode: RawTree.treeMode, name: prefix, id: id))
  }

  /// Takes over an entry as it is.
  mutating func set(_ entry: RawTree.Entry) { root.set(entry) }

  private static func collect(
    _ folder: ObjectID, _ digits: String, into shard: inout Shard,
    in repository: borrowing Repository
  ) throws(GitError) {
    for entry in try RawTree(bytes: repository.bytes(of: folder, .tree)).entries {
      let name = digits + entry.text
      if entry.isTree, isDigits(entry.text, count: 2), name.utf8.count < 38 {
        try collect(entry.id, name, into: &shard, in: repository)
      } else if !entry.isTree, isDigits(name, count: 38) {
        shard[name, default: []].insert(entry.id)
      }
    }
  }

  private static func isDigits(_ text: String, count: Int) -> Bool {
    text.utf8.count == count
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      }
  }
}
