internal import CGit2

/// The versions of one path that an index keeps while they are in conflict.
public struct ConflictStages: Sendable, Hashable {
  /// The path.
  public let path: [UInt8]
  /// The common ancestor's version: stage 1.
  public let base: RawTree.Entry?
  /// The version of what the change is applied to: stage 2.
  public let ours: RawTree.Entry?
  /// The change's version: stage 3.
  public let theirs: RawTree.Entry?

  /// All parts; of the entries, mode and id count.
  public init(
    path: [UInt8], base: RawTree.Entry?, ours: RawTree.Entry?, theirs: RawTree.Entry?
  ) {
    self.path = path
    self.base = base
    self.ours = ours
    self.theirs = theirs
  }
}

extension Repository {
  /// Puts HEAD on a commit without a branch; files and index stay.
  public func detachHead(at commit: ObjectID) throws(GitError) {
    var oid = commit.oid
    try check(git_repository_set_head_detached(raw, &oid), "detach HEAD at \(commit)")
  }

  /// Records paths in the index as in conflict, in place of what it has there.
  public func recordConflicts(_ conflicts: [ConflictStages]) throws(GitError) {
    let raw = raw
    let index = try Handle<IndexKind>("read the index") { git_repository_index($0, raw) }
    let pointer = index.pointer
    try check(git_index_read(pointer, 1), "read the index")
    for conflict in conflicts {
      let path = conflict.path.map { CChar(bitPattern: $0) } + [0]
      git_index_remove(pointer, path, 0)
      git_error_clear()
      for (stage, entry) in [(1, conflict.base), (2, conflict.ours), (3, conflict.theirs)] {
        guard let entry else { continue }
        let status = path.withUnsafeBufferPointer { name in
          var record = git_index_entry()
          record.path = name.baseAddress
          record.mode = entry.mode
          record.id = entry.id.oid
          record.flags = UInt16(stage << 12)
          return git_index_add(pointer, &record)
        }
        try check(status, "record a conflict in the index")
      }
    }
    try check(git_index_write(pointer), "write the index")
    index.end()
  }
}
