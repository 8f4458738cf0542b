internal import CZlib

/// zlib compression, as git's objects and packs use it (RFC 1950).
enum Deflate {
  /// Compresses `bytes` onto the end of `output`; `level` is zlib's, 1 being the fastest.
  static func append(_ bytes: [UInt8], to output: inout [UInt8], level: Int32) throws(GitError) {
    let bound = Int(compressBound(uLong(bytes.count)))
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: bound))
    var written = uLong(bound)
    let status = output.withUnsafeMutableBufferPointer { target in
      bytes.withUnsafeBufferPointer { source in
        compress2(
          target.baseAddress.map { $0 + start }, &written, source.baseAddress, uLong(source.count),
          level)
      }
    }
    guard status == Z_OK else {
      throw GitError(
        code: .other(status), operation: "compress an object", message: "zlib code \(status)")
    }
    output.removeLast(bound - Int(written))
  }

  /// The CRC-32 of a part of a buffer, as pack indexes record it.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { buffer in
      UInt32(truncatingIfNeeded: crc32(0, buffer.baseAddress, UInt32(buffer.count)))
    }
  }
}
