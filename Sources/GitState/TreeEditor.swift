internal import Git2

/// The state's tree while a batch is written: folders along changed paths, kept as raw trees.
///
/// Only what is touched is read, so a change costs the depth of the path, not the number of records.
struct TreeEditor {
  /// A folder, its content, and the id it had when it was last part of a commit.
  private struct Node {
    var tree: RawTree
    var writtenAs: ObjectID?
    var isChanged = false
  }

  private var nodes: [String: Node] = [:]

  /// Starts from a tree; nil is the empty one.
  init(root: ObjectID?, in repository: borrowing Repository) throws(StateError) {
    if let root {
      nodes[""] = Node(tree: try Self.read(root, in: repository), writtenAs: root)
    } else {
      nodes[""] = Node(tree: RawTree(), writtenAs: nil)
    }
  }

  /// The id of a file or folder; nil if there is none.
  ///
  /// Changed folders have no id yet.
  mutating func entry(
    _ path: [String], in repository: borrowing Repository
  ) throws(StateError) -> RawTree.Entry? {
    guard let name = path.last else { return nil }
    let parent = Array(path.dropLast())
    guard try load(parent, in: repository) else { return nil }
    return nodes[Self.key(parent)]?.tree[name]
  }

  /// The names in a folder; empty if there is none.
  mutating func names(
    _ path: [String], in repository: borrowing Repository
  ) throws(StateError) -> [String] {
    guard try load(path, in: repository) else { return [] }
    return nodes[Self.key(path)]?.tree.entries.map(\.text) ?? []
  }

  /// Puts a file at a path; folders on the way are made.
  mutating func set(
    _ path: [String], to id: ObjectID, in repository: borrowing Repository
  ) throws(StateError) {
    guard let name = path.last else { return }
    for depth in 0..<path.count {
      let folder = Array(path.prefix(depth))
      if try !load(folder, in: repository) {
        nodes[Self.key(folder)] = Node(tree: RawTree(), writtenAs: nil)
      }
      nodes[Self.key(folder)]?.isChanged = true
    }
    nodes[Self.key(Array(path.dropLast()))]?.tree.set(
      .init(mode: RawTree.fileMode, name: name, id: id))
  }

  /// Adds one folder, if it was changed, to the batch; returns its id.
  mutating func write(
    _ path: [String], to pack: inout PackWriter
  ) throws(GitError) -> ObjectID? {
    let key = Self.key(path)
    guard var node = nodes[key] else { return nil }
    guard node.isChanged else { return node.writtenAs }
    for child in changedChildren(of: path) { _ = try write(child, to: &pack) }
    node.tree = nodes[key]?.tree ?? node.tree
    let id = try pack.add(node.tree.bytes, .tree, resembling: node.writtenAs)
    node.writtenAs = id
    node.isChanged = false
    nodes[key] = node
    if let name = path.last {
      let parent = Self.key(Array(path.dropLast()))
      nodes[parent]?.tree.set(.init(mode: RawTree.treeMode, name: name, id: id))
    }
    return id
  }

  /// Forgets folders deeper than the shards, so that a resident writer's memory stays bounded.
  mutating func trim() {
    nodes = nodes.filter { key, _ in key.utf8.count { $0 == UInt8(ascii: "/") } < 2 }
  }

  private func changedChildren(of path: [String]) -> [[String]] {
    let prefix = path.isEmpty ? "" : Self.key(path) + "/"
    var children: [[String]] = []
    for (key, node) in nodes where node.isChanged && !key.isEmpty && key.hasPrefix(prefix) {
      let rest = key.dropFirst(prefix.count)
      if !rest.contains("/") { children.append(path + [String(rest)]) }
    }
    return children
  }

  /// Reads the folders along a path; false if one does not exist.
  private mutating func load(
    _ path: [String], in repository: borrowing Repository
  ) throws(StateError) -> Bool {
    for depth in 0...path.count {
      let folder = Array(path.prefix(depth))
      let key = Self.key(folder)
      if nodes[key] != nil { continue }
      guard let name = folder.last,
        let entry = nodes[Self.key(Array(folder.dropLast()))]?.tree[name], entry.isTree
      else { return false }
      nodes[key] = Node(tree: try Self.read(entry.id, in: repository), writtenAs: entry.id)
    }
    return true
  }

  private static func key(_ path: [String]) -> String { path.joined(separator: "/") }

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
