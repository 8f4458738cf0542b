#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension PackFolder {
  /// What became of the objects of a damaged pack.
  public struct Salvage: Sendable, Hashable {
    /// How many could be read, and are in a pack of their own now.
    public let kept: Int
    /// How many could not.
    public let lost: Int
  }

  /// The largest pack that is read, in bytes: it is held in memory.
  static let maximumSalvageBytes = 1 << 30

  /// Writes the objects of a pack that are what its index says into a new pack beside it, with the same marks.
  ///
  /// Nil, and nothing is written, if its index is damaged or has offsets of 64 bits, or it is too large. Throws
  /// `PackError`.
  public static func salvage(_ name: String, in folder: String) throws(PackError) -> Salvage? {
    let base = "\(folder)/\(name)"
    guard let pack = DurableFile.read(base + ".pack", limit: maximumSalvageBytes),
      let index = DurableFile.read(base + ".idx"), isSound(index),
      let entries = PackIndex.entries(of: index)
    else { return nil }
    var joiner = PackJoiner()
    guard joiner.salvage(pack, entries) else { return Salvage(kept: 0, lost: entries.count) }
    let kept = joiner.seen.count
    var marks: [String: [UInt8]] = [:]
    for ending in ["keep", "promisor"] { marks[ending] = DurableFile.read("\(base).\(ending)") }
    let finished = joiner.finished()
    // Of a pack that is damaged at its end alone the same pack is made: it must not be taken for the old one.
    let digest = ObjectID(bytes: SHA1.digest(Array((finished.name + name).utf8)))
    let new = "pack-" + (digest?.hex ?? "")
    try PackWriter.publish(
      new, pack: finished.pack, index: finished.index, in: folder, marks: marks)
    guard damaged(in: folder).allSatisfy({ $0.name != new }), hasPack(new, in: folder) else {
      throw .file(path: "\(folder)/\(new).pack", operation: "write", number: EIO)
    }
    return Salvage(kept: kept, lost: entries.count - kept)
  }

  /// True if an index ends with its own checksum.
  private static func isSound(_ index: [UInt8]) -> Bool {
    let end = index.suffix(ObjectID.byteCount)
    return SHA1.digest(Array(index.dropLast(ObjectID.byteCount))).elementsEqual(end)
  }

  /// Puts an index that was made anew in the place of a pack's own.
  public static func replaceIndex(
    of name: String, with path: String, in folder: String
  ) throws(PackError) {
    try move(path, to: "\(folder)/\(name).idx")
    // Removed meanwhile by whoever packs anew: an index alone makes git complain.
    if !hasPack(name, in: folder) { unlink("\(folder)/\(name).idx") }
    try DurableFile.syncDirectory(folder)
  }
}
