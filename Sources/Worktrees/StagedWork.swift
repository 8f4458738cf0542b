public import Git2

/// What a snapshot keeps of the index: a commit on the same head, which is a further parent of the snapshot's.
///
/// It is there where the index is neither the head's nor what the files are, as after an edit of a file that was staged:
/// what was staged is nowhere else then.
public enum StagedWork {
  /// What the subject of such a commit begins with; it begins as those of other work that is kept do.
  static let subject = "orch: work that was staged"

  /// The commit that holds the index of a snapshot; nil if it has none.
  public static func commit(
    of snapshot: CommitInfo, in repository: borrowing Repository
  ) throws(GitError) -> CommitInfo? {
    for parent in snapshot.parents.dropFirst() where repository.contains(parent) {
      let info = try repository.commit(parent)
      if info.subject.hasPrefix(subject), info.parents.first == snapshot.parents.first {
        return info
      }
    }
    return nil
  }

  /// The text of the commit that holds an index, its folders added to `pack`; nil if nothing is in the index alone.
  static func text(
    of index: IndexFile, on head: CommitInfo, beside files: ObjectID, by signature: Signature,
    into pack: inout PackWriter, in repository: borrowing Repository
  ) throws -> CommitText? {
    var assembly = TreeAssembly(index, changing: unmerged(index), into: pack)
    guard let tree = try assembly.tree(in: repository).id, tree != head.tree, tree != files else {
      return nil
    }
    pack = assembly.pack
    return CommitText(
      tree: tree, parents: [head.id], author: signature, committer: signature,
      message: subject + "\n")
  }

  /// Files in conflict as the branch that is merged into has them: a commit has no room for all sides.
  private static func unmerged(_ index: IndexFile) -> [ChangedFile] {
    var files: [ChangedFile] = []
    for entry in index.entries where entry.stage != 0 {
      let path = Array(index.path(entry))
      if files.last?.path != path {
        files.append(ChangedFile(path: path, entry: nil, mode: 0, id: nil))
      }
      if entry.stage == 2 {
        files[files.count - 1].mode = entry.mode
        files[files.count - 1].id = entry.id
      }
    }
    return files
  }
}
