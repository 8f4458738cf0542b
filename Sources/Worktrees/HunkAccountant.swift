internal import Git2

/// Looks for every change of both sides in a resolved tree.
struct HunkAccountant {
  /// What each side changed since the common ancestor.
  let ours: PatchIdentity
  let theirs: PatchIdentity
  /// Where the resolution differs from what the merge alone came to.
  let resolution: PatchIdentity
  let conflicts: [MergeConflictEntry]
  /// The resolved tree.
  let resolved: ObjectID

  private var entries: [ResolutionAudit.Entry] = []
  private var markers: [ResolutionAudit.Marker] = []
  /// Places in other files at which moved hunks were found.
  private var claimed: Set<String> = []

  init(
    ours: PatchIdentity, theirs: PatchIdentity, resolution: PatchIdentity,
    conflicts: [MergeConflictEntry], resolved: ObjectID
  ) {
    self.ours = ours
    self.theirs = theirs
    self.resolution = resolution
    self.conflicts = conflicts
    self.resolved = resolved
  }

  /// A file of one side with its ancestor and its resolution.
  private struct Versions {
    let side: SideHunk.Side
    let change: PatchIdentity.FileChange
    let other: PatchIdentity.FileChange?
    /// The file in the resolved tree, and where it is.
    let now: FileVersion?
    let place: [UInt8]
  }

