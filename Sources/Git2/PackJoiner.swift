/// Writes the objects of several packs into one, folders as deltas of their earlier versions.
///
/// A turn writes its folders whole, because a pack may not lean on another. Joined packs hold many
/// versions of the same folders; all but one in `maximumDepth` become a few dozen bytes.
struct PackJoiner {
  /// The longest chain of deltas that is made here; a turn's own chains may stand on top of one.
  static let maximumDepth = 16
  /// Smaller folders are left whole: a delta would save nothing.
  private static let smallestFolder = 128

  /// A folder that later versions can be deltas of.
  private struct Basis {
    let offset: Int
    let content: [UInt8]
    let depth: Int
  }

  private(set) var bytes: [UInt8]
  private(set) var seen: Set<ObjectID> = []
  private var index = PackIndex()
  /// The last version of each folder, by the mode and name of its first entry.
  private var folders: [[UInt8]: Basis] = [:]

  /// An empty pack.
  init() {
    bytes = Array("PACK".utf8)
    PackWriter.append(2, to: &bytes)
    PackWriter.append(0, to: &bytes)
  }

  /// Adds the objects of a pack; false, and nothing is added, if one is there already, is not what its index says
  /// (joined, it would no longer be found out), or the pack is of a form that this version does not write.
  mutating func add(
    _ pack: [UInt8], _ entries: [(id: ObjectID, offset: Int, checksum: UInt32)]
  ) -> Bool {
    guard let parts = parts(of: pack, entries) else { return false }
    add(parts, of: pack)
    return true
  }

  /// Adds what is sound of a damaged pack, without what is a delta of something that is not; false if nothing is.
  mutating func salvage(
    _ pack: [UInt8], _ entries: [(id: ObjectID, offset: Int, checksum: UInt32)]
  ) -> Bool {
    var parts = soundParts(of: pack, entries)
    var count: Int
    repeat {
      count = parts.count
      let (offsets, ids) = (Set(parts.map(\.offset)), Set(parts.map(\.id)))
      parts.removeAll { part in
        switch part.header.type {
        case 6: !offsets.contains(part.offset - part.header.distance)
        case 7: !(part.header.basis.map(ids.contains) ?? false)
        default: false
        }
      }
    } while parts.count < count
    add(parts, of: pack)
    return !parts.isEmpty
  }

  private mutating func add(_ parts: [Part], of pack: [UInt8]) {
    var moved: [Int: Int] = [:]
    for part in parts {
      let offset = bytes.count
      moved[part.offset] = offset
      if let basis = moved[part.offset - part.header.distance], part.header.type == 6 {
        PackWriter.appendHeader(type: 6, size: part.header.size, to: &bytes)
        PackWriter.appendDistance(offset - basis, to: &bytes)
        bytes += pack[part.header.end..<part.end]
      } else if part.header.type != 2
        || !addFolder(pack[part.header.end..<part.end], size: part.header.size)
      {
        bytes += pack[part.offset..<part.end]
      }
      seen.insert(part.id)
      index.add(part.id, offset: offset, checksum: Checksum.crc32(bytes[offset...]))
    }
  }

  /// An object of a pack.
  private struct Part {
    let id: ObjectID
    let offset: Int
    let end: Int
    let header: PackEntryHeader
  }

  /// The objects in the order of the pack; nil if one is there already, is damaged, or of another form.
  private func parts(
    of pack: [UInt8], _ entries: [(id: ObjectID, offset: Int, checksum: UInt32)]
  ) -> [Part]? {
    let parts = soundParts(of: pack, entries)
    guard parts.count == entries.count, parts.allSatisfy({ !seen.contains($0.id) }) else {
      return nil
    }
    var offsets: Set<Int> = []
    for part in parts {
      guard
        (1...4).contains(part.header.type)
          || (part.header.type == 6 && offsets.contains(part.offset - part.header.distance))
      else { return nil }
      offsets.insert(part.offset)
    }
    return parts
  }

