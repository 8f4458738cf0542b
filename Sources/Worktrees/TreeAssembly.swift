internal import Git2

/// The tree of an index with some paths changed; folders without a change are not looked at.
struct TreeAssembly {
  /// New trees, and what else was put into the pack before.
  var pack: PackWriter

  private let index: IndexFile
  private let changes: [ChangedFile]

  /// Prepares the tree of `index` with `changes`, which are sorted by path.
  init(_ index: IndexFile, changing changes: [ChangedFile], into pack: PackWriter) {
    self.index = index
    self.changes = changes
    self.pack = pack
  }

  /// Makes the tree; the trees that the repository lacks are added to the pack.
  mutating func tree(
    in repository: borrowing Repository
  ) throws(GitError) -> CachedTree {
    let root = Part(
      name: [], depth: 0, entries: index.entries.indices, changes: changes.indices,
      cached: index.cachedTree)
    if let found = known(root, in: repository) { return found }
    return try assemble(root, in: repository)
  }

  /// A folder: its entries and changes.
  private struct Part {
    let name: [UInt8]
    let depth: Int
    let entries: Range<Int>
    let changes: Range<Int>
    let cached: CachedTree?
  }

  private func known(_ part: Part, in repository: borrowing Repository) -> CachedTree? {
    guard part.changes.isEmpty, let cached = part.cached, let id = cached.id,
      cached.entryCount == part.entries.count, repository.contains(id)
    else { return nil }
    return cached
  }

  private mutating func assemble(
    _ part: Part, in repository: borrowing Repository
  ) throws(GitError) -> CachedTree {
    var bytes: [UInt8] = []
    var children: [CachedTree] = []
    var count = 0
    var (entry, change) = (part.entries.lowerBound, part.changes.lowerBound)
    while entry < part.entries.upperBound || change < part.changes.upperBound {
      let next = nextName(part, entry, change)
      if next.isFolder {
        let child = Part(
          name: Array(next.name), depth: part.depth + next.name.count + 1,
          entries: entry..<end(entry, part.entries.upperBound, part.depth, next.name) { path($0) },
          changes:
            change..<end(change, part.changes.upperBound, part.depth, next.name) {
              changes[$0].path[...]
            },
          cached: part.cached?.children.first { $0.name.elementsEqual(next.name) })
        let tree: CachedTree
        if let found = known(child, in: repository) {
          tree = found
        } else {
          tree = try assemble(child, in: repository)
        }
        (entry, change) = (child.entries.upperBound, child.changes.upperBound)
        guard tree.entryCount > 0, let id = tree.id else { continue }
        count += tree.entryCount
        children.append(tree)
        Self.append(RawTree.treeMode, next.name, id, to: &bytes)
        continue
      }
      let file = takeFile(part, next.name, &entry, &change)
      guard let (mode, id) = file else { continue }
      count += 1
      Self.append(mode, next.name, id, to: &bytes)
    }
    let id = try Repository.id(of: bytes, .tree)
    if !pack.contains(id), count > 0 || part.depth == 0, !repository.contains(id) {
      try pack.add(bytes, .tree)
    }
    return CachedTree(name: part.name, entryCount: count, id: id, children: children)
  }

  private func path(_ entry: Int) -> ArraySlice<UInt8> { index.path(index.entries[entry]) }

  /// The name that comes next in the folder, of entries and changes together.
  private func nextName(
    _ part: Part, _ entry: Int, _ change: Int
  ) -> (name: ArraySlice<UInt8>, isFolder: Bool) {
    var path: ArraySlice<UInt8>
    if entry == part.entries.upperBound {
      path = changes[change].path[...]
    } else if change == part.changes.upperBound {
      path = self.path(entry)
    } else {
      let (one, other) = (self.path(entry), changes[change].path[...])
      path = one.lexicographicallyPrecedes(other) ? one : other
    }
    path = path.dropFirst(part.depth)
    guard let slash = path.firstIndex(of: 0x2F) else { return (path, false) }
    return (path[..<slash], true)
  }

  /// Where the run of paths that lead into a folder ends.
  private func end(
    _ start: Int, _ limit: Int, _ depth: Int, _ name: ArraySlice<UInt8>,
    _ path: (Int) -> ArraySlice<UInt8>
  ) -> Int {
    func isInside(_ position: Int) -> Bool {
      let rest = path(position).dropFirst(depth)
      return rest.count > name.count && rest.starts(with: name)
        && rest[rest.startIndex + name.count] == 0x2F
    }
    guard start < limit, isInside(start) else { return start }
    var (low, high) = (start + 1, limit)
    while low < high {
      let middle = (low + high) / 2
      if isInside(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What a file of the folder is now; moves on behind its entries and its change.
  private func takeFile(
    _ part: Part, _ name: ArraySlice<UInt8>, _ entry: inout Int, _ change: inout Int
  ) -> (mode: UInt32, id: ObjectID)? {
    var result: (mode: UInt32, id: ObjectID)?
    while entry < part.entries.upperBound, path(entry).dropFirst(part.depth) == name {
      let found = index.entries[entry]
      if found.stage == 0, !found.flags.contains(.intentToAdd) { result = (found.mode, found.id) }
      entry += 1
    }
    if change < part.changes.upperBound, changes[change].path.dropFirst(part.depth) == name {
      result = changes[change].id.map { (changes[change].mode, $0) }
      change += 1
    }
    return result
  }

  private static func append(
    _ mode: UInt32, _ name: ArraySlice<UInt8>, _ id: ObjectID, to bytes: inout [UInt8]
  ) {
    bytes.append(contentsOf: String(mode, radix: 8).utf8)
    bytes.append(0x20)
    bytes.append(contentsOf: name)
    bytes.append(0)
    id.append(to: &bytes)
  }
}
