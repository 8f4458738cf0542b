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
    try untilFirst(in: repository) { repository throws(GitError) in
      try addOnce(lines, to: reference, by: signature, message: message, in: repository)
    }
  }

  /// Does some work anew while other writers are first.
  static func untilFirst<Result>(
    in repository: borrowing Repository,
    _ work: (borrowing Repository) throws(GitError) -> Result
  ) throws(GitError) -> Result {
    var attempt = 0
    while true {
      attempt += 1
      do throws(GitError) {
        return try work(repository)
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
    var tree = try NotesTree(of: tip, in: repository)
    var pack = PackWriter()
    for (prefix, objects) in Dictionary(grouping: lines.keys, by: { String($0.hex.prefix(2)) }) {
      let shard = try tree.shard(prefix, in: repository)
      var files: [String: ObjectID] = [:]
      for (name, ids) in shard {
        files[name] = try file(ids, adding: [], in: repository, &pack)
      }
      for object in objects {
        let name = String(object.hex.dropFirst(2))
        let new = (lines[object] ?? []).map { ArraySlice($0.utf8) }
        files[name] = try file(shard[name] ?? [], adding: new, in: repository, &pack)
      }
      try tree.set(files, for: prefix, in: &pack)
    }
    let root = try pack.add(tree.root.bytes, .tree)
    let commit = CommitText(
      tree: root, parents: tip.map { [$0] } ?? [], author: signature, committer: signature,
      message: message + "\n")
    let id = try pack.add(commit.bytes, .commit)
    try publish(pack, moving: reference, from: tip, to: id, in: repository)
  }

  /// One file of several under mixed fan-outs, with more lines; one that needs no change is kept.
  private static func file(
    _ ids: Set<ObjectID>, adding new: [ArraySlice<UInt8>], in repository: borrowing Repository,
    _ pack: inout PackWriter
  ) throws(GitError) -> ObjectID {
    if let only = ids.first, ids.count == 1, new.isEmpty { return only }
    var seen: Set<ArraySlice<UInt8>> = []
    var content: [UInt8] = []
    for id in ids.sorted() {
      for line in try repository.bytes(of: id, .blob).split(separator: 0x0A)
      where seen.insert(line).inserted {
        content += line + [0x0A]
      }
    }
    for line in new where seen.insert(line).inserted { content += line + [0x0A] }
    return try pack.add(content, .blob)
  }

  /// Writes the objects durably, then moves the reference from what it was.
  static func publish(
    _ pack: PackWriter, moving reference: String, from tip: ObjectID?, to id: ObjectID,
    in repository: borrowing Repository
  ) throws(GitError) {
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
}
