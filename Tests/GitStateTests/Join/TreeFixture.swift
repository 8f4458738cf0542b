import Git2

@testable import GitState

/// A tree of the state as files by path, for tests: written into a pack in memory.
struct TreeFixture: Equatable {
  /// Mode and content of a file.
  struct File: Hashable {
    var mode: UInt32 = RawTree.fileMode
    var bytes: [UInt8]
  }

  var files: [String: File] = [:]

  subscript(_ path: String) -> String? {
    get { files[path].map { String(decoding: $0.bytes, as: UTF8.self) } }
    set { files[path] = newValue.map { File(bytes: Array($0.utf8)) } }
  }

  /// Adds the tree's objects; returns its id.
  ///
  /// A file that stands where a folder must be is left out.
  func write(to pack: inout PackWriter) throws -> ObjectID {
    try Self.write(files.map { (path: $0.key.split(separator: "/"), file: $0.value) }, to: &pack)
  }

  private static func write(
    _ files: [(path: [Substring], file: File)], to pack: inout PackWriter
  ) throws -> ObjectID {
    var entries: [RawTree.Entry] = []
    for (name, group) in Dictionary(grouping: files, by: { $0.path[0] }) {
      let below = group.filter { $0.path.count > 1 }
      if below.isEmpty {
        for (_, file) in group {
          let id = try pack.add(file.bytes, .blob)
          entries.append(.init(mode: file.mode, name: String(name), id: id))
        }
      } else {
        let inner = below.map { (path: Array($0.path.dropFirst()), file: $0.file) }
        let id = try write(inner, to: &pack)
        entries.append(.init(mode: RawTree.treeMode, name: String(name), id: id))
      }
    }
    return try pack.add(RawTree(entries).bytes, .tree)
  }

  /// Reads a tree of the pack, or of the repository, back.
  init(
    _ tree: ObjectID, _ pack: PackWriter, in repository: borrowing Repository
  ) throws {
    try read(tree, "", JoinObjects(pack: pack), in: repository)
  }

  init() {}

  private mutating func read(
    _ tree: ObjectID, _ prefix: String, _ objects: JoinObjects,
    in repository: borrowing Repository
  ) throws {
    for entry in try objects.entries(of: tree, in: repository) {
      let path = prefix + entry.text
      if entry.isTree {
        try read(entry.id, path + "/", objects, in: repository)
      } else {
        let bytes = try objects.bytes(of: entry.id, .blob, in: repository)
        files[path] = File(mode: entry.mode, bytes: bytes)
      }
    }
  }
}
