/// How much of one file another one holds, estimated from chunks of lines as git's rename detection does.
///
/// Chunks end at a line break or after 64 bytes; carriage returns before line breaks of texts count
/// for nothing.
struct Similarity {
  /// The score of equal files.
  static let maximum = 60_000
  /// The lowest score of a rename: half.
  static let threshold = 30_000
  /// The lowest score for a file whose name is alone on both sides and the same.
  static let nameThreshold = 45_000

  private static let buckets = 107_927
  private static let chunkBytes = 64

  /// The number of bytes.
  let size: Int
  /// Sorted chunk hashes, and the bytes that each stands for.
  private let chunks: [(hash: Int32, bytes: Int32)]

  /// Measures a file.
  init(_ bytes: [UInt8]) {
    size = bytes.count
    var counts: [Int32: Int32] = [:]
    counts.reserveCapacity(bytes.count / 24 + 1)
    bytes.withUnsafeBufferPointer { buffer in
      let isText = !buffer.prefix(8000).contains(0)
      var (low, high): (UInt32, UInt32) = (0, 0)
      var length: Int32 = 0
      func end() {
        let hash = (low &+ high &* 0x61) % UInt32(Self.buckets)
        counts[Int32(hash), default: 0] += length
        (low, high, length) = (0, 0, 0)
      }
      for (index, byte) in buffer.enumerated() {
        if isText, byte == 0x0D, index + 1 < buffer.count, buffer[index + 1] == 0x0A { continue }
        let before = low
        low = (low << 7) ^ (high >> 25)
        high = (high << 7) ^ (before >> 25)
        low &+= UInt32(byte)
        length += 1
        if length >= Self.chunkBytes || byte == 0x0A { end() }
      }
      if length > 0 { end() }
    }
    chunks = counts.map { ($0.key, $0.value) }.sorted { $0.hash < $1.hash }
  }

  /// The score, from 0 to `maximum`; 0 also where the sizes alone rule out `minimum`.
  static func score(_ old: Similarity, _ new: Similarity, minimum: Int) -> Int {
    guard canReach(minimum, old.size, new.size), new.size > 0 else { return 0 }
    var copied = 0
    var position = 0
    for chunk in old.chunks {
      while position < new.chunks.count, new.chunks[position].hash < chunk.hash { position += 1 }
      guard position < new.chunks.count else { break }
      if new.chunks[position].hash == chunk.hash {
        copied += Int(min(chunk.bytes, new.chunks[position].bytes))
      }
    }
    return copied * maximum / max(old.size, new.size)
  }

  /// True if two files of these sizes may be similar enough.
  static func canReach(_ minimum: Int, _ one: Int, _ other: Int) -> Bool {
    let larger = max(one, other)
    return larger * (maximum - minimum) >= (larger - min(one, other)) * maximum
  }
}
