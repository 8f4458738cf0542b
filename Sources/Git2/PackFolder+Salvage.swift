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
  /// Nil, and nothing is written, if its index cannot be read, it is too large, or has deltas of objects elsewhere
  /// in it. Throws `PackError`.
  public static func salvage(_ name: String, in folder: String) throws(PackError) -> Salvage? {
    let base = "\(folder)/\(name)"
    guard let pack = DurableFile.read(base + ".pack", limit: maximumSalvageBytes),
      let entries = DurableFile.read(base + ".idx").flatMap(PackIndex.entries)
    else { return nil }
    var joiner = PackJoiner()
    guard joiner.add(pack, entries, salvaging: true) else { return nil }
    let result = Salvage(kept: joiner.seen.count, lost: entries.count - joiner.seen.count)
    if result.kept == 0 { return result }
    var marks: [String: [UInt8]] = [:]
    for ending in ["keep", "promisor"] { marks[ending] = DurableFile.read("\(base).\(ending)") }
    let (bytes, index, new) = joiner.finished()
    try PackWriter.publish(new, pack: bytes, index: index, in: folder, marks: marks)
    return result
  }

  /// Puts an index that was made anew in the place of a pack's own.
  public static func replaceIndex(
    of name: String, with path: String, in folder: String
  ) throws(PackError) {
    try move(path, to: "\(folder)/\(name).idx")
    try DurableFile.syncDirectory(folder)
  }

  /// Takes git's index over all packs away, in which a pack may be named that is there no more: git makes it anew.
  public static func removeIndexOfAll(in folder: String) {
    unlink(folder + "/multi-pack-index")
  }
}
