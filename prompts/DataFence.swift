/// Marks around a text that is data: the content cannot contain the mark that ends it.
enum DataFence {
  /// The bytes that the marks add to a content.
  static let overhead = fenced("").utf8.count

  /// The content between marks; the mark is made from the content, and made anew while the content
  /// has it, so the same content has the same marks everywhere.
  static func fenced(_ content: String) -> String {
    var mark = hash(content.utf8, 0)
    while contains(content, text(of: mark)) { mark = hash(content.utf8, mark) }
    let name = text(of: mark)
    return "=== begin data \(name) ===\n\(content)\n=== end data \(name) ==="
  }

  /// Byte by byte: the search of the standard library compares characters and is a hundred times slower.
  private static func contains(_ content: String, _ mark: String) -> Bool {
    var content = content
    let mark = Array(mark.utf8)
    return content.withUTF8 { bytes in
      guard bytes.count >= mark.count else { return false }
      for start in 0...(bytes.count - mark.count) where bytes[start] == mark[0] {
        if bytes[start..<(start + mark.count)].elementsEqual(mark) { return true }
      }
      return false
    }
  }

  /// Sixteen digits that tell one text from another; no protection against intent.
  static func digits(of content: String) -> String { text(of: hash(content.utf8, 0)) }

  /// Sixteen digits.
  private static func text(of mark: UInt64) -> String {
    let digits = String(mark, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// FNV-1a with 64 bits, begun with the bytes of a seed.
  private static func hash(_ bytes: some Sequence<UInt8>, _ seed: UInt64) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed &* 0x9E37_79B9_7F4A_7C15
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash
  }
}
