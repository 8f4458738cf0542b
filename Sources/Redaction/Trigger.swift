/// A rule that is more than a shape.
enum Trigger: UInt8, Sendable, Hashable {
  /// A name and what it is given: `password = …`, `"token": …`.
  case assignment
  /// An option of a command line: `--password …`.
  case flag
  /// Keys in armour: `-----BEGIN …`, `-----END …`.
  case armour
  /// The body of a key without its armour.
  case keyBody
  /// `scheme://user:password@host`.
  case url
  /// `Bearer …` outside of a header.
  case bearer
  /// Signed tokens in three parts.
  case webToken
  /// Shapes that are known by their middle.
  case middle
  /// Exact values.
  case known
}

/// Says where in a buffer a rule is worth trying: by the first three bytes of what it looks for.
struct TriggerTable: Sendable {
  /// What begins with one pair of bytes.
  struct Bucket: Sendable {
    var triggers: [Trigger] = []
    var patterns: [Int] = []
  }

  private(set) var buckets: [Bucket] = [Bucket()]
  /// The bucket of each pair of bytes; 0 is none.
  private var bucketOfPair = [UInt16](repeating: 0, count: 1 << 16)
  /// For each bucket, which third bytes matter.
  private var thirds = [Bool](repeating: false, count: 256)

  /// Nothing to look for.
  init() {}

  /// Adds a trigger at its first bytes: two, or three.
  mutating func add(_ trigger: Trigger, at head: [UInt8]) {
    let bucket = bucket(for: head)
    if !buckets[bucket].triggers.contains(trigger) { buckets[bucket].triggers.append(trigger) }
  }

  /// Adds a trigger at its first bytes.
  mutating func add(_ trigger: Trigger, at head: String) { add(trigger, at: Array(head.utf8)) }

  /// Adds a pattern by its number.
  mutating func add(pattern: Int, at head: [UInt8]) {
    let bucket = bucket(for: head)
    if !buckets[bucket].patterns.contains(pattern) { buckets[bucket].patterns.append(pattern) }
  }

  private mutating func bucket(for head: [UInt8]) -> Int {
    let pair = Int(head[0]) << 8 | Int(head[1])
    if bucketOfPair[pair] == 0 {
      bucketOfPair[pair] = UInt16(buckets.count)
      buckets.append(Bucket())
      thirds += [Bool](repeating: false, count: 256)
    }
    let bucket = Int(bucketOfPair[pair])
    if head.count > 2 {
      thirds[bucket << 8 | Int(head[2])] = true
    } else {
      for third in 0..<256 { thirds[bucket << 8 | third] = true }
    }
    return bucket
  }

  /// The bucket of the bytes at an index.
  func bucket(_ first: UInt8, _ second: UInt8) -> Bucket {
    buckets[Int(bucketOfPair[Int(first) << 8 | Int(second)])]
  }

  /// The next index at which something may begin; `end` if there is none.
  func next(in bytes: [UInt8], from start: Int, to end: Int) -> Int {
    let last = end - 2
    guard start < last else { return lastPair(in: bytes, from: start, to: end) }
    let found = bytes.withUnsafeBufferPointer { bytes in
      bucketOfPair.withUnsafeBufferPointer { pairs in
        thirds.withUnsafeBufferPointer { thirds in
          var index = start
          while index < last {
            let pair = Int(bytes[index]) << 8 | Int(bytes[index + 1])
            let bucket = Int(pairs[pair])
            if bucket != 0, thirds[bucket << 8 | Int(bytes[index + 2])] { break }
            index += 1
          }
          return index
        }
      }
    }
    return found < last ? found : lastPair(in: bytes, from: found, to: end)
  }

  /// The same for the last two bytes, which have no third.
  private func lastPair(in bytes: [UInt8], from start: Int, to end: Int) -> Int {
    guard start == end - 2 else { return end }
    return bucketOfPair[Int(bytes[start]) << 8 | Int(bytes[start + 1])] == 0 ? end : start
  }
}
