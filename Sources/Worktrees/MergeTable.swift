internal import Git2

/// A merge of three trees path by path, with renames: every path that differs anywhere, and what
/// becomes of it.
///
/// The rules are those of git's own merge (merge-ort), so that verdicts and trees are the same.
struct MergeTable {
  let files: FileMerger
  let folderRenames: FolderRenames.Mode
  let renameLimit: Int
  /// Every path that is not the same in all three trees.
  var states: [[UInt8]: PathState] = [:]
  /// Per side: files that it removed, and those that it added.
  var removed: [MergeSide: [RenameFinder.Candidate]] = [:]
  var added: [MergeSide: [RenameFinder.Candidate]] = [:]
  /// Per side: folders that it removed whole.
  var removedFolders: [MergeSide: [[UInt8]: FolderRenames.Relevance]] = [.ours: [:], .theirs: [:]]

  init(files: FileMerger, folderRenames: FolderRenames.Mode, renameLimit: Int) {
    self.files = files
    self.folderRenames = folderRenames
    self.renameLimit = renameLimit
  }

  /// Merges the changes from `ancestor` to `ours` and to `theirs`.
  mutating func merge(
    _ ancestor: ObjectID?, _ ours: ObjectID, _ theirs: ObjectID, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> MergedTree {
    let folder = FolderState(base: ancestor, ours: ours, theirs: theirs)
    try collect(folder, path: [], watched: .nothing, &objects, in: repository)
    try applyRenames(objects, in: repository)
    return try resolve(onto: ours, &objects, in: repository)
  }

  /// A folder in all three trees.
  struct FolderState {
    var base: ObjectID?
    var ours: ObjectID?
    var theirs: ObjectID?

    /// The side that has the folder while the other one removed it.
    var keeper: MergeSide? {
      guard base != nil, (ours == nil) != (theirs == nil) else { return nil }
      return ours == nil ? .theirs : .ours
    }
  }

  /// Whether files may have to follow a folder that one side removed.
  enum Watch: Equatable {
    /// No folder above was removed by one side.
    case nothing
    /// One was; files that this side adds directly to it will ask where it went.
    case keeper(MergeSide)
    /// Files were added: where every file below went matters.
    case all
  }

  private mutating func collect(
    _ folder: FolderState, path: [UInt8], watched: Watch, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws {
    try TreeDepth.check(path)
    let base = try objects.tree(folder.base, in: repository)
    let ours = try objects.tree(folder.ours, in: repository)
    let theirs = try objects.tree(folder.theirs, in: repository)
    let rows = Self.rows(base, ours, theirs)
    var watched = watched
    if watched != .all, let keeper = folder.keeper { watched = .keeper(keeper) }
    noteRemoval(of: folder, path: path, watched: watched)
    if case .keeper(let keeper) = watched, rows.contains(where: { $0.isAdded(onlyBy: keeper) }) {
      watched = .all
    }
    for row in rows {
      let place = path.isEmpty ? row.name : path + [0x2F] + row.name
      if row.isFolder {
        let below = FolderState(base: row.base?.id, ours: row.ours?.id, theirs: row.theirs?.id)
        try collect(below, path: place, watched: watched, &objects, in: repository)
      } else {
        noteFile(row, place, folder: path, watched: watched)
      }
    }
  }

  private mutating func noteRemoval(of folder: FolderState, path: [UInt8], watched: Watch) {
    guard folder.base != nil else { return }
    let relevance: FolderRenames.Relevance = watched == .all ? .ancestor : .none
    if folder.ours == nil { removedFolders[.ours]?[path] = relevance }
    if folder.theirs == nil { removedFolders[.theirs]?[path] = relevance }
  }

  private mutating func noteFile(
    _ row: Row, _ path: [UInt8], folder: [UInt8], watched: Watch
  ) {
    let state = PathState(
      base: row.base.map(FileVersion.init), ours: row.ours.map(FileVersion.init),
      theirs: row.theirs.map(FileVersion.init))
    states[path] = state
    for side in MergeSide.allCases {
      if watched == .all, row.isAdded(onlyBy: side) { removedFolders[side.other]?[folder] = .own }
      if let base = state.base, state[side] == nil {
        let isRelevant = state[side.other] != base || watched == .all
        removed[side, default: []].append(.init(path: path, version: base, isRelevant: isRelevant))
      }
      if state.base == nil, let version = state[side] {
        added[side, default: []].append(.init(path: path, version: version))
      }
    }
  }

  /// A name in a folder, as a file or as a folder, in all three trees.
  struct Row {
    let name: [UInt8]
    let isFolder: Bool
    var base: RawTree.Entry?
    var ours: RawTree.Entry?
    var theirs: RawTree.Entry?

    /// True for a file that only one side has.
    func isAdded(onlyBy side: MergeSide) -> Bool {
      guard !isFolder, base == nil else { return false }
      return side == .ours ? ours != nil && theirs == nil : theirs != nil && ours == nil
    }
  }

  /// The names that are not the same in all three versions of a folder.
  private static func rows(_ base: RawTree, _ ours: RawTree, _ theirs: RawTree) -> [Row] {
    struct Key: Hashable {
      let name: [UInt8]
      let isFolder: Bool
    }
    var rows: [Key: Row] = [:]
    func note(_ change: TreeChange, _ update: (inout Row, RawTree.Entry?) -> Void) {
      guard let entry = change.new ?? change.old else { return }
      let key = Key(name: entry.name, isFolder: entry.isTree)
      var row =
        rows[key]
        ?? Row(
          name: entry.name, isFolder: entry.isTree, base: change.old, ours: change.old,
          theirs: change.old)
      update(&row, change.new)
      rows[key] = row
    }
    for change in RawTree.changes(from: base, to: ours) { note(change) { $0.ours = $1 } }
    for change in RawTree.changes(from: base, to: theirs) { note(change) { $0.theirs = $1 } }
    return Array(rows.values)
  }
}
