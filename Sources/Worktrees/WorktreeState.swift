internal import Git2

/// A worktree's index and everything in which its files differ from it, contents read.
struct WorktreeState {
  /// The index as it was read.
  let index: IndexFile
  /// What differs.
  var content: ChangedContent
  /// Paths that no commit can hold.
  let unkept: [[UInt8]]
  /// Ignored files and folders, if they were asked for.
  let ignored: [[UInt8]]

  /// Looks at the worktree of `repository`; without `storing`, nothing is written anywhere.
  init(
    of repository: borrowing Repository, storing: Bool, findingIgnored: Bool = false
  ) throws {
    guard let path = repository.workDirectory else {
      throw WorktreeError.refused(
        path: repository.gitDirectory, reason: "a bare repository has no files")
    }
    index = try IndexFile(path: repository.gitDirectory + "/index")
    let settings = try ScanSettings(repository)
    let scan = try WorktreeScan.run(
      path, index: index, settings: settings, findingIgnored: findingIgnored)
    unkept = scan.unkept
    ignored = scan.ignored
    content = try ChangedContent.read(
      scan.changes, of: path, index: index, settings: settings, storing: storing, in: repository)
  }

  /// The paths that pass through a filter, for the git program.
  var filteredPaths: [[UInt8]] { content.filtered.map { content.files[$0].path } }

  /// Takes over the ids that the git program gave to the filtered files; wrong output is an error.
  mutating func resolve(_ output: String) throws(WorktreeError) {
    let ids = output.split(separator: "\n").compactMap { ObjectID(hex: $0) }
    guard ids.count == content.filtered.count else {
      throw .gitProgram(
        operation: "hash filtered files",
        detail: "\(ids.count) ids for \(content.filtered.count) files")
    }
    for (position, id) in zip(content.filtered, ids) { content.resolve(position, as: id) }
  }

  /// Throws if files pass through a filter: then the git program is needed.
  func requireNoFilters() throws(WorktreeError) {
    guard let first = filteredPaths.first else { return }
    throw .needsGit(
      reason: "'\(String(decoding: first, as: UTF8.self))' passes through a filter, such as Git LFS"
    )
  }

  /// What the worktree has at a path; nil if it has nothing.
  func present(_ path: [UInt8]) -> PresentFile? {
    if let file = content.file(at: path) {
      return file.mode == 0 ? nil : PresentFile(mode: file.mode, id: file.id)
    }
    return index.position(of: path).map {
      PresentFile(mode: index.entries[$0].mode, id: index.entries[$0].id)
    }
  }

  /// Paths at which the worktree, or its index, differs from a commit's tree.
  func changedPaths(from tree: ObjectID?, in repository: borrowing Repository) throws -> [[UInt8]] {
    var paths = Set(content.files.map(\.path))
    paths.formUnion(unkept)
    if tree == nil || index.cachedTree?.id != tree {
      paths.formUnion(try stagedPaths(from: tree, in: repository))
    }
    return paths.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Paths at which the worktree, or its index, differs from its head, as text.
  func changedFiles(in repository: borrowing Repository) throws -> [String] {
    let head = try repository.reference("HEAD")
    let tree = try head.map { try repository.commit($0).tree }
    return try changedPaths(from: tree, in: repository).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Paths whose content no commit of this repository can hold.
  var unkeepable: [[UInt8]] {
    unkept + content.files.filter { $0.mode == 0o160000 && $0.id != nil }.map(\.path)
  }

  private func stagedPaths(
    from tree: ObjectID?, in repository: borrowing Repository
  ) throws -> [[UInt8]] {
    var staged: [[UInt8]] = []
    var old: [[UInt8]: (mode: UInt32, id: ObjectID)] = [:]
    if let tree {
      let listing = try TreeListing(
        tree, settings: ConversionSettings(repository), in: repository
      ).index
      for entry in listing.entries { old[Array(listing.path(entry))] = (entry.mode, entry.id) }
    }
    for entry in index.entries {
      let path = Array(index.path(entry))
      guard let found = old.removeValue(forKey: path), entry.stage == 0, found.mode == entry.mode,
        found.id == entry.id
      else {
        staged.append(path)
        continue
      }
    }
    return staged + old.keys
  }
}

/// A file's mode and content.
struct PresentFile: Hashable {
  let mode: UInt32
  /// The blob; nil if it is not known.
  let id: ObjectID?
}

extension TreeListing {
  /// All files by path.
  var files: [[UInt8]: PresentFile] {
    var files: [[UInt8]: PresentFile] = [:]
    for entry in index.entries {
      files[Array(index.path(entry))] = PresentFile(mode: entry.mode, id: entry.id)
    }
    return files
  }
}

extension TreeUpdate {
  /// The paths that the git program has to write, as its input.
  var filteredInput: String {
    filtered.map { QuotedPath.quote(index.path(index.entries[$0])) + "\n" }.joined()
  }
}

extension IndexFile {
  /// The first entry of a path; nil if there is none.
  func position(of path: [UInt8]) -> Int? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if self.path(entries[middle]).lexicographicallyPrecedes(path) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < entries.count && self.path(entries[low]).elementsEqual(path) ? low : nil
  }

  /// The same index with changes, sorted by path, and with fresh stat data of touched files.
  func changing(
    _ changes: [ChangedFile], touched: [(entry: Int, stat: FileStat)], cachedTree: CachedTree?
  ) -> IndexFile {
    var stats: [Int: FileStat] = [:]
    for (entry, stat) in touched { stats[entry] = stat }
    var result = IndexFile()
    result.reserve(entries.count + changes.count, bytes: paths.count)
    result.cachedTree = cachedTree
    var change = 0
    func add(_ file: ChangedFile) {
      guard let id = file.id else { return }
      result.append(path: file.path, mode: file.mode, id: id, stat: file.stat)
    }
    for (position, entry) in entries.enumerated() {
      let path = path(entry)
      while change < changes.count, changes[change].path.lexicographicallyPrecedes(path) {
        add(changes[change])
        change += 1
      }
      if change < changes.count, changes[change].path.elementsEqual(path) { continue }
      result.append(
        path: path, mode: entry.mode, id: entry.id, stat: stats[position] ?? entry.stat,
        stage: entry.stage, flags: entry.flags)
    }
    for file in changes[change...] { add(file) }
    return result
  }
}
