internal import Git2

/// Which paths a branch changed since an ancestor: whether two branches can collide at all.
struct BranchChanges: Sendable {
  /// The branch's tree.
  let tree: ObjectID
  /// The files that differ.
  private let files: Set<[UInt8]>
  /// The folders above them.
  private let folders: Set<[UInt8]>
  /// Folders that the branch removed: whatever the other puts into them belongs elsewhere.
  private let removedFolders: Set<[UInt8]>

  init(
    since ancestor: ObjectID?, _ head: ObjectID, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws {
    tree = try objects.header(of: head, in: repository).tree
    let before = try ancestor.map { try objects.header(of: $0, in: repository).tree }
    let difference = try PatchIdentity(from: before, to: tree, &objects, in: repository)
    files = Set(difference.paths)
    folders = Set(difference.paths.flatMap(Self.parents))
    var removed: Set<[UInt8]> = []
    for change in difference.changes where change.new == nil {
      for folder in Self.parents(of: change.path) where !removed.contains(folder) {
        if try !Self.has(folder, tree, &objects, in: repository) { removed.insert(folder) }
      }
    }
    removedFolders = removed
  }

  /// The number of paths that it holds.
  var pathCount: Int { files.count + folders.count + removedFolders.count }

  /// The files that differ, sorted; bytes that are not UTF-8 are replaced.
  var paths: [String] { files.map { String(decoding: $0, as: UTF8.self) }.sorted() }

  /// True if a merge of both may need a decision, or bring lines of one file together.
  func meet(_ other: BranchChanges) -> Bool {
    if files.count > other.files.count { return other.meet(self) }
    return !files.isDisjoint(with: other.files) || !files.isDisjoint(with: other.folders)
      || !folders.isDisjoint(with: other.files)
      || !removedFolders.isDisjoint(with: other.folders)
      || !folders.isDisjoint(with: other.removedFolders)
  }

  private static func parents(of path: [UInt8]) -> [[UInt8]] {
    path.indices.filter { path[$0] == 0x2F }.map { Array(path[..<$0]) }
  }

  private static func has(
    _ folder: [UInt8], _ tree: ObjectID, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> Bool {
    var id = tree
    for part in folder.split(separator: 0x2F) {
      guard let entry = try objects.tree(id, in: repository)[Array(part)], entry.isTree else {
        return false
      }
      id = entry.id
    }
    return true
  }
}
