extension Notes {
  /// The message of every commit that joins two histories of notes.
  private static let joinMessage = "sync: join 2 histories\n"

  /// Joins a fetched commit of notes into a reference: each object's note becomes the union of the lines.
  ///
  /// Needs no common ancestor; everyone who joins the same two commits makes the same third one. Notes are
  /// read under any fan-out and written under 2/38. Returns the reference's new commit, which is the old one
  /// if nothing was added. What is no notes, or breaks a limit, is not joined (see `problem(with:against:)`).
  /// Throws `GitError`, with code `.modified` if other writers were first for all tries.
  @discardableResult
  public static func join(
    _ theirs: ObjectID, into reference: String, in repository: borrowing Repository
  ) throws(GitError) -> ObjectID {
    try untilFirst(in: repository) { repository throws(GitError) in
      try joinOnce(theirs, into: reference, in: repository)
    }
  }

  private static func joinOnce(
    _ theirs: ObjectID, into reference: String, in repository: borrowing Repository
  ) throws(GitError) -> ObjectID {
    let known = try repository.reference(reference)
    if known == theirs { return theirs }
    if let problem = try problem(with: theirs, against: known, in: repository) {
      throw GitError(code: .other(-1), operation: "join notes", message: problem)
    }
    guard let ours = known else {
      try repository.setReference(reference, to: theirs, expecting: nil, log: "orch: notes")
      return theirs
    }
    let (own, other) = (try repository.commit(ours), try repository.commit(theirs))
    var pack = PackWriter()
    let tree = try joined(own.tree, other.tree, &pack, in: repository)
    let base = try repository.mergeBase(ours, theirs)
    if base == theirs, tree == own.tree { return ours }
    if base == ours, tree == other.tree {
      try repository.setReference(reference, to: theirs, expecting: ours, log: "orch: notes")
      return theirs
    }
    let seconds = min(max(own.committer.seconds, other.committer.seconds, 0), 253_402_300_799)
    let orch = Signature(name: "orch", email: "orch@localhost", seconds: seconds)
    let commit = CommitText(
      tree: tree, parents: [ours, theirs].sorted(), author: orch, committer: orch,
      message: joinMessage)
    let id = try pack.add(commit.bytes, .commit)
    try publish(pack, moving: reference, from: ours, to: id, in: repository)
    return id
  }

  /// The tree with the notes of both.
  static func joined(
    _ ours: ObjectID, _ theirs: ObjectID, _ pack: inout PackWriter,
    in repository: borrowing Repository
  ) throws(GitError) -> ObjectID {
    if ours == theirs { return ours }
    let own = try NotesTree(tree: ours, in: repository)
    let other = try NotesTree(tree: theirs, in: repository)
    var result = own
    for prefix in own.prefixes.union(other.prefixes).sorted() {
      let (left, right) = (own.folder(prefix), other.folder(prefix))
      if let left, left == right || !other.prefixes.contains(prefix) { continue }
      if let right, !own.prefixes.contains(prefix) {
        result.set(.init(mode: RawTree.treeMode, name: prefix, id: right))
        continue
      }
      let notes = try own.shard(prefix, in: repository)
        .merging(other.shard(prefix, in: repository)) { $0.union($1) }
      var files: [String: ObjectID] = [:]
      for (name, ids) in notes { files[name] = try union(ids, &pack, in: repository) }
      try result.set(files, for: prefix, in: &pack)
    }
    for entry in other.others {
      guard let known = result.root[entry.name], known != entry else {
        result.set(entry)
        continue
      }
      // Not a note: git carries such entries, and of two the one with the smaller id stays.
      if (entry.id, entry.mode) < (known.id, known.mode) { result.set(entry) }
    }
    return try pack.add(result.root.bytes, .tree)
  }

  /// One note of several: their lines, each once, by their bytes.
  private static func union(
    _ ids: Set<ObjectID>, _ pack: inout PackWriter, in repository: borrowing Repository
  ) throws(GitError) -> ObjectID {
    if let only = ids.first, ids.count == 1 { return only }
    var lines: Set<[UInt8]> = []
    for id in ids {
      for line in try repository.bytes(of: id, .blob).split(separator: 0x0A) {
        lines.insert(Array(line))
      }
    }
    var content: [UInt8] = []
    for line in lines.sorted(by: { $0.lexicographicallyPrecedes($1) }) { content += line + [0x0A] }
    return try pack.add(content, .blob)
  }
}
