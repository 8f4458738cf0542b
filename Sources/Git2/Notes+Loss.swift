extension Notes {
  /// The first object, by its id, whose note has fewer lines in a later commit of notes; nil if there is none.
  ///
  /// Whoever writes notes through `add` and `join` takes no line away. Only folders in which the two differ are
  /// read. Throws `GitError` if objects are missing or are no notes.
  public static func loss(
    from old: ObjectID, to new: ObjectID, in repository: borrowing Repository
  ) throws(GitError) -> String? {
    if old == new { return nil }
    let (before, after) = (
      try NotesTree(of: old, in: repository), try NotesTree(of: new, in: repository)
    )
    for prefix in before.prefixes.sorted() {
      if let folder = before.folder(prefix), folder == after.folder(prefix) { continue }
      let now = try after.shard(prefix, in: repository)
      for (name, ids) in try before.shard(prefix, in: repository).sorted(by: { $0.key < $1.key })
      where now[name] != ids {
        let kept = try lines(now[name] ?? [], in: repository)
        if try !lines(ids, in: repository).isSubset(of: kept) { return prefix + name }
      }
    }
    return nil
  }

  /// All lines of some files.
  private static func lines(
    _ ids: Set<ObjectID>, in repository: borrowing Repository
  ) throws(GitError) -> Set<[UInt8]> {
    var lines: Set<[UInt8]> = []
    for id in ids {
      for line in try repository.bytes(of: id, .blob).split(separator: 0x0A) {
        lines.insert(Array(line))
      }
    }
    return lines
  }
}
