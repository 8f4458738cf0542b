internal import Git2

extension ResolutionStore {
  /// A merge with every conflict resolved as before; nil if one of them is new.
  func settled(
    _ merged: MergedTree, _ style: ConflictStyle, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> MergedTree? {
    guard !isEmpty else { return nil }
    var edit = TreeEdit()
    for conflict in merged.conflicts {
      guard let lines = conflict.lines, conflict.isOfLines, let mode = conflict.state.ours?.mode,
        let text = try resolve(lines.text(style))
      else { return nil }
      edit.set(conflict.path, to: FileVersion(mode: mode, id: try objects.add(blob: text)))
    }
    let tree = try edit.applied(to: merged.tree, &objects, in: repository)
    return MergedTree(tree: tree, conflicts: [])
  }
}

extension MergeConflictEntry {
  /// True if lines are in conflict and nothing else: what a resolution of the text settles.
  var isOfLines: Bool { kind == .content || kind == .addAdd }
}

/// Conflict markers in files.
public enum ConflictMarkers {
  /// The lines, counted from 1, that look like a conflict's markers.
  public static func lines(in text: [UInt8]) -> [Int] { ConflictImage.markerLines(text) }
}
