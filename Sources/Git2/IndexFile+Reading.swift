internal import CGit2

/// Why an index could not be read.
public enum IndexError: Error, Sendable, Hashable {
  /// It is not one, or is cut off; `reason` is for a person.
  case damaged(path: String, reason: String)
  /// It uses an extension that must be understood, such as "sdir" of a sparse index.
  case unsupported(path: String, feature: String)
  /// Another process holds its lock.
  case locked(path: String)
  /// A system call failed; `number` is errno.
  case file(path: String, operation: String, number: Int32)
}

extension IndexFile {
  /// Reads the index of a checkout; one that does not exist is empty.
  public init(path: String) throws(IndexError) {
    self.init()
    guard let information = FileInformation(path: path) else { return }
    guard let bytes = DurableFile.read(path) else {
      // It was replaced between the two calls, or cannot be read.
      guard FileInformation(path: path) != nil else { return }
      throw .file(path: path, operation: "read", number: 5)
    }
    if let link = try parse(bytes, path: path) { try join(link, path: path) }
    // Entries without a path stand for those of another file: only a split index has them.
    guard entries.allSatisfy({ $0.count > 0 }) else {
      throw .damaged(path: path, reason: "an entry has no path")
    }
    written = information.stat
  }

  /// Takes in the file that a split index is the difference to.
  private mutating func join(_ link: IndexLink, path: String) throws(IndexError) {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let shared = "\(folder)sharedindex.\(link.base.hex)"
    guard link.base != .zero else { return }
    guard let bytes = DurableFile.read(shared) else {
      throw .damaged(path: path, reason: "'\(shared)' cannot be read")
    }
    var base = IndexFile()
    guard try base.parse(bytes, path: shared) == nil, let whole = joined(to: base, link) else {
      throw .damaged(path: path, reason: "it does not fit to '\(shared)'")
    }
    self = whole
  }

  /// Reads the bytes of a file; returns what it is the difference to, if it is one.
  private mutating func parse(
    _ bytes: [UInt8], path: String
  ) throws(IndexError) -> IndexLink? {
    var link: IndexLink?
    let end = bytes.count - ObjectID.byteCount
    guard end >= 12, bytes[0..<4].elementsEqual("DIRC".utf8) else {
      throw .damaged(path: path, reason: "it has no header")
    }
    let failure: IndexError? = bytes.withUnsafeBytes { buffer in
      var reader = IndexReader(bytes: buffer, end: end, position: 4)
      let version = reader.number()
      let count = Int(reader.number())
      guard (2...4).contains(version) else {
        return .unsupported(path: path, feature: "version \(version)")
      }
      guard count <= end / 62 else { return .damaged(path: path, reason: "its count is wrong") }
      reserve(count, bytes: buffer.count / 2)
      for _ in 0..<count {
        guard let entry = reader.entry(version: version, paths: &paths) else {
          return .damaged(path: path, reason: "it is cut off")
        }
        entries.append(entry)
      }
      while let (name, range) = reader.nextExtension() {
        if name == "TREE" {
          var part = IndexReader(bytes: buffer, end: range.upperBound, position: range.lowerBound)
          cachedTree = part.cachedTree()
        } else if name == "link" {
          var part = IndexReader(bytes: buffer, end: range.upperBound, position: range.lowerBound)
          link = IndexLink(&part)
          guard link != nil else { return .damaged(path: path, reason: "its link is wrong") }
        } else if name.first?.isLowercase == true {
          return .unsupported(path: path, feature: name)
        }
      }
      return nil
    }
    if let failure { throw failure }
    return link
  }
}

/// A position in the bytes of an index.
struct IndexReader {
  let bytes: UnsafeRawBufferPointer
  let end: Int
  var position: Int

  mutating func number() -> UInt32 {
    defer { position += 4 }
    guard position + 4 <= end else { return 0 }
    return UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }

