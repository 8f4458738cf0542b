internal import CPlatform
internal import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The way from a worktree's present files to those of a tree: only what differs is written.
///
/// It overwrites and removes whatever is different: the caller has made sure that nothing is lost.
struct TreeUpdate: Sendable {
  /// The index for the new tree; stat data of files that are still to be written is missing.
  private(set) var index: IndexFile
  /// Positions in the index of files to write.
  private(set) var writes: [Int] = []
  /// Positions in the index of files that the git program has to write.
  private(set) var filtered: [Int] = []
  /// Paths to remove; true for submodules, which go only if they are empty.
  private(set) var removals: [(path: [UInt8], isSubmodule: Bool)] = []

  /// What is at a path now.
  private struct Present {
    let mode: UInt32
    let id: ObjectID?
    let stat: FileStat
  }

  /// Compares what is there with a tree; untracked files go only with `removingUntracked`.
  ///
  /// What a sparse checkout leaves out stays out, also in its new version, but for the paths in `shown`. New paths
  /// are written wherever they are: `git sparse-checkout reapply` takes them away again.
  init(
    from state: WorktreeState, to target: TreeListing, removingUntracked: Bool,
    shown: Set<[UInt8]> = []
  ) {
    index = target.index
    let skipped = state.index.skippedPaths.subtracting(shown)
    var present = Self.present(state, untracked: removingUntracked)
    let isFiltered = Set(target.filtered)
    for position in index.entries.indices {
      let entry = index.entries[position]
      let path = Array(index.path(entry))
      let old = present.removeValue(forKey: path)
      if !skipped.isEmpty, skipped.contains(path) {
        index.skip(at: position)
      } else if let old, old.mode == entry.mode, old.id == entry.id {
        index.setStat(old.stat, at: position)
      } else if isFiltered.contains(position) {
        filtered.append(position)
      } else {
        writes.append(position)
      }
    }
    removals = present.map { ($0.key, $0.value.mode == 0o160000) }
    removals.sort { $1.path.lexicographicallyPrecedes($0.path) }
  }

  private static func present(
    _ state: WorktreeState, untracked: Bool
  ) -> [[UInt8]: Present] {
    let index = state.index
    var present: [[UInt8]: Present] = [:]
    present.reserveCapacity(index.entries.count)
    for entry in index.entries {
      let flags = entry.flags
      let id = entry.stage == 0 && !flags.contains(.intentToAdd) ? entry.id : nil
      present[Array(index.path(entry))] = Present(mode: entry.mode, id: id, stat: entry.stat)
    }
    for (position, stat) in state.content.touched {
      let entry = index.entries[position]
      present[Array(index.path(entry))] = Present(mode: entry.mode, id: entry.id, stat: stat)
    }
    for file in state.content.files where untracked || file.entry != nil {
      present[file.path] =
        file.mode == 0 ? nil : Present(mode: file.mode, id: file.id, stat: file.stat)
    }
    return present
  }

  /// Removes and writes files in `root`; those of `filtered` are removed and left to the git program.
  ///
  /// Folders of ignored files in the place of a file go too, as with git; one that is a repository is refused
  /// before anything is written.
  mutating func apply(to root: String, in repository: borrowing Repository) throws {
    let obstacles = try obstacles(below: root)
    try remove(below: root)
    for path in obstacles { try removeTree(Array(root.utf8) + [0x2F] + path) }
    let writer = FileWriter(
      root: root, commonDirectory: repository.commonDirectory,
      writesLinks: try repository.configurationFlag("core.symlinks") ?? true,
      modificationSeconds: nil, replaces: true)
    try writer.makeFolders(folders)
    try writer.write(writes, of: &index)
  }

  /// The folders of the files to write, parents first.
  private var folders: [[UInt8]] {
    var found: Set<[UInt8]> = []
    for position in writes + filtered {
      let path = index.path(index.entries[position])
      var end = path.lastIndex(of: 0x2F)
      while let slash = end, found.insert(Array(path[..<slash])).inserted {
        end = path[..<slash].lastIndex(of: 0x2F)
      }
    }
    return found.sorted { $0.count < $1.count }
  }

  /// The folders that are in the place of files.
  private func obstacles(below root: String) throws -> [[UInt8]] {
    let descriptor = orch_open(root, O_RDONLY | O_DIRECTORY, 0)
    guard descriptor >= 0 else {
      throw WorktreeError.file(path: root, operation: "open", number: -descriptor)
    }
    defer { close(descriptor) }
    func isFolder(_ path: ArraySlice<UInt8>) -> Bool {
      let name = path.map { CChar(bitPattern: $0) } + [0]
      return FileInformation(name, in: descriptor)?.kind == .folder
    }
    var found: [[UInt8]] = []
    for position in writes + filtered where index.entries[position].mode != 0o160000 {
      let path = index.path(index.entries[position])
      guard isFolder(path) else { continue }
      // What is behind a link is not of this worktree.
      let slashes = path.indices.filter { path[$0] == 0x2F }
      guard slashes.allSatisfy({ isFolder(path[..<$0]) }) else { continue }
      let git = path + Array("/.git".utf8)
      if FileInformation(git.map { CChar(bitPattern: $0) } + [0], in: descriptor) != nil {
        throw WorktreeError.refused(
          path: root + "/" + String(decoding: path, as: UTF8.self),
          reason: "a repository is in the place of a file")
      }
      found.append(Array(path))
    }
    return found
  }

  private func remove(below root: String) throws {
    let descriptor = orch_open(root, O_RDONLY | O_DIRECTORY, 0)
    guard descriptor >= 0 else {
      throw WorktreeError.file(path: root, operation: "open", number: -descriptor)
    }
    defer { close(descriptor) }
    for (path, isSubmodule) in removals {
      let name = path.map { CChar(bitPattern: $0) } + [0]
      if isSubmodule {
        // A submodule that was filled is someone's: git leaves it too.
        unlinkat(descriptor, name, AT_REMOVEDIR)
      } else if unlinkat(descriptor, name, 0) != 0, errno != ENOENT, errno != ENOTDIR {
        throw WorktreeError.file(
          path: root + "/" + String(decoding: path, as: UTF8.self), operation: "remove",
          number: errno)
      }
      var parent = path[...]
      while let slash = parent.lastIndex(of: 0x2F) {
        parent = parent[..<slash]
        let folder = parent.map { CChar(bitPattern: $0) } + [0]
        if unlinkat(descriptor, folder, AT_REMOVEDIR) != 0 { break }
      }
    }
  }
}
