/// Finds line breaks.
enum Newline {
  /// The index of the next line break; the count if there is none.
  static func next(in bytes: [UInt8], from start: Int) -> Int {
    bytes.withUnsafeBytes { buffer in
      var index = start
      let pattern = SIMD16<UInt8>(repeating: .newline)
      while index + 16 <= buffer.count {
        let part = buffer.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
        if any(part .== pattern) { break }
        index += 16
      }
      while index < buffer.count, buffer[index] != .newline { index += 1 }
      return index
    }
  }
}