  mutating func short() -> UInt16 {
    defer { position += 2 }
    guard position + 2 <= end else { return 0 }
    return UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self))
  }

  mutating func id() -> ObjectID {
    defer { position += ObjectID.byteCount }
    guard position + ObjectID.byteCount <= end else { return .zero }
    return ObjectID(bytes.loadUnaligned(fromByteOffset: position, as: git_oid.self))
  }

  mutating func entry(version: UInt32, paths: inout [UInt8]) -> IndexFile.Entry? {
    let first = position
    guard first + 62 <= end else { return nil }
    var stat = FileStat()
    stat.changeSeconds = number()
    stat.changeNanoseconds = number()
    stat.modificationSeconds = number()
    stat.modificationNanoseconds = number()
    stat.device = number()
    stat.inode = number()
    let mode = number()
    stat.user = number()
    stat.group = number()
    stat.size = number()
    let id = id()
    let bits = short()
    var flags: IndexFile.Flags = bits & 0x8000 != 0 ? .assumeUnchanged : []
    if bits & 0x4000 != 0 {
      let more = short()
      if more & 0x4000 != 0 { flags.insert(.skipWorktree) }
      if more & 0x2000 != 0 { flags.insert(.intentToAdd) }
    }
    let start = paths.count
    guard version == 4 ? readShortened(into: &paths) : readWhole(into: &paths) else { return nil }
    let count = paths.count - start - 1
    if version < 4 { position = first + (position - 1 - first) / 8 * 8 + 8 }
    return IndexFile.Entry(
      start: start, count: count, mode: mode, id: id, stage: UInt8(bits >> 12 & 3), flags: flags,
      stat: stat)
  }

  /// A path up to its zero; leaves the position on the zero's next byte.
  private mutating func readWhole(into paths: inout [UInt8]) -> Bool {
    var last = position
    while last < end, bytes[last] != 0 { last += 1 }
    guard last < end else { return false }
    paths.append(contentsOf: bytes[position...last])
    position = last + 1
    return true
  }

  /// A path of version 4: how many bytes of the one before to drop, and what follows.
  private mutating func readShortened(into paths: inout [UInt8]) -> Bool {
    var dropped = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      dropped += Int(byte & 0x7F)
      if byte & 0x80 == 0 { break }
      dropped = (dropped + 1) << 7
    }
    let last = paths.isEmpty ? 0 : (paths.dropLast().lastIndex(of: 0).map { $0 + 1 } ?? 0)
    let kept = max(0, paths.count - 1 - last) - dropped
    guard kept >= 0 else { return false }
    paths.append(contentsOf: Array(paths[last..<last + kept]))
    var tail = position
    while tail < end, bytes[tail] != 0 { tail += 1 }
    guard tail < end else { return false }
    paths.append(contentsOf: bytes[position...tail])
    position = tail + 1
    return true
  }

  mutating func nextExtension() -> (name: String, range: Range<Int>)? {
    guard position + 8 <= end else { return nil }
    let name = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    position += 4
    let size = Int(number())
    guard position + size <= end else { return nil }
    defer { position += size }
    return (name, position..<position + size)
  }

  mutating func cachedTree(depth: Int = 0) -> CachedTree? {
    guard depth < 4096, let zero = bytes[position..<end].firstIndex(of: 0) else { return nil }
    let name = Array(bytes[position..<zero])
    position = zero + 1
    guard let count = decimal(endingWith: 0x20), let folders = decimal(endingWith: 0x0A) else {
      return nil
    }
    let id = count >= 0 ? id() : nil
    var children: [CachedTree] = []
    for _ in 0..<max(0, folders) {
      guard let child = cachedTree(depth: depth + 1) else { return nil }
      children.append(child)
    }
    return CachedTree(name: name, entryCount: count, id: id, children: children)
  }

  private mutating func decimal(endingWith mark: UInt8) -> Int? {
    guard let last = bytes[position..<end].firstIndex(of: mark) else { return nil }
    defer { position = last + 1 }
    return Int(String(decoding: bytes[position..<last], as: UTF8.self))
  }
}
