internal import Git2

extension MergeTable {
  /// Finds renames on both sides and joins the paths that they connect.
  mutating func applyRenames(
    _ objects: MergeObjects, in repository: borrowing Repository
  ) throws {
    var renames: [MergeSide: [[UInt8]: [UInt8]]] = [:]
    for side in MergeSide.allCases {
      renames[side] = try RenameFinder.renames(
        removed: removed[side] ?? [], added: added[side] ?? [], limit: renameLimit,
        objects: objects, in: repository)
    }
    let ours = renames[.ours] ?? [:]
    let theirs = renames[.theirs] ?? [:]
    if folderRenames == .conflict { noteMovedFolders(ours: ours, theirs: theirs) }
    for old in Set(ours.keys).union(theirs.keys).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      switch (ours[old], theirs[old]) {
      case (let mine?, let its?) where mine == its: joinEqual(old, mine)
      case (let mine?, let its?): joinDiverged(old, mine, its)
      case (let new?, nil): joinOneSided(old, new, by: .ours)
      case (nil, let new?): joinOneSided(old, new, by: .theirs)
      case (nil, nil): continue
      }
    }
  }

  /// Both sides renamed it to the same path.
  private mutating func joinEqual(_ old: [UInt8], _ new: [UInt8]) {
    guard let source = states.removeValue(forKey: old) else { return }
    states[new]?.base = source.base
    states[new]?.basePath = old
  }

  /// Both sides renamed it, to different paths.
  private mutating func joinDiverged(_ old: [UInt8], _ mine: [UInt8], _ its: [UInt8]) {
    let names = "'\(text(old))' became '\(text(mine))' here and '\(text(its))' there"
    for path in [old, mine, its] {
      states[path]?.forced = .rename
      states[path]?.detail = names
    }
  }

  private mutating func joinOneSided(_ old: [UInt8], _ new: [UInt8], by side: MergeSide) {
    guard let source = states[old], var target = states[new], let version = target[side] else {
      return
    }
    let kept = source[side.other]
    if let kept, kept.isRegular != version.isRegular {
      // Renamed here, retyped there: the old path is an addition of the other side. If that side has
      // the new path too, it renamed the file before it put something else in the old place.
      target.base = source.base
      target.basePath = old
      if target[side.other] == nil { target.forced = .mode }
      states[old]?.base = nil
      states[new] = target
      return
    }
    if let found = target[side.other], !isFilled(found, by: version, source, kept) {
      // Both sides have the same file there, and nothing of the old one is lost.
      if found == version, kept == source.base {
        states[old] = nil
        return
      }
      target.forced = .rename
      target.detail = "'\(text(old))' was renamed to '\(text(new))', which the other side has too"
      if kept == nil { target.detail = "\(target.detail ?? ""), and removed '\(text(old))'" }
    } else if let kept {
      target.base = source.base
      target.basePath = old
      target[side.other] = kept
      target.setPath(old, of: side.other)
      if kept.type != version.type {
        // A link or a submodule that became the other one there: that it was left alone here settles nothing.
        target.forced = .mode
        target.detail = "'\(text(old))' was renamed to '\(text(new))', and is of another kind there"
      }
    } else {
      target.base = source.base
      target.basePath = old
      target.forced = .renameDelete
      target.detail = "'\(text(old))' was renamed to '\(text(new))' and removed by the other side"
    }
    states[new] = target
    states[old] = nil
  }

  /// True if an empty new file gives way to what the other side moves to its path: nothing of it is lost.
  private func isFilled(
    _ found: FileVersion, by version: FileVersion, _ source: PathState, _ kept: FileVersion?
  ) -> Bool {
    guard found.isEmpty, let kept, let base = source.base else { return false }
    return found.mode == (version.mode == base.mode ? kept.mode : version.mode)
  }

  /// Marks files that one side put into a folder which the other side moved away.
  private mutating func noteMovedFolders(
    ours: [[UInt8]: [UInt8]], theirs: [[UInt8]: [UInt8]]
  ) {
    var mine = FolderRenames(renames: ours, removed: removedFolders[.ours] ?? [:])
    var its = FolderRenames(renames: theirs, removed: removedFolders[.theirs] ?? [:])
    for folder in mine.splits { noteSplit(folder, by: .ours) }
    for folder in its.splits { noteSplit(folder, by: .theirs) }
    FolderRenames.removeCommon(&mine, &its)
    for (side, own, other) in [(MergeSide.ours, mine, its), (.theirs, its, mine)] {
      guard !other.targets.isEmpty else { continue }
      for file in added[side] ?? [] {
        guard let place = other.place(of: file.path, own: own), place != file.path else { continue }
        states[file.path]?.forced = .folder
        states[file.path]?.detail =
          "the folder was moved by the other side: the file may belong at '\(text(place))'"
      }
    }
  }

  /// A folder whose files one side moved to several places: where what the other added to it belongs is unclear.
  ///
  /// git stops at it even if nothing was added to it; there is nothing to decide then.
  private mutating func noteSplit(_ folder: [UInt8], by side: MergeSide) {
    let start = folder.isEmpty ? [] : folder + [0x2F]
    for file in added[side.other] ?? [] where file.path.starts(with: start) {
      states[file.path]?.forced = .folder
      states[file.path]?.detail =
        "the files of '\(text(folder))' were moved to several places: where does this one belong?"
    }
  }
}

/// A path for a person.
private func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
