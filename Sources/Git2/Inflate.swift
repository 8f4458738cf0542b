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
      let end = source.baseAddress.map { $0 + source.count }
      var head = [UInt8](repeating: 0, count: skipped)
      // Room for a byte more than there should be tells whether there is one.
      var more: [UInt8] = [0]
      return head.withUnsafeMutableBytes { fill($0, stream, end).count == skipped }
        && fill(target, stream, end).count == target.count
        && more.withUnsafeMutableBytes { fill($0, stream, end) == (0, Z_STREAM_END) }
        && UnsafePointer(stream.pointee.next_in) == end
    }
  }

  /// Unpacks until a buffer is full or there is no more before `end`; returns how much came, and zlib's last status.
  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, _ stream: UnsafeMutablePointer<z_stream>,
    _ end: UnsafePointer<UInt8>?
  ) -> (count: Int, status: Int32) {
    var position = 0
    var status = Z_OK
    // zlib counts what it is given, and what it has room for, in 32 bits each.
    let most = Int(UInt32.max)
    while position < buffer.count, status == Z_OK {
      let left = stream.pointee.next_in.flatMap { next in end.map { $0 - UnsafePointer(next) } }
      stream.pointee.avail_in = UInt32(min(left ?? 0, most))
      let room = min(buffer.count - position, most)
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