  /// Accounts for the files that somebody had to touch, or touched.
  mutating func account(
    givenUp: [String: String], _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> ResolutionAudit {
    let touched = touchedPaths
    let elsewhere = try textsElsewhere(objects, in: repository)
    for (side, own, other) in [(SideHunk.Side.base, ours, theirs), (.branch, theirs, ours)] {
      for change in own.changes where touched.contains(change.path) {
        let place = try self.place(of: change, &objects, in: repository)
        let versions = Versions(
          side: side, change: change, other: other.changes.first { $0.path == change.path },
          now: try objects.file(place, in: resolved, repository), place: place)
        try account(for: versions, elsewhere, objects, in: repository)
      }
    }
    try findMarkers(&objects, in: repository)
    return finished(givenUp)
  }

  /// Paths in conflict, those that the resolution changed beside them, and where they came from.
  private var touchedPaths: Set<[UInt8]> {
    var paths = Set(resolution.paths)
    for conflict in conflicts {
      let state = conflict.state
      paths.formUnion(
        [conflict.path, state.basePath, state.oursPath, state.theirsPath].compactMap { $0 })
    }
    return paths
  }

  private func finished(_ givenUp: [String: String]) -> ResolutionAudit {
    let reasons = givenUp.filter { $0.value.contains { !$0.isWhitespace } }
    let settled = entries.map { entry -> ResolutionAudit.Entry in
      guard let reason = reasons[entry.hunk.name] else { return entry }
      switch entry.fate {
      case .present, .moved, .givenUp: return entry
      case .missing, .reverted, .duplicated:
        return .init(hunk: entry.hunk, fate: .givenUp(reason: reason))
      }
    }
    let names = Set(entries.map(\.hunk.name))
    return ResolutionAudit(
      entries: settled, markers: markers,
      unknownNames: givenUp.keys.filter { !names.contains($0) }.sorted())
  }

  /// Where a file is in the resolved tree: another path if a rename took part in the conflict.
  private func place(
    of change: PatchIdentity.FileChange, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> [UInt8] {
    if try objects.file(change.path, in: resolved, repository) != nil { return change.path }
    for conflict in conflicts {
      let state = conflict.state
      let names = [conflict.path, state.basePath, state.oursPath, state.theirsPath]
      if names.contains(change.path), conflict.path != change.path { return conflict.path }
    }
    return change.path
  }

  /// The texts of all files that the resolution changed: where a moved hunk may be.
  private func textsElsewhere(
    _ objects: MergeObjects, in repository: borrowing Repository
  ) throws -> [HunkLedger.Elsewhere] {
    try resolution.changes.compactMap { change in
      guard let new = change.new, new.isRegular else { return nil }
      let old = change.old.flatMap { $0.isRegular ? $0.id : nil }
      return HunkLedger.Elsewhere(
        path: change.path, before: try old.map { try objects.blob($0, in: repository) } ?? [],
        after: try objects.blob(new.id, in: repository))
    }
  }

  private mutating func account(
    for versions: Versions, _ elsewhere: [HunkLedger.Elsewhere],
    _ objects: MergeObjects, in repository: borrowing Repository
  ) throws {
    let change = versions.change
    let path = String(decoding: change.path, as: UTF8.self)
    func read(_ version: FileVersion?) throws -> [UInt8]? {
      guard let version else { return [] }
      guard version.isRegular else { return nil }
      let bytes = try objects.blob(version.id, in: repository)
      return bytes.prefix(8000).contains(0) ? nil : bytes
    }
    let texts = try (old: read(change.old), new: read(change.new), now: read(versions.now))
    let other = try versions.other.map { try read($0.new) } ?? texts.old
    guard let old = texts.old, let new = texts.new, let now = texts.now, let other,
      change.new != nil, versions.now != nil || !new.isEmpty
    else {
      let fate = wholeFileFate(versions)
      note(SideHunk(side: versions.side, path: path, lines: 0..<0, removed: "", added: ""), fate)
      return
    }
    let ledger = try HunkLedger(old: old, new: new, other: other, now: now)
    for (hunk, found) in ledger.fates(side: versions.side, path: path) {
      var fate = found
      if fate == .missing,
        let place = ledger.place(of: hunk, in: elsewhere, but: versions.place, &claimed)
      {
        fate = .moved(to: place)
      }
      note(hunk, fate)
    }
    if let before = change.old, let after = change.new, before.mode != after.mode,
      versions.now?.mode != after.mode
    {
      note(
        SideHunk(side: versions.side, path: path, lines: 0..<0, removed: "", added: ""), .missing)
    }
  }

  /// The fate of a change that is no text: the file as a whole is that side's, or it is not.
  private func wholeFileFate(_ versions: Versions) -> HunkFate {
    if versions.now == versions.change.new { return .present }
    // A file that one side removed and the other changed is one of the two.
    return .missing
  }

  private mutating func note(_ hunk: SideHunk, _ fate: HunkFate) {
    entries.append(.init(hunk: hunk, fate: fate))
  }

  private mutating func findMarkers(
    _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws {
    let known = Set((ours.changes + theirs.changes).compactMap { $0.new?.id })
    let all = resolution.changes + ours.changes + theirs.changes
    var seen: Set<[UInt8]> = []
    for change in all where seen.insert(change.path).inserted {
      guard let now = try objects.file(change.path, in: resolved, repository), now.isRegular,
        !known.contains(now.id)
      else { continue }
      let text = try objects.blob(now.id, in: repository)
      if text.prefix(8000).contains(0) { continue }
      let (sides, wasInConflict) = try sides(of: change.path, objects, in: repository)
      for line in ConflictImage.markerLines(text, notOf: sides, wasInConflict: wasInConflict) {
        markers.append(.init(path: String(decoding: change.path, as: UTF8.self), line: line))
      }
    }
  }

  /// The texts of a path of which a resolution may have lines that look like markers, and whether it was in conflict.
  private func sides(
    of path: [UInt8], _ objects: MergeObjects, in repository: borrowing Repository
  ) throws -> ([[UInt8]], Bool) {
    let states = conflicts.filter { conflict in
      let state = conflict.state
      return [conflict.path, state.basePath, state.oursPath, state.theirsPath].contains(path)
    }.map(\.state)
    var versions = states.flatMap { [$0.ours, $0.theirs] }
    for side in [ours, theirs] {
      for change in side.changes where change.path == path { versions += [change.old, change.new] }
    }
    if states.isEmpty {
      versions += resolution.changes.filter { $0.path == path }.map(\.old)
    }
    let ids = Set(versions.compactMap { $0 }.filter(\.isRegular).map(\.id))
    return (try ids.map { try objects.blob($0, in: repository) }, !states.isEmpty)
  }
}
