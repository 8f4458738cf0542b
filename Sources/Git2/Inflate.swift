internal import CZlib

/// Unpacks zlib streams (RFC 1950).
enum Inflate {
  /// The first bytes of what was packed, `count` at most; fewer if there are no more or it is damaged.
  static func beginning(of bytes: [UInt8], count: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    var written = uLong(count)
    // Its status is of no use: a part of a stream is an error to zlib.
    _ = result.withUnsafeMutableBufferPointer { target in
      bytes.withUnsafeBufferPointer { source in
        uncompress(target.baseAddress, &written, source.baseAddress, uLong(source.count))
      }
    }
    return Array(result.prefix(Int(written)))
  }
}
