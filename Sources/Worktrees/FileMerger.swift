internal import Git2

/// What came of two versions of one file.
struct FileMergeResult {
  /// What stands in the merged tree; where there is a conflict, what git shows in the worktree.
  let version: FileVersion
  /// Why a person must look; nil if the versions fit.
  let conflict: ConflictKind?
  /// The line by line merge, if it was made and did not fit.
  let lines: LineMerge?

  init(_ version: FileVersion, conflict: ConflictKind? = nil, lines: LineMerge? = nil) {
    self.version = version
    self.conflict = conflict
    self.lines = lines
  }
}

/// Merges the versions of one path.
struct FileMerger {
  /// The largest file that is merged line by line, in bytes: git's own limit is just below 1 GiB.
  static let maximumBytes = 1 << 28

  /// How conflicts are shown.
  var style = ConflictStyle()
  /// What `.gitattributes` say about merging.
  var attributes = MergeAttributes()

  /// Merges two versions that are both there; `base` is nil if both sides added the path.
  func merge(
    base: FileVersion?, ours: FileVersion, theirs: FileVersion, path: [UInt8],
    _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> FileMergeResult {
    guard ours.type == theirs.type else { return FileMergeResult(ours, conflict: .mode) }
    var mode = theirs.mode
    var fits = true
    if ours.mode != theirs.mode, ours.mode != base?.mode {
      mode = ours.mode
      fits = theirs.mode == base?.mode
    }
    let modeConflict: ConflictKind? = fits ? nil : base == nil ? .addAdd : .mode
    if ours.id == theirs.id || ours.id == base?.id {
      return FileMergeResult(FileVersion(mode: mode, id: theirs.id), conflict: modeConflict)
    }
    if theirs.id == base?.id {
      return FileMergeResult(FileVersion(mode: mode, id: ours.id), conflict: modeConflict)
    }
    let unmerged = FileVersion(mode: mode, id: ours.id)
    if ours.isSubmodule { return FileMergeResult(unmerged, conflict: .submodule) }
    guard ours.isRegular else { return FileMergeResult(unmerged, conflict: .link) }
    let merged = try mergeTexts(base, ours, theirs, path: path, &objects, in: repository)
    return FileMergeResult(
      FileVersion(mode: mode, id: merged.version.id), conflict: merged.conflict ?? modeConflict,
      lines: merged.lines)
  }

  /// True if a version says what the one before it says, but for line ends that count for nothing.
  func isUnchanged(
    _ version: FileVersion, since base: FileVersion, path: [UInt8], _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> Bool {
    guard version.isRegular, version.mode == base.mode, attributes.renormalizes else {
      return false
    }
    let texts = try attributes.normalized(
      [
        objects.blob(version.id, in: repository), objects.blob(base.id, in: repository),
      ], of: path, &objects, in: repository)
    return texts[0] == texts[1]
  }

  private func mergeTexts(
    _ base: FileVersion?, _ ours: FileVersion, _ theirs: FileVersion, path: [UInt8],
    _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> FileMergeResult {
    let driver = try attributes.driver(for: path, &objects, in: repository)
    let hasText = base?.isRegular == true
    let stored = [
      try hasText ? base.map { try objects.blob($0.id, in: repository) } ?? [] : [],
      try objects.blob(ours.id, in: repository), try objects.blob(theirs.id, in: repository),
    ]
    let versions = try attributes.normalized(stored, of: path, &objects, in: repository)
    let (before, mine, its) = (versions[0], versions[1], versions[2])
    let isBinary =
      driver == .binary
      || [before, mine, its].contains {
        $0.count > Self.maximumBytes || $0.prefix(8000).contains(0)
      }
    if driver == .program { return FileMergeResult(ours, conflict: .content) }
    if isBinary { return FileMergeResult(ours, conflict: .binary) }
    let lines = try LineMerge(
      base: before, ours: mine, theirs: its, isNarrowed: style.baseLabel == nil)
    if driver == .union {
      return FileMergeResult(
        FileVersion(mode: ours.mode, id: try objects.add(blob: lines.union())))
    }
    let id = try objects.add(blob: lines.text(style))
    return FileMergeResult(
      FileVersion(mode: ours.mode, id: id),
      conflict: lines.isClean ? nil : base == nil ? .addAdd : .content,
      lines: lines.isClean ? nil : lines)
  }
}
