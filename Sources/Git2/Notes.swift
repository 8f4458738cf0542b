/// Notes on commits, written so that concurrent writers lose nothing.
///
/// git's own `notes` commands move their reference without looking at its old value and lose data
/// under concurrency; this writer compares and swaps, reads any fan-out, and writes 2/38.
public enum Notes {
  /// How often a write is begun anew because another writer was first.
  public static let maximumTries = 20

  /// The note on an object; nil if there is none.
  public static func read(
    _ object: ObjectID, from reference: String, in repository: borrowing Repository
  ) throws(GitError) -> String? {
    guard let tip = try repository.reference(reference) else { return nil }
    let root = try RawTree(bytes: repository.bytes(of: repository.commit(tip).tree, .tree))
    guard let id = try find(object.hex[...], in: root, repository) else { return nil }
    return String(decoding: try repository.bytes(of: id, .blob), as: UTF8.self)
  }

  /// Adds lines to the notes of objects; lines that a note has already are not doubled.
  ///
  /// Throws `GitError` with code `.modified` if other writers were first for all tries.
  public static func add(
    _ lines: [ObjectID: [String]], to reference: String, by signature: Signature,
    message: String, in repository: borrowing Repository
  ) throws(GitError) {
    guard !lines.isEmpty else { return }
    for attempt in 1...maximumTries {
      do throws(GitError) {
        return try addOnce(
          lines, to: reference, by: signature, message: message, in: repository)
      } catch {
        let isRace = [.modified, .locked, .exists, .notFound].contains(error.code)
        guard isRace, attempt < maximumTries else { throw error }
        DurableFile.pause(milliseconds: Int.random(in: 1...(2 * attempt)))
      }
    }
  }

  private static func addOnce(
    _ lines: [ObjectID: [String]], to reference: String, by signature: Signature,
    message: String, in repository: borrowing Repository
  ) throws(GitError) {
    let tip = try repository.reference(reference)
    var root = RawTree()
    if let tip {
      root = try RawTree(bytes: repository.bytes(of: repository.commit(tip).tree, .tree))
    }
    var pack = PackWriter()
    for (object, new) in lines {
      let name = object.hex
      let old = try find(name[...], in: root, repository)
      var all: [Substring] = []
      if let old {
        all = String(decoding: try repository.bytes(of: old, .blob), as: UTF8.self)
          .split(separator: "\n")
      }
      for line in new where !all.contains(Substring(line)) { all.append(Substring(line)) }
      let blob = try pack.add(Array((all.joined(separator: "\n") + "\n").utf8), .blob)
      root = try removingEveryForm(of: name[...], from: root, &pack, repository)
      var shard = RawTree()
      let shardName = String(name.prefix(2))
      if let entry = root[shardName], entry.isTree {
        shard = try RawTree(bytes: bytes(entry.id, pack, repository))
      }
      shard.set(.init(mode: RawTree.fileMode, name: String(name.dropFirst(2)), id: blob))
      root.set(
        .init(mode: RawTree.treeMode, name: shardName, id: try pack.add(shard.bytes, .tree)))
    }
    let tree = try pack.add(root.bytes, .tree)
    let commit = CommitText(
      tree: tree, parents: tip.map { [$0] } ?? [], author: signature, committer: signature,
      message: message + "\n")
    let id = try pack.add(commit.bytes, .commit)
    do throws(PackError) {
      try pack.write(into: repository.commonDirectory + "/objects")
    } catch {
      throw GitError(code: .other(-1), operation: "write notes", message: "\(error)")
    }
    try repository.setReference(reference, to: id, expecting: tip, log: "orch: notes")
  }

  /// The blob of a name under any fan-out: whole, 2/38, 2/2/36 and so on.
  private static func find(
    _ name: Substring, in tree: RawTree, _ repository: borrowing Repository
  ) throws(GitError) -> ObjectID? {
    if let entry = tree[String(name)], !entry.isTree { return entry.id }
    guard name.count > 2, let entry = tree[String(name.prefix(2))], entry.isTree else {
      return nil
    }
    let below = try RawTree(bytes: repository.bytes(of: entry.id, .tree))
    return try find(name.dropFirst(2), in: below, repository)
  }

  /// The tree without an entry for the name at this level or below: a mixed fan-out confuses git.
  private static func removingEveryForm(
    of name: Substring, from tree: RawTree, _ pack: inout PackWriter,
    _ repository: borrowing Repository
  ) throws(GitError) -> RawTree {
    var tree = tree
    if let entry = tree[String(name)], !entry.isTree { tree.remove(String(name)) }
    guard name.count > 2, let entry = tree[String(name.prefix(2))], entry.isTree else {
      return tree
    }
    let below = try RawTree(bytes: bytes(entry.id, pack, repository))
    let rest = try removingEveryForm(of: name.dropFirst(2), from: below, &pack, repository)
    guard rest != below else { return tree }
    if rest.isEmpty {
      tree.remove(String(name.prefix(2)))
    } else {
      tree.set(
        .init(
          mode: RawTree.treeMode, name: String(name.prefix(2)),
          id: try pack.add(rest.bytes, .tree)))
    }
    return tree
  }

  private static func bytes(
    _ id: ObjectID, _ pack: PackWriter, _ repository: borrowing Repository
  ) throws(GitError) -> [UInt8] {
    if let own = pack[id] { return own.bytes }
    return try repository.bytes(of: id, .tree)
  }
}
