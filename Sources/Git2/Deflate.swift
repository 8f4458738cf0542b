internal import CZlib

/// zlib streams (RFC 1950), as git's objects and packs hold them.
///
/// One compressor serves many objects: setting one up costs more than a small object's compression.
struct Deflate: ~Copyable {
  /// Objects up to this size use a small window, which is quicker to set up, and finds as much.
  private static let smallBytes = 4096
  /// A stored block's length has two bytes.
  private static let longestBlock = 0xFFFF

  private let small: UnsafeMutablePointer<z_stream>
  private let large: UnsafeMutablePointer<z_stream>

  /// Sets both compressors up; `level` is zlib's, 1 being the fastest.
  init(level: Int32) throws(GitError) {
    // The streams must not move: zlib's states point back at them.
    let small = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    let large = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    small.initialize(to: z_stream())
    large.initialize(to: z_stream())
    let status = max(
      abs(Self.begin(small, level: level, windowBits: 12, memoryLevel: 5)),
      abs(Self.begin(large, level: level, windowBits: 15, memoryLevel: 8)))
    guard status == Z_OK else {
      Self.end(small)
      Self.end(large)
      throw Self.failure(-status)
    }
    self.small = small
    self.large = large
  }

  deinit {
    Self.end(small)
    Self.end(large)
  }

  /// Compresses `bytes` onto the end of `output`.
  borrowing func append(_ bytes: [UInt8], to output: inout [UInt8]) throws(GitError) {
    let stream = bytes.count <= Self.smallBytes ? small : large
    let reset = deflateReset(stream)
    guard reset == Z_OK else { throw Self.failure(reset) }
    let bound = Int(deflateBound(stream, uLong(bytes.count)))
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: bound))
    let status = output.withUnsafeMutableBufferPointer { target in
      bytes.withUnsafeBufferPointer { source in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.pointee.avail_in = UInt32(source.count)
        stream.pointee.next_out = target.baseAddress.map { $0 + start }
        stream.pointee.avail_out = UInt32(bound)
        return deflate(stream, Z_FINISH)
      }
    }
    guard status == Z_STREAM_END else { throw Self.failure(status) }
    output.removeLast(Int(stream.pointee.avail_out))
  }

  /// Puts `bytes` onto the end of `output` uncompressed.
  ///
  /// For folders and deltas: half of a folder is ids, which do not compress, and the rest makes five
  /// sixths of it at thirty times the cost.
  static func appendStored(_ bytes: [UInt8], to output: inout [UInt8]) {
    // A window of 32 KiB, the fastest level, and the check that makes both bytes a multiple of 31.
    output += [0x78, 0x01]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(longestBlock)
      rest = rest.dropFirst(longestBlock)
      let length = UInt16(block.count)
      output.append(rest.isEmpty ? 1 : 0)
      withUnsafeBytes(of: length.littleEndian) { output.append(contentsOf: $0) }
      withUnsafeBytes(of: (~length).littleEndian) { output.append(contentsOf: $0) }
      output.append(contentsOf: block)
    } while !rest.isEmpty
    let checksum = bytes.withUnsafeBufferPointer {
      UInt32(truncatingIfNeeded: adler32_z(1, $0.baseAddress, $0.count))
    }
    withUnsafeBytes(of: checksum.bigEndian) { output.append(contentsOf: $0) }
  }

  /// The bytes of a stream that `appendStored` made; nil for any other.
  static func stored(_ stream: ArraySlice<UInt8>) -> [UInt8]? {
    guard stream.starts(with: [0x78, 0x01]) else { return nil }
    var rest = stream.dropFirst(2)
    var bytes: [UInt8] = []
    var isLast = false
    while !isLast {
      guard rest.count >= 5, let first = rest.first, first <= 1 else { return nil }
      let start = rest.startIndex
      let length = Int(rest[start + 1]) | Int(rest[start + 2]) << 8
      guard rest.count >= 5 + length else { return nil }
      bytes += rest[start + 5..<start + 5 + length]
      rest = rest[(start + 5 + length)...]
      isLast = first == 1
    }
    return rest.count == 4 ? bytes : nil
  }

  private static func begin(
    _ stream: UnsafeMutablePointer<z_stream>, level: Int32, windowBits: Int32, memoryLevel: Int32
  ) -> Int32 {
    deflateInit2_(
      stream, level, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
  }

  private static func end(_ stream: UnsafeMutablePointer<z_stream>) {
    deflateEnd(stream)
    stream.deallocate()
  }

  private static func failure(_ status: Int32) -> GitError {
    GitError(code: .other(status), operation: "compress an object", message: "zlib code \(status)")
  }
}
