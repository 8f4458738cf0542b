internal import Git2

/// All files of a tree in the order of an index, and which of them the git program has to write.
struct TreeListing: Sendable {
  /// The files, without stat data, with all trees known.
  private(set) var index = IndexFile()
  /// Positions of files that pass through a filter or get other line ends.
  private(set) var filtered: [Int] = []
  /// Folders, parents first, each without a slash at its end.
  private(set) var folders: [[UInt8]] = []

  private let settings: ConversionSettings

  /// Reads a tree with all folders below it; throws `WorktreeError.refused` for names that are unsafe.
  init(
    _ tree: ObjectID, settings: ConversionSettings, in repository: borrowing Repository
  ) throws {
    self.settings = settings
    var path: [UInt8] = []
    index.cachedTree = try add(
      tree, name: [], path: &path, rules: settings.global, depth: 0, in: repository)
  }

  /// Deeper folders are refused: no system can hold their paths.
  private static let maximumDepth = 2048

  private mutating func add(
    _ tree: ObjectID, name: [UInt8], path: inout [UInt8], rules above: AttributeRules, depth: Int,
    in repository: borrowing Repository
  ) throws -> CachedTree {
    let entries = try RawTree(bytes: repository.bytes(of: tree, .tree)).entries
    let rules = try attributes(entries, base: path.count, below: above, in: repository)
    let first = index.entries.count
    let length = path.count
    var children: [CachedTree] = []
    for entry in entries {
      path.append(contentsOf: entry.name)
      defer { path.removeLast(path.count - length) }
      guard PathSafety.isSafe(entry.name), depth < Self.maximumDepth else {
        throw WorktreeError.refused(
          path: String(decoding: path, as: UTF8.self),
          reason: "a tree may not put a file of this name into a checkout")
      }
      if entry.isTree {
        folders.append(path)
        path.append(0x2F)
        children.append(
          try add(
            entry.id, name: entry.name, path: &path, rules: rules, depth: depth + 1, in: repository)
        )
      } else {
        let isPlainFile = entry.mode & 0o170000 == 0o100000
        if isPlainFile, settings.conversion(of: path, rules).needsGitToWrite {
          filtered.append(index.entries.count)
        }
        let mode = isPlainFile ? (entry.mode & 0o100 != 0 ? 0o100755 : 0o100644) : entry.mode
        index.append(path: path, mode: mode, id: entry.id)
      }
    }
    return CachedTree(
      name: name, entryCount: index.entries.count - first, id: tree, children: children)
  }

  private func attributes(
    _ entries: [RawTree.Entry], base: Int, below rules: AttributeRules,
    in repository: borrowing Repository
  ) throws -> AttributeRules {
    let name = Array(".gitattributes".utf8)
    guard let entry = entries.first(where: { $0.name == name }), !entry.isTree,
      entry.mode & 0o170000 == 0o100000
    else { return rules }
    return AttributeRules(
      try repository.bytes(of: entry.id, .blob), base: base, below: rules,
      ignoringCase: settings.ignoresCase)
  }
}
