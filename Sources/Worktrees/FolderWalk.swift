internal import CPlatform
internal import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One thread's part of a scan: some folders, and what was found in them.
struct FolderWalk {
  let scan: WorktreeScan
  var result = ScanResult()

  /// Folders with fewer entries are looked at by the thread that found them.
  private static let smallFolder = 256
  /// Longer paths cannot be opened from the top.
  private static let longPath = 3000

  init(scan: WorktreeScan) { self.scan = scan }

  /// Looks at a folder, given as open; takes the descriptor over.
  ///
  /// A folder that is gone, or no folder, has none of its entries.
  mutating func look(
    _ folder: ScannedFolder, _ entries: Range<Int>, descriptor: Int32
  ) throws(WorktreeError) {
    guard descriptor >= 0 else {
      guard [ENOENT, ENOTDIR, ELOOP].contains(-descriptor) else {
        throw .file(path: scan.text(folder.path), operation: "open", number: -descriptor)
      }
      return lose(entries)
    }
    defer { close(descriptor) }
    guard var listing = FolderListing(descriptor: descriptor) else {
      throw .file(path: scan.text(folder.path), operation: "list", number: errno)
    }
    let here = rules(of: folder, listing, descriptor)
    try lookAtEntries(here, entries, &listing, descriptor)
    try lookAtOthers(here, listing, descriptor)
  }

  /// The folder with the rules of its own files.
  private func rules(
    of folder: ScannedFolder, _ listing: FolderListing, _ descriptor: Int32
  ) -> ScannedFolder {
    let ignored = text(".gitignore", listing, descriptor)
    let attributes = text(".gitattributes", listing, descriptor)
    if ignored == nil, attributes == nil { return folder }
    let ignoresCase = scan.settings.conversions.ignoresCase
    return folder.with(
      ignored: ignored.map {
        IgnoreRules(
          $0, base: folder.path.count, below: folder.ignored, ignoringCase: ignoresCase)
      },
      attributes: attributes.map {
        AttributeRules(
          $0, base: folder.path.count, below: folder.attributes, ignoringCase: ignoresCase)
      })
  }

  private func text(
    _ name: String, _ listing: FolderListing, _ descriptor: Int32
  ) -> [UInt8]? {
    guard listing.position(of: name) != nil else { return nil }
    return FileText.bytes(name, in: descriptor)
  }

  private mutating func lookAtEntries(
    _ folder: ScannedFolder, _ entries: Range<Int>, _ listing: inout FolderListing,
    _ descriptor: Int32
  ) throws(WorktreeError) {
    var position = entries.lowerBound
    while position < entries.upperBound {
      let entry = scan.index.entries[position]
      let place = Place(scan.index, entry, depth: folder.path.count, in: listing)
      if place.isFile {
        try lookAtFile(folder, position, place.item, &listing, descriptor)
        position += 1
        continue
      }
      let end = endOfFolder(position, entries.upperBound, length: place.end + 1)
      try lookAtFolder(folder, position..<end, place, &listing, descriptor)
      position = end
    }
  }

