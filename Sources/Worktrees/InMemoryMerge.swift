public import Git2

/// Merges heads without a checkout.
public enum InMemoryMerge {
  /// The tree of both heads' changes since their common ancestor, or why there is none.
  public static func tree(
    base: ObjectID, branch: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> Result<ObjectID, MergeConflict> {
    try translating { () throws -> Result<ObjectID, MergeConflict> in
      var objects = MergeObjects()
      let merge = try TreeMerge(configuredIn: repository)
      let ours = try objects.header(of: base, in: repository).tree
      let theirs = try objects.header(of: branch, in: repository).tree
      let ancestor = try repository.mergeBase(base, branch).map {
        try objects.header(of: $0, in: repository).tree
      }
      let merged = try merge.merge(
        ancestor: ancestor, ours: ours, theirs: theirs, &objects, in: repository)
      guard merged.conflicts.isEmpty else {
        let files = merged.conflicts.map { ConflictFile($0, style: merge.files.style) }
        return .failure(
          MergeConflict(report: ConflictReport(commit: nil, subject: "", files: files)))
      }
      try objects.write(into: repository)
      return .success(merged.tree)
    }
  }

  /// Writes a commit object and moves no reference.
  public static func commit(
    _ text: CommitText, in repository: borrowing Repository
  ) throws(WorktreeError) -> ObjectID {
    try translating {
      var pack = PackWriter()
      let id = try pack.add(text.bytes, .commit)
      try pack.write(into: repository.commonDirectory + "/objects")
      return id
    }
  }
}

/// Two heads that cannot be merged without a decision.
public struct MergeConflict: Error, Sendable, Hashable {
  /// Where and why.
  public let report: ConflictReport
}

extension TreeMerge {
  /// A merge as the repository's configuration asks for it.
  init(configuredIn repository: borrowing Repository) throws {
    let mode = try repository.configurationText("merge.directoryrenames")?.lowercased()
    if ["false", "no", "off", "0"].contains(mode) { folderRenames = .ignore }
  }
}
