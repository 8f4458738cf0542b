internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Collects new objects in memory and writes them as one pack with its index, durably.
///
/// A batch of transitions or rebased commits costs two synced files instead of one for each object,
/// and successive versions of a folder are stored as deltas (see docs/decisions/0002). The pack gets
/// a `.keep` file, so that the user's own `git gc` neither counts nor rewrites it.
/// Format: Documentation/gitformat-pack of git, version 2 of both files.
public struct PackWriter: Sendable {
  /// The longest chain of deltas: git's own default for reading comfortably.
  static let maximumDeltaDepth = 32
  /// zlib's fastest level: ids hardly compress, and the writer waits for it.
  static let compressionLevel: Int32 = 1

  private struct Item {
    let id: ObjectID
    let kind: ObjectKind
    let content: [UInt8]
    let basis: Int?
    let depth: Int
  }

  private var items: [Item] = []
  private var positions: [ObjectID: Int] = [:]

  /// An empty batch.
  public init() {}

  /// The number of objects so far.
  public var count: Int { items.count }

  /// True if nothing was added.
  public var isEmpty: Bool { items.isEmpty }

  /// True if the batch has the object.
  public func contains(_ id: ObjectID) -> Bool { positions[id] != nil }

  /// The object of an id, if the batch has it.
  public subscript(id: ObjectID) -> RawObject? {
    positions[id].map { RawObject(kind: items[$0].kind, bytes: items[$0].content) }
  }

  /// Adds an object; returns its id.
  ///
  /// `basis` names an object of this batch that it resembles, such as the folder's last version.
  @discardableResult
  public mutating func add(
    _ content: [UInt8], _ kind: ObjectKind, resembling basis: ObjectID? = nil
  ) throws(GitError) -> ObjectID {
    let isOwn = kind == .tree || kind == .commit
    let id = isOwn ? SHA1.id(of: content, kind) : try Repository.id(of: content, kind)
    guard positions[id] == nil else { return id }
    var position = basis.flatMap { positions[$0] }
    var depth = 0
    if let found = position {
      depth = items[found].depth + 1
      if items[found].kind != kind || depth > Self.maximumDeltaDepth {
        (position, depth) = (nil, 0)
      }
    }
    positions[id] = items.count
    items.append(Item(id: id, kind: kind, content: content, basis: position, depth: depth))
    return id
  }

  /// Writes everything into `objects/pack` below `objectDirectory` and syncs it to disk.
  ///
  /// Returns the pack's name without ending, or nil for an empty batch. After it returns, the objects
  /// survive a power cut; on an error nothing is left but, at worst, a `tmp_` file that gc removes.
  /// Throws `PackError`.
  @discardableResult
  public func write(into objectDirectory: String) throws(PackError) -> String? {
    guard !items.isEmpty else { return nil }
    let pack: (bytes: [UInt8], index: [UInt8], name: String)
    do {
      pack = try encoded()
    } catch {
      throw .compression(error)
    }
    try Self.publish(
      "pack-" + pack.name, pack: pack.bytes, index: pack.index, in: objectDirectory + "/pack")
    return "pack-" + pack.name
  }

  /// Puts a finished pack, its index and the marks beside it into a folder, durably: orch's mark, unless told otherwise.
  static func publish(
    _ name: String, pack: [UInt8], index: [UInt8], in folder: String,
    marks: [String: [UInt8]] = ["keep": Array(PackConsolidator.mark.utf8)]
  ) throws(PackError) {
    try DurableFile.makeDirectory(folder)
    let base = "\(folder)/\(name)"
    // The order matters: an index without its pack would make every git command complain.
    for (ending, content) in marks {
      try DurableFile.write(content, to: "\(base).\(ending)", sync: false)
    }
    try DurableFile.write(pack, to: base + ".pack", sync: true, mode: 0o444)
    try DurableFile.write(index, to: base + ".idx", sync: true, mode: 0o444)
    try DurableFile.syncDirectory(folder)
  }

  private func encoded() throws(GitError) -> (bytes: [UInt8], index: [UInt8], name: String) {
    let deflate = try Deflate(level: Self.compressionLevel)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(items.reduce(64) { $0 + $1.content.count + 64 })
    bytes.append(contentsOf: Array("PACK".utf8))
    Self.append(UInt32(2), to: &bytes)
    Self.append(UInt32(items.count), to: &bytes)
    var index = PackIndex()
    var offsets: [Int] = []
    for item in items {
      let offset = bytes.count
      offsets.append(offset)
      if let basis = item.basis,
        let delta = Delta.between(items[basis].content, item.content)
      {
        Self.appendHeader(type: 6, size: delta.count, to: &bytes)
        Self.appendDistance(offset - offsets[basis], to: &bytes)
        Deflate.appendStored(delta, to: &bytes)
      } else {
        Self.appendHeader(type: item.kind.rawValue, size: item.content.count, to: &bytes)
        if item.kind == .tree {
          Deflate.appendStored(item.content, to: &bytes)
        } else {
          try deflate.append(item.content, to: &bytes)
        }
      }
      index.add(item.id, offset: offset, checksum: Checksum.crc32(bytes[offset...]))
    }
    let trailer = SHA1.digest(bytes)
    bytes.append(contentsOf: trailer)
    let name = ObjectID(bytes: trailer)?.hex ?? ""
    return (bytes, index.encoded(packChecksum: trailer), name)
  }

  static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }

  static func appendHeader(type: UInt8, size: Int, to bytes: inout [UInt8]) {
    var rest = size >> 4
    var byte = type << 4 | UInt8(size & 15)
    while rest > 0 {
      bytes.append(byte | 0x80)
      byte = UInt8(rest & 0x7F)
      rest >>= 7
    }
    bytes.append(byte)
  }

  /// The distance back to a delta's basis, in git's offset encoding.
  static func appendDistance(_ distance: Int, to bytes: inout [UInt8]) {
    var rest = distance
    var encoded = [UInt8(rest & 0x7F)]
    rest >>= 7
    while rest > 0 {
      rest -= 1
      encoded.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(contentsOf: encoded.reversed())
  }
}

/// Version 2 of a pack's index: which object is where.
struct PackIndex {
  private var entries: [(id: ObjectID, offset: Int, checksum: UInt32)] = []

  mutating func add(_ id: ObjectID, offset: Int, checksum: UInt32) {
    entries.append((id, offset, checksum))
  }

  /// The file's bytes.
  ///
  /// Offsets stay below 2 GiB: a batch is bounded long before that.
  func encoded(packChecksum: [UInt8]) -> [UInt8] {
    let sorted = entries.sorted { $0.id < $1.id }
    var bytes: [UInt8] = [0xFF, UInt8(ascii: "t"), UInt8(ascii: "O"), UInt8(ascii: "c")]
    PackWriter.append(2, to: &bytes)
    var counts = [UInt32](repeating: 0, count: 256)
    for entry in sorted { counts[Int(entry.id.leadingByte)] += 1 }
    var total: UInt32 = 0
    for count in counts {
      total += count
      PackWriter.append(total, to: &bytes)
    }
    for entry in sorted { entry.id.append(to: &bytes) }
    for entry in sorted { PackWriter.append(entry.checksum, to: &bytes) }
    for entry in sorted { PackWriter.append(UInt32(entry.offset), to: &bytes) }
    bytes.append(contentsOf: packChecksum)
    bytes.append(contentsOf: SHA1.digest(bytes))
    return bytes
  }
}