  /// The objects that are what the index says, in the order of the pack, each once.
  private func soundParts(
    of pack: [UInt8], _ entries: [(id: ObjectID, offset: Int, checksum: UInt32)]
  ) -> [Part] {
    var parts: [Part] = []
    var own: Set<ObjectID> = []
    let sorted = entries.sorted { $0.offset < $1.offset }
    for (position, entry) in sorted.enumerated() {
      // Behind the last one stands the checksum, unless it was cut off.
      let ends =
        position + 1 < sorted.count
        ? [sorted[position + 1].offset] : [pack.count - ObjectID.byteCount, pack.count]
      let end = ends.first { end in
        entry.offset < end && end <= pack.count
          && Checksum.crc32(pack[entry.offset..<end]) == entry.checksum
      }
      guard let end, let header = PackEntryHeader(pack, at: entry.offset, end: end),
        own.insert(entry.id).inserted
      else { continue }
      parts.append(Part(id: entry.id, offset: entry.offset, end: end, header: header))
    }
    return parts
  }

  /// Sets the count and adds the checksum; returns the pack, its index and its name without ending.
  consuming func finished() -> (pack: [UInt8], index: [UInt8], name: String) {
    withUnsafeBytes(of: UInt32(seen.count).bigEndian) { bytes.replaceSubrange(8..<12, with: $0) }
    let trailer = SHA1.digest(bytes)
    bytes += trailer
    let name = "pack-" + (ObjectID(bytes: trailer)?.hex ?? "")
    return (bytes, index.encoded(packChecksum: trailer), name)
  }

  /// Adds a folder as a delta of its last version and remembers it; false if it is to stay whole.
  private mutating func addFolder(_ stream: ArraySlice<UInt8>, size: Int) -> Bool {
    guard size >= Self.smallestFolder, let content = Deflate.stored(stream), content.count == size
    else { return false }
    let key = Array(content.prefix { $0 != 0 })
    let offset = bytes.count
    guard let basis = folders[key], basis.depth < Self.maximumDepth,
      let delta = Delta.between(basis.content, content), delta.count * 2 < size
    else {
      folders[key] = Basis(offset: offset, content: content, depth: 0)
      return false
    }
    PackWriter.appendHeader(type: 6, size: delta.count, to: &bytes)
    PackWriter.appendDistance(offset - basis.offset, to: &bytes)
    Deflate.appendStored(delta, to: &bytes)
    folders[key] = Basis(offset: offset, content: content, depth: basis.depth + 1)
    return true
  }
}

/// What stands before an object's compressed bytes.
private struct PackEntryHeader {
  /// 1 to 4: an object of its own; 6: a delta of the object `distance` bytes before; 7: of the object `basis`.
  let type: UInt8
  let size: Int
  let distance: Int
  private(set) var basis: ObjectID?
  /// Where the compressed bytes begin.
  let end: Int

  /// Reads the header of the entry at an offset; nil if it is not whole.
  init?(_ pack: [UInt8], at start: Int, end limit: Int) {
    var position = start
    var byte = pack[position]
    let type = byte >> 4 & 7
    var size = Int(byte & 15)
    var shift = 4
    while byte & 0x80 != 0 {
      position += 1
      guard position < limit, shift < 42 else { return nil }
      byte = pack[position]
      size |= Int(byte & 0x7F) << shift
      shift += 7
    }
    position += 1
    var distance = 0
    if type == 6 {
      guard position < limit else { return nil }
      byte = pack[position]
      distance = Int(byte & 0x7F)
      while byte & 0x80 != 0 {
        position += 1
        guard position < limit, distance < 1 << 40 else { return nil }
        byte = pack[position]
        distance = (distance + 1) << 7 | Int(byte & 0x7F)
      }
      position += 1
    }
    if type == 7 {
      guard position + ObjectID.byteCount < limit else { return nil }
      basis = ObjectID(bytes: pack[position..<position + ObjectID.byteCount])
      position += ObjectID.byteCount
    }
    guard position < limit else { return nil }
    self.type = type
    self.size = size
    self.distance = distance
    end = position
  }
}
