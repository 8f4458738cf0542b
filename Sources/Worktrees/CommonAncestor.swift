internal import Git2

/// The tree that a merge of two heads begins at.
struct CommonAncestor {
  /// The tree; nil if the heads have no common ancestor.
  let tree: ObjectID?
  /// What could not be merged where there are several ancestors, and is not told by lines: a person must look.
  let unclear: [MergeConflictEntry]
}

extension TreeMerge {
  /// The most merges of ancestors that lie within each other.
  private static let maximumDepth = 64

  /// The common ancestor of two heads; several are merged into one, as git's merges do (merge-ort, "recursive").
  ///
  /// Conflicts of lines stay in the merged ancestor as marked text, of other files it has the version before both.
  func ancestor(
    of one: ObjectID, _ other: ObjectID, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> CommonAncestor {
    try ancestor(of: one, [other], depth: 0, &objects, in: repository)
  }

  private func ancestor(
    of one: ObjectID, _ others: [ObjectID], depth: Int, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> CommonAncestor {
    // Oldest first, as git does.
    let bases = Array(try repository.mergeBases(of: one, andMergeOf: others).reversed())
    guard let first = bases.first else { return CommonAncestor(tree: nil, unclear: []) }
    guard depth < Self.maximumDepth else {
      throw WorktreeError.refused(
        path: one.hex, reason: "it and its base were merged into each other too often")
    }
    var tree = try objects.header(of: first, in: repository).tree
    var unclear: [MergeConflictEntry] = []
    for (index, next) in bases.enumerated().dropFirst() {
      let below = try ancestor(
        of: next, Array(bases[..<index]), depth: depth + 1, &objects, in: repository)
      var merge = self
      merge.folderRenames = .ignore
      merge.files.style = ConflictStyle(
        oursLabel: "Temporary merge branch 1", theirsLabel: "Temporary merge branch 2",
        markerSize: 7 + 2 * (depth + 1))
      let merged = try merge.merge(
        ancestor: below.tree, ours: tree, theirs: objects.header(of: next, in: repository).tree,
        &objects, in: repository)
      let settled = try merge.settledForAncestor(merged, &objects, in: repository)
      tree = settled.tree
      unclear += below.unclear + settled.conflicts
    }
    return CommonAncestor(tree: tree, unclear: unclear)
  }

  /// A merge of ancestors with its conflicts settled as far as that says nothing that is not so.
  private func settledForAncestor(
    _ merged: MergedTree, _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> MergedTree {
    var edit = TreeEdit()
    var unclear: [MergeConflictEntry] = []
    for conflict in merged.conflicts {
      let state = conflict.state
      let isRenamed = [state.basePath, state.oursPath, state.theirsPath].contains { $0 != nil }
      switch conflict.kind {
      case .content, .addAdd:
        if conflict.lines == nil { unclear.append(conflict) }
      case .deleteModify, .binary, .submodule, .link:
        if isRenamed || state.base == nil {
          unclear.append(conflict)
        } else {
          edit.set(conflict.path, to: state.base)
        }
      case .mode, .rename, .renameDelete, .folder, .fileFolder: unclear.append(conflict)
      }
    }
    return MergedTree(
      tree: try edit.applied(to: merged.tree, &objects, in: repository), conflicts: unclear)
  }
}
