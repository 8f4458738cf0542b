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

  /// Fills `target` with what was packed after its first `skipped` bytes; false unless that is all of it, and sound.
  static func whole(
    _ bytes: [UInt8], skipping skipped: Int, into target: UnsafeMutableRawBufferPointer
  ) -> Bool {
    // The stream must not move: zlib's state points back at it.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit_(stream, ZLIB_VERSION, size) == Z_OK else { return false }
    defer { inflateEnd(stream) }
    return bytes.withUnsafeBufferPointer { source in
      stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      stream.pointee.avail_in = UInt32(source.count)
      var head = [UInt8](repeating: 0, count: skipped)
      // Room for a byte more than there should be tells whether there is one.
      var end: [UInt8] = [0]
      return head.withUnsafeMutableBytes { fill($0, stream).count == skipped }
        && fill(target, stream).count == target.count
        && end.withUnsafeMutableBytes { fill($0, stream) == (0, Z_STREAM_END) }
        && stream.pointee.avail_in == 0
    }
  }

  /// Unpacks until a buffer is full or there is no more; returns how much came, and zlib's last status.
  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, _ stream: UnsafeMutablePointer<z_stream>
  ) -> (count: Int, status: Int32) {
    var position = 0
    var status = Z_OK
    while position < buffer.count, status == Z_OK {
      let room = min(buffer.count - position, Int(UInt32.max))
      stream.pointee.next_out = buffer.baseAddress.map {
        ($0 + position).assumingMemoryBound(to: UInt8.self)
      }
      stream.pointee.avail_out = UInt32(room)
      status = inflate(stream, Z_NO_FLUSH)
      position += room - Int(stream.pointee.avail_out)
    }
    return (position, status)
  }
}
