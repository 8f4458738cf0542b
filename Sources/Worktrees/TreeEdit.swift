internal import Git2

/// Changes of files anywhere below a tree, applied to it at once.
struct TreeEdit {
  /// A folder's changes: of its own files, and of the folders in it.
  private final class Folder {
    var files: [[UInt8]: FileVersion?] = [:]
    var folders: [[UInt8]: Folder] = [:]
  }

  private let root = Folder()
  /// Paths that would be a file and a folder at once.
  private(set) var collisions: [[UInt8]] = []

  /// Puts a file at a path, or removes it.
  func set(_ path: [UInt8], to version: FileVersion?) {
    var folder = root
    let parts = path.split(separator: 0x2F, omittingEmptySubsequences: false).map(Array.init)
    for part in parts.dropLast() {
      let next = folder.folders[part] ?? Folder()
      folder.folders[part] = next
      folder = next
    }
    folder.files[parts.last ?? []] = .some(version)
  }

  /// The tree with the changes; folders that become empty go.
  mutating func applied(
    to tree: ObjectID, _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> ObjectID {
    try apply(root, to: tree, path: [], &objects, in: repository) ?? objects.emptyTree()
  }

  private mutating func apply(
    _ folder: Folder, to tree: ObjectID?, path: [UInt8], _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> ObjectID? {
    let original = try objects.tree(tree, in: repository)
    var edits: [TreeChange] = []
    for (name, version) in folder.files {
      let old = RawTree.Entry(mode: version?.mode ?? 0o100644, name: name, id: .zero)
      let new = version.map { RawTree.Entry(mode: $0.mode, name: name, id: $0.id) }
      edits.append(TreeChange(old: old, new: new))
    }
    for (name, below) in folder.folders {
      let known = original[name]
      let before = known?.isTree == true ? known?.id : nil
      let place = path.isEmpty ? name : path + [0x2F] + name
      let after = try apply(below, to: before, path: place, &objects, in: repository)
      if before == after { continue }
      let entry = { (id: ObjectID) in
        RawTree.Entry(mode: RawTree.treeMode, name: name, id: id)
      }
      edits.append(TreeChange(old: entry(before ?? .zero), new: after.map(entry)))
    }
    edits.sort { one, other in
      guard let left = one.new ?? one.old, let right = other.new ?? other.old else { return false }
      return RawTree.precedes(left, right)
    }
    let result = withoutCollisions(original.applying(edits), path: path, among: edits)
    if result.isEmpty { return nil }
    if result == original, let tree { return tree }
    return try objects.add(result, from: tree ?? .zero, original)
  }

  /// The folder without files whose name a folder has too.
  private mutating func withoutCollisions(
    _ tree: RawTree, path: [UInt8], among edits: [TreeChange]
  ) -> RawTree {
    let added = Set(edits.compactMap { $0.new?.name })
    guard !added.isEmpty else { return tree }
    var seen: Set<[UInt8]> = []
    var result = tree
    for entry in tree.entries where added.contains(entry.name) {
      guard !seen.insert(entry.name).inserted else { continue }
      collisions.append(path.isEmpty ? entry.name : path + [0x2F] + entry.name)
      // The file stands first in git's order.
      result.remove(entry.name)
    }
    return result
  }
}
