internal import Git2

/// A merged tree, and what in it needs a decision.
struct MergedTree {
  /// The tree; paths in conflict hold what git shows in a worktree.
  let tree: ObjectID
  /// What could not be merged, by path; empty if all fits.
  let conflicts: [MergeConflictEntry]
}

/// A path in conflict with everything that is needed to describe it and to lay it out.
struct MergeConflictEntry {
  let path: [UInt8]
  let kind: ConflictKind
  let detail: String
  let state: PathState
  let lines: LineMerge?
}

/// Merges three trees by descending only where both sides differ from their ancestor.
///
/// Nothing is written. Where only files that both sides have were changed, folders are patched on the
/// way; everything else (a file that one side removed, added or retyped against a change of the other)
/// may be explained by a rename and is decided by `MergeTable`, as git's own merge would.
struct TreeMerge {
  /// How files are merged.
  var files = FileMerger()
  /// How renamed folders are treated.
  var folderRenames = FolderRenames.Mode.conflict
  /// More pairs of files than the square of this are not compared.
  var renameLimit = RenameFinder.standardLimit

  /// Merges the changes from `ancestor` to `ours` and to `theirs`; nil is the empty tree.
  func merge(
    ancestor: ObjectID?, ours: ObjectID, theirs: ObjectID, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> MergedTree {
    var merger = self
    merger.files.attributes.tree = ours
    if let tree = try merger.quick(
      ancestor, ours, theirs, path: [], &objects, in: repository)
    {
      return MergedTree(tree: try tree ?? objects.emptyTree(), conflicts: [])
    }
    var table = MergeTable(
      files: merger.files, folderRenames: folderRenames, renameLimit: renameLimit)
    return try table.merge(ancestor, ours, theirs, &objects, in: repository)
  }

  /// The merged folder, nil inside if it became empty; nil outside if it is not that simple.
  private func quick(
    _ base: ObjectID?, _ ours: ObjectID, _ theirs: ObjectID, path: [UInt8],
    _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> ObjectID?? {
    try TreeDepth.check(path)
    if base == theirs { return .some(.some(ours)) }
    if base == ours { return .some(.some(theirs)) }
    let before = try objects.tree(base, in: repository)
    if ours == theirs {
      let removes = try Self.removesFiles(before, ours, path: path, &objects, in: repository)
      return removes ? nil : .some(.some(ours))
    }
    let mine = try objects.tree(ours, in: repository)
    let its = try objects.tree(theirs, in: repository)
    var edits: [TreeChange] = []
    for change in RawTree.changes(from: before, to: its) {
      guard let entry = change.new ?? change.old else { continue }
      let found = mine[entry.name]
      let own = found?.isTree == entry.isTree ? found : nil
      guard
        let edit = try quickEntry(
          change, own, isOccupied: own == nil && found != nil, path: path, &objects,
          in: repository)
      else { return nil }
      if let edit = edit { edits.append(edit) }
    }
    let result = mine.applying(edits)
    if result.isEmpty { return .some(nil) }
    return .some(.some(try objects.add(result, from: ours, mine)))
  }

  /// What to do about one entry that theirs changed: nil inside for nothing, nil outside if unclear.
  private func quickEntry(
    _ change: TreeChange, _ own: RawTree.Entry?, isOccupied: Bool, path: [UInt8],
    _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> TreeChange?? {
    if own == change.old {
      // Theirs adds a file where ours has a folder, or the reverse.
      if change.old == nil, isOccupied { return nil }
      return .some(change)
    }
    // Removed by both: one of them may have renamed it.
    guard let own, let new = change.new else { return nil }
    let place = path.isEmpty ? own.name : path + [0x2F] + own.name
    if own.isTree, new.isTree {
      guard
        let merged = try quick(
          change.old?.id, own.id, new.id, path: place, &objects, in: repository)
      else { return nil }
      guard merged != own.id else { return .some(nil) }
      let entry = merged.map { RawTree.Entry(mode: RawTree.treeMode, name: own.name, id: $0) }
      return .some(TreeChange(old: own, new: entry))
    }
    if own == new { return .some(nil) }
    guard let old = change.old, Self.isPlain(old), Self.isPlain(own), Self.isPlain(new) else {
      return nil
    }
    let merged = try files.merge(
      base: FileVersion(old), ours: FileVersion(own), theirs: FileVersion(new), path: place,
      &objects, in: repository)
    guard merged.conflict == nil else { return nil }
    let entry = RawTree.Entry(mode: merged.version.mode, name: own.name, id: merged.version.id)
    return .some(entry == own ? nil : TreeChange(old: own, new: entry))
  }

  private static func isPlain(_ entry: RawTree.Entry) -> Bool {
    entry.mode == RawTree.fileMode || entry.mode == 0o100755
  }

  /// True if a file of `before` is missing in the folder `after`.
  private static func removesFiles(
    _ before: RawTree, _ after: ObjectID, path: [UInt8], _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> Bool {
    try TreeDepth.check(path)
    for change in RawTree.changes(from: before, to: try objects.tree(after, in: repository)) {
      guard let old = change.old else { continue }
      guard let new = change.new else { return true }
      guard old.isTree, new.isTree else { continue }
      let below = try objects.tree(old.id, in: repository)
      let place = path.isEmpty ? new.name : path + [0x2F] + new.name
      if try removesFiles(below, new.id, path: place, &objects, in: repository) { return true }
    }
    return false
  }
}
