/// A rule that is more than a shape.
enum Trigger: UInt16, Sendable, CaseIterable {
  /// A name and what it is given: `password = …`, `"token": …`.
  case assignment
  /// An option of a command line: `--password …`.
  case flag
  /// Commands that take passwords: `curl -u`, `sshpass -p`, and the lines of `.netrc`.
  case command
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
    /// One bit for each trigger.
    var triggers: UInt16 = 0
    /// Which of `patterns` are tried.
    var patterns = 0..<0
  }

  private(set) var buckets: [Bucket] = [Bucket()]
  /// The numbers of patterns, those of one bucket together.
  private(set) var patterns: [Int] = []
  /// The bucket of each pair of bytes; 0 is none.
  private var bucketOfPair = [UInt16](repeating: 0, count: 1 << 16)
  /// For each bucket, which third bytes matter.
  private var thirds = [Bool](repeating: false, count: 256)

  /// Patterns are given by number with their first three bytes.
  init(patterns heads: [(head: [UInt8], pattern: Int)]) {
    var byBucket: [Int: [Int]] = [:]
    for (head, pattern) in heads {
      let bucket = bucket(for: head)
      if byBucket[bucket]?.contains(pattern) != true {
        byBucket[bucket, default: []].append(pattern)
      }
    }
    for (bucket, numbers) in byBucket {
      buckets[bucket].patterns = patterns.count..<(patterns.count + numbers.count)
      patterns += numbers
    }
  }

  /// Adds a trigger at its first bytes: two, or three.
  mutating func add(_ trigger: Trigger, at head: [UInt8]) {
    buckets[bucket(for: head)].triggers |= 1 << trigger.rawValue
  }

  /// Adds a trigger at its first bytes.
  mutating func add(_ trigger: Trigger, at head: String) { add(trigger, at: Array(head.utf8)) }

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
