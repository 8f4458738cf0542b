internal import CPlatform
internal import Folders

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Joins orch's own small packs into larger ones, so that their number stays small for every reader.
///
/// Packs are joined in tiers of size, each `fanIn` times the last, so that a byte is copied few times.
/// Folders become deltas of their earlier versions on the way: see `PackJoiner`.
public enum PackConsolidator {
  /// The number of packs of one tier that are joined into one of the next.
  public static let fanIn = 32
  /// The size up to which a pack belongs to the first tier, in bytes.
  static let firstTierBytes = 64 * 1024
  /// The largest pack that is made by joining, in bytes.
  static let maximumPackBytes = 256 << 20
  /// What the `.keep` file of a pack of orch's says.
  static let mark = "orch\n"

  /// Joins packs of a tier that has enough of them; returns how many were joined.
  ///
  /// The caller must be the only one who does so. Throws `PackError`; nothing is lost then.
  @discardableResult
  public static func consolidate(_ objectDirectory: String) throws(PackError) -> Int {
    let folder = objectDirectory + "/pack"
    var tiers: [Int: [(name: String, written: Int)]] = [:]
    for name in keptPacks(in: folder) {
      var information = stat()
      guard stat("\(folder)/\(name).pack", &information) == 0 else { continue }
      tiers[tier(of: Int(information.st_size)), default: []].append((name, written(information)))
    }
    for packs in tiers.values where packs.count >= fanIn {
      let own = packs.filter {
        DurableFile.read("\(folder)/\($0.name).keep") == Array(mark.utf8)
      }
      guard own.count >= fanIn else { continue }
      // Oldest first: versions of a folder that follow each other differ least.
      return try join(
        own.sorted { ($0.written, $0.name) < ($1.written, $1.name) }.map(\.name), in: folder)
    }
    return 0
  }

  /// How many packs are not kept by anybody: fetches leave them, and git's own maintenance joins them.
  public static func unkeptPacks(_ objectDirectory: String) -> Int {
    let names = Folder.names(in: objectDirectory + "/pack").filter { $0.hasPrefix("pack-") }
    return names.count { $0.hasSuffix(".pack") } - names.count { $0.hasSuffix(".keep") }
  }

  /// When a file was written, in nanoseconds since 1970.
  private static func written(_ information: stat) -> Int {
    #if canImport(Glibc)
      let time = information.st_mtim
    #else
      let time = information.st_mtimespec
    #endif
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }

  private static func tier(of size: Int) -> Int {
    var tier = 0
    var limit = firstTierBytes
    while size > limit, limit < maximumPackBytes {
      tier += 1
      limit *= fanIn / 2
    }
    return tier
  }

  private static func join(_ names: [String], in folder: String) throws(PackError) -> Int {
    var joiner = PackJoiner()
    var joined: [String] = []
    for name in names {
      // A pack that repeats an object, or cannot be read, is left as it is.
      guard let pack = DurableFile.read("\(folder)/\(name).pack"),
        let entries = DurableFile.read("\(folder)/\(name).idx").flatMap(PackIndex.entries),
        joiner.bytes.count + pack.count <= maximumPackBytes, joiner.add(pack, entries)
      else { continue }
      joined.append(name)
    }
    guard joined.count > 1 else { return 0 }
    let (pack, index, name) = joiner.finished()
    try PackWriter.publish(name, pack: pack, index: index, in: folder)
    let gone = joined.filter { $0 != name }
    PackFolder.removeIndexOfAll(naming: gone, in: folder)
    for old in gone {
      // The index goes first: without it, nobody looks for the pack.
      for ending in ["idx", "pack", "keep"] { unlink("\(folder)/\(old).\(ending)") }
    }
    // Whoever has made one meanwhile has named them again.
    PackFolder.removeIndexOfAll(naming: gone, in: folder)
    return joined.count
  }

  /// The names, without ending, of the packs that are kept, by orch or by others; none if few.
  private static func keptPacks(in folder: String) -> [String] {
    let names = Folder.names(in: folder)
      .filter { $0.hasPrefix("pack-") && $0.hasSuffix(".keep") }.map { String($0.dropLast(5)) }
    return names.count >= fanIn ? names : []
  }
}

extension PackIndex {
  /// The length of a pack's header: signature, version, count.
  static let headerBytes = 12

  /// The entries of an index of version 2; nil if it is not one, or has offsets of 64 bits.
  static func entries(of bytes: [UInt8]) -> [(id: ObjectID, offset: Int, checksum: UInt32)]? {
    let tables = 8 + 256 * 4
    guard bytes.count > tables + 40, bytes[0..<4].elementsEqual([0xFF, 0x74, 0x4F, 0x63]) else {
      return nil
    }
    let count = Int(number(bytes, tables - 4))
    guard bytes.count == tables + count * 28 + 40 else { return nil }
    return (0..<count).compactMap { position in
      let start = tables + position * ObjectID.byteCount
      let checksums = tables + count * ObjectID.byteCount
      let offset = number(bytes, checksums + count * 4 + position * 4)
      guard offset & 0x8000_0000 == 0,
        let id = ObjectID(bytes: bytes[start..<start + ObjectID.byteCount])
      else { return nil }
      return (id, Int(offset), number(bytes, checksums + position * 4))
    }
  }

  private static func number(_ bytes: [UInt8], _ start: Int) -> UInt32 {
    bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }
}
