internal import Git2

/// The state's tree while a batch is written: folders along changed paths, kept as raw trees.
///
/// Only what is touched is read, so a change costs the depth of the path, not the number of records.
struct TreeEditor {
  /// Folders nearer to the root than this are kept by `trim`: the root, the collections, the shards.
  private static let keptDepth = 3

  /// A folder, its content, and the id it had when it was last part of a commit.
  private struct Node {
    var tree: RawTree
    var writtenAs: ObjectID?
    var isChanged = false
    /// Folders in it that were read, by name, as places in `nodes`.
    var children: [String: Int] = [:]
  }

  /// The first is the root.
  private var nodes: [Node]

  /// Starts from a tree; nil is the empty one.
  init(root: ObjectID?, in repository: borrowing Repository) throws(StateError) {
    nodes = [
      Node(
        tree: try root.map { id throws(StateError) in try Self.read(id, in: repository) }
          ?? RawTree(), writtenAs: root)
    ]
  }

  /// The id of a file or folder; nil if there is none.
  ///
  /// Changed folders have the id that they had before.
  mutating func entry(
    _ path: [String], in repository: borrowing Repository
  ) throws(StateError) -> RawTree.Entry? {
    guard let name = path.last, let parent = try load(path.dropLast(), in: repository) else {
      return nil
    }
    return nodes[parent].tree[name]
  }

  /// The names in a folder; empty if there is none.
  mutating func names(
    _ path: [String], in repository: borrowing Repository
  ) throws(StateError) -> [String] {
    guard let folder = try load(path[...], in: repository) else { return [] }
    return nodes[folder].tree.entries.map(\.text)
  }

  /// Puts a file at a path; folders on the way are made.
  mutating func set(
    _ path: [String], to id: ObjectID, in repository: borrowing Repository
  ) throws(StateError) {
    guard let name = path.last else { return }
    var folder = 0
    nodes[0].isChanged = true
    for part in path.dropLast() {
      folder = try child(part, of: folder, in: repository) ?? add(part, to: folder)
      nodes[folder].isChanged = true
    }
    nodes[folder].tree.set(.init(mode: RawTree.fileMode, name: name, id: id))
  }

  /// Adds one folder, if it was changed, to the batch; returns its id.
  mutating func write(
    _ path: [String], to pack: inout PackWriter
  ) throws(GitError) -> ObjectID? {
    var folder = 0
    for part in path {
      guard let next = nodes[folder].children[part] else { return nil }
      folder = next
    }
    guard nodes[folder].isChanged else { return nodes[folder].writtenAs }
    let id = try write(folder, to: &pack)
    if let name = path.last {
      // The folders above name it once they are written themselves; until then it is up to date here.
      let parent = parentOf(path)
      nodes[parent].tree.set(.init(mode: RawTree.treeMode, name: name, id: id))
    }
    return id
  }

  /// Forgets folders deeper than the shards, so that a resident writer's memory stays bounded.
  mutating func trim() {
    var kept: [Node] = []
    func keep(_ folder: Int, depth: Int) -> Int {
      let place = kept.count
      kept.append(nodes[folder])
      kept[place].children = [:]
      guard depth + 1 < Self.keptDepth else { return place }
      for (name, child) in nodes[folder].children {
        kept[place].children[name] = keep(child, depth: depth + 1)
      }
      return place
    }
    _ = keep(0, depth: 0)
    nodes = kept
  }

  private mutating func write(_ folder: Int, to pack: inout PackWriter) throws(GitError) -> ObjectID
  {
    for (name, child) in nodes[folder].children where nodes[child].isChanged {
      let id = try write(child, to: &pack)
      nodes[folder].tree.set(.init(mode: RawTree.treeMode, name: name, id: id))
    }
    let id = try pack.add(nodes[folder].tree.bytes, .tree, resembling: nodes[folder].writtenAs)
    nodes[folder].writtenAs = id
    nodes[folder].isChanged = false
    return id
  }

  private func parentOf(_ path: [String]) -> Int {
    path.dropLast().reduce(0) { folder, part in nodes[folder].children[part] ?? 0 }
  }

  /// The place of a folder, read if it was not yet; nil if it does not exist.
  private mutating func load(
    _ path: ArraySlice<String>, in repository: borrowing Repository
  ) throws(StateError) -> Int? {
    var folder = 0
    for part in path {
      guard let next = try child(part, of: folder, in: repository) else { return nil }
      folder = next
    }
    return folder
  }

  private mutating func child(
    _ name: String, of folder: Int, in repository: borrowing Repository
  ) throws(StateError) -> Int? {
    if let known = nodes[folder].children[name] { return known }
    guard let entry = nodes[folder].tree[name], entry.isTree else { return nil }
    let tree = try Self.read(entry.id, in: repository)
    return add(name, to: folder, Node(tree: tree, writtenAs: entry.id))
  }

  private mutating func add(
    _ name: String, to folder: Int, _ node: Node = Node(tree: RawTree(), writtenAs: nil)
  ) -> Int {
    nodes.append(node)
    nodes[folder].children[name] = nodes.count - 1
    return nodes.count - 1
  }

  static func read(
    _ id: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> RawTree {
    do throws(GitError) {
      return try RawTree(bytes: try repository.bytes(of: id, .tree))
    } catch {
      throw .damaged(error)
    }
  }
}
