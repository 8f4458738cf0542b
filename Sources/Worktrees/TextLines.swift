/// A text cut into lines, each with its line break; equal lines of one table have equal numbers.
struct TextLines: Sendable {
  /// The whole text.
  let bytes: [UInt8]
  /// Where each line begins, and at the end the text's length.
  let starts: [Int]
  /// The number of each line's content in the table that cut the text.
  let classes: [Int32]

  /// The number of lines.
  var count: Int { classes.count }

  /// The bytes of one line.
  func line(_ index: Int) -> ArraySlice<UInt8> { bytes[starts[index]..<starts[index + 1]] }

  /// The bytes of neighbouring lines.
  func bytes(of lines: Range<Int>) -> ArraySlice<UInt8> {
    bytes[starts[lines.lowerBound]..<starts[lines.upperBound]]
  }
}

/// Numbers the different lines of several texts, so that comparing lines is comparing numbers.
struct LineTable {
  private var texts: [[UInt8]] = []
  private var slots: [Int32] = []
  private var lines: [(text: Int32, start: Int, end: Int, hash: UInt64)] = []

  /// The number of different lines so far.
  var classCount: Int { lines.count }

  /// Cuts a text and numbers its lines.
  mutating func cut(_ text: [UInt8]) -> TextLines {
    var starts = [0]
    starts.reserveCapacity(text.count / 24 + 2)
    var classes: [Int32] = []
    classes.reserveCapacity(text.count / 24 + 2)
    texts.append(text)
    text.withUnsafeBufferPointer { buffer in
      var start = 0
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for position in 0..<buffer.count {
        hash = (hash ^ UInt64(buffer[position])) &* 0x0000_0100_0000_01B3
        guard buffer[position] == 0x0A || position + 1 == buffer.count else { continue }
        classes.append(number(of: buffer, start, position + 1, hash))
        start = position + 1
        starts.append(start)
        hash = 0xCBF2_9CE4_8422_2325
      }
    }
    return TextLines(bytes: text, starts: starts, classes: classes)
  }

  private mutating func number(
    of buffer: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ hash: UInt64
  ) -> Int32 {
    if lines.count * 2 >= slots.count { grow() }
    let mask = slots.count - 1
    var slot = Self.place(hash) & mask
    while slots[slot] >= 0 {
      let found = lines[Int(slots[slot])]
      if found.hash == hash, found.end - found.start == end - start,
        texts[Int(found.text)].withUnsafeBufferPointer({ other in
          (0..<end - start).allSatisfy { other[found.start + $0] == buffer[start + $0] }
        })
      {
        return slots[slot]
      }
      slot = (slot + 1) & mask
    }
    slots[slot] = Int32(lines.count)
    lines.append((Int32(texts.count - 1), start, end, hash))
    return slots[slot]
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: max(256, slots.count * 4))
    for (index, line) in lines.enumerated() {
      var slot = Self.place(line.hash) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(index)
    }
  }

  private static func place(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: (hash ^ hash >> 29) & 0x7FFF_FFFF)
  }
}
