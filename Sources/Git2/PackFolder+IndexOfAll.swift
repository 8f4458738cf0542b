#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// git's index over all packs (`multi-pack-index`, gitformat-pack of git), which a user's maintenance may have written.
///
/// What is named in it is looked for nowhere else: before a pack goes, the index that names it has to, as in git's own
/// repacking. git makes it anew.
extension PackFolder {
  private static let indexOfAll = "multi-pack-index"
  /// The bytes before the table of chunks, and those of each entry of it.
  private static let headBytes = 12
  private static let chunkBytes = 12

  /// Takes the index over all packs away.
  public static func removeIndexOfAll(in folder: String) {
    unlink("\(folder)/\(indexOfAll)")
  }

  /// Takes the index over all packs away if it names one of these, or cannot be understood.
  static func removeIndexOfAll(naming names: [String], in folder: String) {
    guard access("\(folder)/\(indexOfAll)", F_OK) == 0 else { return }
    if let named = namesInIndexOfAll(folder), named.isDisjoint(with: names) { return }
    removeIndexOfAll(in: folder)
  }

  /// The packs, without ending, that the index over all packs names; nil if it cannot be read.
  private static func namesInIndexOfAll(_ folder: String) -> Set<String>? {
    let path = "\(folder)/\(indexOfAll)"
    guard let head = DurableFile.beginning(of: path, count: headBytes), head.count == headBytes,
      head.starts(with: Array("MIDX".utf8))
    else { return nil }
    // One more entry than there are chunks says where the last one ends.
    let tableEnd = headBytes + (Int(head[6]) + 1) * chunkBytes
    guard let table = DurableFile.beginning(of: path, count: tableEnd), table.count == tableEnd
    else { return nil }
    let offset = { (at: Int) in table[(at + 4)..<(at + chunkBytes)].reduce(0) { $0 << 8 | Int($1) }
    }
    let places = stride(from: headBytes, to: tableEnd - chunkBytes, by: chunkBytes)
    guard let at = places.first(where: { table[$0..<($0 + 4)].elementsEqual(Array("PNAM".utf8)) })
    else { return nil }
    let (start, end) = (offset(at), offset(at + chunkBytes))
    guard (tableEnd...maximumNamesEnd).contains(start), (start...maximumNamesEnd).contains(end),
      let bytes = DurableFile.beginning(of: path, count: end), bytes.count == end
    else { return nil }
    let files = bytes[start...].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return Set(files.compactMap { $0.split(separator: ".").first.map(String.init) })
  }

  /// Where the names end at most, in bytes: those of a million packs.
  private static let maximumNamesEnd = 64 << 20
}
