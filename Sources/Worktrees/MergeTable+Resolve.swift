internal import Git2

extension MergeTable {
  /// Decides every path and builds the tree.
  func resolve(
    onto ours: ObjectID, _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> MergedTree {
    var edit = TreeEdit()
    var conflicts: [MergeConflictEntry] = []
    let paths = Set(states.keys).union(removedPaths)
    for path in paths.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard let state = states[path] else {
        edit.set(path, to: nil)
        continue
      }
      let decision = try decide(state, path, &objects, in: repository)
      edit.set(path, to: decision.version)
      if let kind = decision.conflict {
        conflicts.append(
          MergeConflictEntry(
            path: path, kind: kind, detail: state.detail ?? "", state: state, lines: decision.lines)
        )
      }
    }
    let tree = try edit.applied(to: ours, &objects, in: repository)
    for path in edit.collisions {
      conflicts.removeAll { $0.path == path }
      conflicts.append(
        MergeConflictEntry(
          path: path, kind: .fileFolder, detail: "", state: states[path] ?? PathState(), lines: nil)
      )
    }
    return MergedTree(tree: tree, conflicts: conflicts)
  }

  /// Paths that a rename took away.
  private var removedPaths: [[UInt8]] {
    (removed[.ours] ?? []).map(\.path) + (removed[.theirs] ?? []).map(\.path)
  }

  private struct Decision {
    var version: FileVersion?
    var conflict: ConflictKind?
    var lines: LineMerge?
  }

  private func decide(
    _ state: PathState, _ path: [UInt8], _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> Decision {
    guard let forced = state.forced else {
      return try versions(state, path, &objects, in: repository)
    }
    if forced == .renameDelete || forced == .mode {
      return Decision(version: state.ours ?? state.theirs, conflict: forced)
    }
    var decision = try versions(state, path, &objects, in: repository)
    decision.conflict = forced
    return decision
  }

  private func versions(
    _ state: PathState, _ path: [UInt8], _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> Decision {
    if state.ours == state.theirs || state.base == state.theirs {
      return Decision(version: state.ours)
    }
    if state.base == state.ours { return Decision(version: state.theirs) }
    guard let ours = state.ours, let theirs = state.theirs else {
      if let base = state.base, let left = state.ours ?? state.theirs,
        try files.isUnchanged(left, since: base, path: path, &objects, in: repository)
      {
        return Decision(version: nil)
      }
      return Decision(version: state.ours ?? state.theirs, conflict: .deleteModify)
    }
    let merged = try files.merge(
      base: state.base, ours: ours, theirs: theirs, path: path, &objects, in: repository)
    return Decision(version: merged.version, conflict: merged.conflict, lines: merged.lines)
  }
}