  /// The first entry from `start` on whose path does not begin like that one's.
  private func endOfFolder(_ start: Int, _ limit: Int, length: Int) -> Int {
    let index = scan.index
    let prefix = index.path(index.entries[start]).prefix(length)
    var (low, high) = (start + 1, limit)
    while low < high {
      let middle = (low + high) / 2
      if index.path(index.entries[middle]).prefix(length) == prefix {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  private mutating func lookAtFolder(
    _ folder: ScannedFolder, _ entries: Range<Int>, _ place: Place,
    _ listing: inout FolderListing, _ descriptor: Int32
  ) throws(WorktreeError) {
    guard let item = place.item, kind(item, listing, descriptor) == .folder else {
      return lose(entries)
    }
    listing.items[item].isTracked = true
    let path = Array(scan.index.path(scan.index.entries[entries.lowerBound]).prefix(place.end + 1))
    let child = folder.child(path)
    if entries.count >= Self.smallFolder, path.count < Self.longPath {
      return scan.spread(child, entries)
    }
    try look(child, entries, descriptor: open(item, listing, descriptor))
  }

  private func open(_ item: Int, _ listing: FolderListing, _ descriptor: Int32) -> Int32 {
    listing.withName(listing.items[item]) {
      orch_open_at(descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    } ?? -ENOENT
  }

  private mutating func lookAtFile(
    _ folder: ScannedFolder, _ position: Int, _ item: Int?, _ listing: inout FolderListing,
    _ descriptor: Int32
  ) throws(WorktreeError) {
    let entry = scan.index.entries[position]
    guard let item,
      let file = listing.withName(
        listing.items[item], { FileInformation($0, in: descriptor) }) ?? nil
    else { return lose(position..<position + 1) }
    if entry.mode & 0o170000 == 0o160000, file.kind == .folder {
      listing.items[item].isTracked = true
      lookAtSubmodule(position)
      return
    }
    guard file.kind == .file || file.kind == .link else {
      if file.kind == .other { result.unkept.append(Array(scan.index.path(entry))) }
      return lose(position..<position + 1)
    }
    listing.items[item].isTracked = true
    if scan.isUnchanged(entry, file) { return }
    let path = Array(scan.index.path(entry))
    let found = file.kind == .link ? .link(file) : self.file(file, path, folder)
    result.changes.append(FileChange(path: path, entry: position, found: found))
  }

  private mutating func lookAtSubmodule(_ position: Int) {
    let entry = scan.index.entries[position]
    let path = Array(scan.index.path(entry))
    guard let head = Repository.headCommit(ofRepositoryIn: scan.text(path)), head != entry.id else {
      return
    }
    result.changes.append(FileChange(path: path, entry: position, found: .repository(head)))
  }

  private func file(
    _ information: FileInformation, _ path: [UInt8], _ folder: ScannedFolder
  ) -> FileChange.Found {
    .file(
      information, scan.settings.conversions.conversion(of: path, folder.attributes))
  }

  /// Entries without a file, but for those that a sparse checkout leaves out.
  private mutating func lose(_ entries: Range<Int>) {
    for position in entries {
      let entry = scan.index.entries[position]
      if !entry.flags.isDisjoint(with: [.skipWorktree, .assumeUnchanged]) { continue }
      result.changes.append(
        FileChange(path: Array(scan.index.path(entry)), entry: position, found: .nothing))
    }
  }

  private func kind(
    _ item: Int, _ listing: FolderListing, _ descriptor: Int32
  ) -> FileInformation.Kind? {
    switch Int(listing.items[item].type) {
    case Int(DT_DIR): return .folder
    case Int(DT_REG): return .file
    case Int(DT_LNK): return .link
    case Int(DT_UNKNOWN):
      return listing.withName(listing.items[item]) { name in
        FileInformation(name, in: descriptor)?.kind
      } ?? nil
    default: return .other
    }
  }

  private mutating func lookAtOthers(
    _ folder: ScannedFolder, _ listing: FolderListing, _ descriptor: Int32
  ) throws(WorktreeError) {
    guard listing.items.contains(where: { !$0.isTracked }) else { return }
    if folder.isIgnored {
      if scan.findsIgnored { noteIgnored(folder, listing) }
      return
    }
    var tracked: Set<String>?
    for item in listing.items.indices where !listing.items[item].isTracked {
      let name = listing.name(listing.items[item])
      if name.elementsEqual(".git".utf8) { continue }
      if scan.settings.conversions.ignoresCase {
        let names = tracked ?? Self.trackedNames(listing)
        tracked = names
        if names.contains(String(decoding: name, as: UTF8.self).lowercased()) { continue }
      }
      try lookAtOther(folder, folder.path + name, item, listing, descriptor)
    }
  }

  private mutating func noteIgnored(_ folder: ScannedFolder, _ listing: FolderListing) {
    for item in listing.items where !item.isTracked {
      let name = listing.name(item)
      if !name.elementsEqual(".git".utf8) { result.ignored.append(folder.path + name) }
    }
  }

  private static func trackedNames(_ listing: FolderListing) -> Set<String> {
    Set(
      listing.items.filter(\.isTracked).map {
        String(decoding: listing.name($0), as: UTF8.self).lowercased()
      })
  }

  private mutating func lookAtOther(
    _ folder: ScannedFolder, _ path: [UInt8], _ item: Int, _ listing: FolderListing,
    _ descriptor: Int32
  ) throws(WorktreeError) {
    let kind = kind(item, listing, descriptor)
    if kind == nil { return }
    if folder.ignored.ignores(path, isFolder: kind == .folder) {
      if scan.findsIgnored { result.ignored.append(path) }
      return
    }
    // A commit with such a name could be checked out nowhere.
    guard PathSafety.isSafe(listing.name(listing.items[item])) else {
      return result.unkept.append(path)
    }
    if kind == .folder {
      let child = open(item, listing, descriptor)
      if child >= 0, FileInformation(".git", in: child) != nil {
        if let head = Repository.headCommit(ofRepositoryIn: scan.text(path)) {
          close(child)
          result.changes.append(FileChange(path: path, entry: nil, found: .repository(head)))
          return
        }
        if Repository.isRepository(scan.text(path)) {
          close(child)
          result.unkept.append(path)
          return
        }
      }
      return try look(folder.child(path + [0x2F]), 0..<0, descriptor: child)
    }
    guard kind != .other,
      let information = listing.withName(
        listing.items[item], { FileInformation($0, in: descriptor) }) ?? nil
    else {
      if kind == .other { result.unkept.append(path) }
      return
    }
    let found =
      information.kind == .link ? .link(information) : file(information, path, folder)
    result.changes.append(FileChange(path: path, entry: nil, found: found))
  }
}

/// Where the next part of an entry's path is in a folder's listing.
private struct Place {
  /// True if the part is the last: the entry is a file of this folder.
  let isFile: Bool
  /// Where the part ends in the path.
  let end: Int
  /// The part's position in the listing; nil if it is not there.
  let item: Int?

  init(_ index: IndexFile, _ entry: IndexFile.Entry, depth: Int, in listing: FolderListing) {
    (isFile, end, item) = index.paths.withUnsafeBufferPointer { paths in
      let path = UnsafeBufferPointer(rebasing: paths[entry.start..<entry.start + entry.count])
      var end = depth
      while end < path.count, path[end] != 0x2F { end += 1 }
      let item = listing.position(of: UnsafeBufferPointer(rebasing: path[depth..<end]))
      return (end == path.count, end, item)
    }
  }
}
