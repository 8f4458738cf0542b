extension Scan {
  /// The longest part of a signed token that is looked at, in bytes.
  private static let partLimit = 65_536

  /// `header.payload.signature`, each in base64; also with a part cut off.
  mutating func webToken(at index: Int) {
    guard line.isBoundary(before: index) else { return }
    let first = line.endOfRun(.base64Any, from: index, limit: Self.partLimit)
    count(first - index)
    guard line[first] == UInt8(ascii: "."), first - index >= 12 else { return }
    let header = Base64.decode(line, index..<first, limit: 96)
    let named = ["\"alg\"", "\"enc\"", "\"kid\"", "\"typ\""].contains {
      Base64.contains(header, $0)
    }
    var end = first
    var parts = 1
    while parts < 5, line[end] == UInt8(ascii: ".") {
      let next = line.endOfRun(.base64Any, from: end + 1, limit: Self.partLimit)
      count(next - end)
      // The fourth and fifth parts are those of an encrypted token; the second of one may be empty.
      if next == end + 1, line[next] != UInt8(ascii: ".") { break }
      end = next
      parts += 1
    }
    guard parts >= 2, end - first >= 12, named || line.has("eyJ", at: first + 1) else { return }
    find(index, end, "jwt")
    skip(to: end)
  }

  /// `Bearer` and a token, outside of a header.
  mutating func bearer(at index: Int) {
    guard line.hasFolded("bearer ", at: index), line.isBoundary(before: index) else { return }
    let start = index + 7
    let end = line.endOfRun(.token, from: start)
    count(end - start)
    if Randomness.isRandom(line, start..<end) { find(start, end, "authorization") }
  }
}

/// Just enough of base64, in both alphabets.
enum Base64 {
  /// Decodes the beginning of a text, at most `limit` bytes of it; stops where it is none.
  static func decode(_ line: Line, _ range: Range<Int>, limit: Int) -> [UInt8] {
    var result: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for index in range.prefix(limit) {
      guard let value = value(line[index]) else { break }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return result
  }

  /// The text of bytes without padding; `isURL` chooses the alphabet.
  static func encode(_ bytes: [UInt8], isURL: Bool) -> [UInt8] {
    let signs = isURL ? "-_" : "+/"
    let alphabet = Array(
      ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + signs).utf8)
    var result: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        result.append(alphabet[Int(bits >> UInt32(count) & 63)])
      }
    }
    if count > 0 { result.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
    return result
  }

  /// True if a text is somewhere in bytes.
  static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let text = Array(text.utf8)
    guard bytes.count >= text.count else { return false }
    return (0...(bytes.count - text.count)).contains {
      bytes[$0..<($0 + text.count)].elementsEqual(text)
    }
  }

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte - 0x41)
    case 0x61...0x7A: UInt32(byte - 0x61 + 26)
    case 0x30...0x39: UInt32(byte - 0x30 + 52)
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
