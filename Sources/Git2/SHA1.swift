/// SHA-1 per RFC 3174, for the checksums at the end of packs and their indexes.
///
/// Object ids come from libgit2 (which detects collision attacks); these two trailers are plain
/// checksums, and libgit2 exports no way to make them.
struct SHA1 {
  private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
    0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0
  )

  /// The 20 bytes of a message's digest.
  static func digest(_ message: [UInt8]) -> [UInt8] {
    var hash = SHA1()
    let whole = message.count / 64 * 64
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
      message.withUnsafeBytes { buffer in
        for start in stride(from: 0, to: whole, by: 64) {
          hash.consume(UnsafeRawBufferPointer(rebasing: buffer[start..<start + 64]), words)
        }
      }
      let last = padded(message[whole...], count: message.count)
      last.withUnsafeBytes { buffer in
        for start in stride(from: 0, to: last.count, by: 64) {
          hash.consume(UnsafeRawBufferPointer(rebasing: buffer[start..<start + 64]), words)
        }
      }
    }
    let words = [hash.state.0, hash.state.1, hash.state.2, hash.state.3, hash.state.4]
    return words.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) }
    }
  }

  private static func padded(_ rest: ArraySlice<UInt8>, count: Int) -> [UInt8] {
    var block = Array(rest)
    block.append(0x80)
    while block.count % 64 != 56 { block.append(0) }
    let bits = UInt64(count) * 8
    block.append(
      contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) })
    return block
  }

  private mutating func consume(
    _ block: UnsafeRawBufferPointer, _ words: UnsafeMutableBufferPointer<UInt32>
  ) {
    for index in 0..<16 {
      words[index] = UInt32(
        bigEndian: block.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
    }
    for index in 16..<80 {
      let word = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
      words[index] = word << 1 | word >> 31
    }
    var (a, b, c, d, e) = state
    for index in 0..<80 {
      let mixed: UInt32
      let constant: UInt32
      switch index {
      case 0..<20: (mixed, constant) = ((b & c) | (~b & d), 0x5A82_7999)
      case 20..<40: (mixed, constant) = (b ^ c ^ d, 0x6ED9_EBA1)
      case 40..<60: (mixed, constant) = ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
      default: (mixed, constant) = (b ^ c ^ d, 0xCA62_C1D6)
      }
      let next = (a << 5 | a >> 27) &+ mixed &+ e &+ constant &+ words[index]
      (e, d, c, b, a) = (d, c, b << 30 | b >> 2, a, next)
    }
    state = (
      state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e
    )
  }
}
