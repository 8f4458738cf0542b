internal import CGit2

/// What a split index says of the file that it is the difference to.
///
/// Source: Documentation/gitformat-index of git, "Split index".
struct IndexLink {
  /// The checksum of the shared file, which is part of its name.
  let base: ObjectID
  /// The places of the shared file's entries that are gone.
  let deleted: Set<Int>
  /// The places of those that the first entries here, which have no paths, stand for; in order.
  let replaced: [Int]

  /// Reads the extension; nil if it is damaged.
  init?(_ reader: inout IndexReader) {
    guard reader.position + ObjectID.byteCount <= reader.end else { return nil }
    base = reader.id()
    guard reader.position < reader.end else {
      deleted = []
      replaced = []
      return
    }
    guard let deleted = reader.places(), let replaced = reader.places() else { return nil }
    self.deleted = Set(deleted)
    self.replaced = replaced
  }
}

extension IndexFile {
  /// The whole index of a split one: that of the shared file with this one's changes; nil if they do not fit.
  func joined(to base: IndexFile, _ link: IndexLink) -> IndexFile? {
    let changed = entries.prefix { $0.count == 0 }
    let places = (link.deleted.union(link.replaced)).max() ?? -1
    guard changed.count == link.replaced.count, places < base.entries.count else { return nil }
    let contents = Dictionary(zip(link.replaced, changed), uniquingKeysWith: { $1 })
    var result = IndexFile()
    result.reserve(base.entries.count + entries.count, bytes: base.paths.count + paths.count)
    result.cachedTree = cachedTree
    var added = entries.dropFirst(changed.count)
    for (place, old) in base.entries.enumerated() where !link.deleted.contains(place) {
      let path = base.path(old)
      while let next = added.first, precedes(next, path, old.stage) {
        result.append(next, path: self.path(next))
        added = added.dropFirst()
      }
      result.append(contents[place] ?? old, path: path)
    }
    for entry in added { result.append(entry, path: path(entry)) }
    return result
  }

  private func precedes(_ entry: Entry, _ path: ArraySlice<UInt8>, _ stage: UInt8) -> Bool {
    let own = self.path(entry)
    if own.elementsEqual(path) { return entry.stage < stage }
    return own.lexicographicallyPrecedes(path)
  }

  private mutating func append(_ entry: Entry, path: ArraySlice<UInt8>) {
    append(
      path: path, mode: entry.mode, id: entry.id, stat: entry.stat, stage: entry.stage,
      flags: entry.flags)
  }
}

extension IndexReader {
  /// The places of the bits that are set in a compressed bitmap, ascending; nil if it is damaged.
  ///
  /// Runs of equal words, each followed by words as they are. Source: git's ewah/ewah_io.c describes the bytes:
  /// the number of bits, the number of words, the words, the place of the last run's word.
  fileprivate mutating func places() -> [Int]? {
    let bits = Int(number())
    let count = Int(number())
    guard position + count * 8 + 4 <= end else { return nil }
    let last = position + count * 8
    var places: [Int] = []
    var first = 0
    while position < last {
      let run = word()
      let length = Int(run >> 1 & 0xFFFF_FFFF)
      let literals = Int(run >> 33)
      guard first + length * 64 <= bits + 64, position + literals * 8 <= last else { return nil }
      if run & 1 == 1 { places += first..<first + length * 64 }
      first += length * 64
      for _ in 0..<literals {
        let literal = word()
        places += (0..<64).lazy.filter { literal >> $0 & 1 == 1 }.map { first + $0 }
        first += 64
      }
    }
    position = last + 4
    return places
  }

  private mutating func word() -> UInt64 {
    let high = UInt64(number())
    return high << 32 | UInt64(number())
  }
}
