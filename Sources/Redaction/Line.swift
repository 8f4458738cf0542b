/// A line of a buffer, without its line break; what is outside of it reads as zero.
struct Line {
  let bytes: [UInt8]
  var start: Int
  var end: Int

  /// A whole buffer as one line.
  init(_ bytes: [UInt8]) { self.init(bytes, 0, bytes.count) }

  /// A part of a buffer.
  init(_ bytes: [UInt8], _ start: Int, _ end: Int) {
    self.bytes = bytes
    self.start = start
    self.end = end
  }

  subscript(_ index: Int) -> UInt8 { index >= start && index < end ? bytes[index] : 0 }

  /// True if a text begins at an index.
  func has(_ text: [UInt8], at index: Int) -> Bool {
    guard index >= start, index + text.count <= end else { return false }
    for (offset, byte) in text.enumerated() where bytes[index + offset] != byte { return false }
    return true
  }

  /// True if a text begins at an index.
  func has(_ text: StaticString, at index: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index >= start, index + count <= end else { return false }
    return text.withUTF8Buffer { buffer in
      for offset in 0..<count where bytes[index + offset] != buffer[offset] { return false }
      return true
    }
  }

  /// True if a text in lower case begins at an index, in whatever case.
  func hasFolded(_ text: StaticString, at index: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index >= start, index + count <= end else { return false }
    return text.withUTF8Buffer { buffer in
      for offset in 0..<count where bytes[index + offset].lowercased != buffer[offset] {
        return false
      }
      return true
    }
  }

  /// The end of the run of a set that begins at an index; looks at no more than `limit` bytes.
  func endOfRun(_ set: ByteSet, from index: Int, limit: Int = .max) -> Int {
    var position = max(index, start)
    let last = limit < end - position ? position + limit : end
    while position < last, set.contains(bytes[position]) { position += 1 }
    return position
  }

  /// The same, and escapes such as `\/` and `\u002b` count as what they stand for.
  func endOfEscapedRun(_ set: ByteSet, from index: Int, limit: Int = .max) -> Int {
    var position = index
    while true {
      position = endOfRun(set, from: position, limit: limit)
      guard self[position] == .backslash, position - index < limit else { return position }
      var letter = position
      while self[letter] == .backslash { letter += 1 }
      if self[letter] == UInt8(ascii: "/"), set.contains(UInt8(ascii: "/")) {
        position = letter + 1
      } else if let byte = codeUnit(at: letter), set.contains(byte) {
        position = letter + 5
      } else {
        return position
      }
    }
  }

  /// The ASCII character that `uXXXX` at an index stands for.
  private func codeUnit(at index: Int) -> UInt8? {
    guard self[index] == UInt8(ascii: "u"), endOfRun(.hex, from: index + 1, limit: 4) == index + 5
    else { return nil }
    let digits = String(decoding: bytes[(index + 1)..<(index + 5)], as: UTF8.self)
    return UInt16(digits, radix: 16).flatMap { $0 < 0x80 ? UInt8($0) : nil }
  }

  /// The start of the run of a set that ends before an index.
  func startOfRun(_ set: ByteSet, before index: Int, limit: Int) -> Int {
    var position = min(index, end)
    let first = max(start, position - limit)
    while position > first, set.contains(bytes[position - 1]) { position -= 1 }
    return position
  }

  /// How many backslashes stand directly before an index.
  func backslashes(before index: Int) -> Int {
    var position = index
    while self[position - 1] == .backslash { position -= 1 }
    return index - position
  }

  /// True if no word goes on to the left of an index, an escape such as `\n` or `%3D` aside.
  func isBoundary(before index: Int) -> Bool {
    let byte = self[index - 1]
    if !byte.isWord, byte != .dash { return true }
    if byte.isLetter, self[index - 2] == .backslash { return true }
    if self[index - 3] == UInt8(ascii: "%") { return true }
    return self[index - 6] == .backslash && self[index - 5] == UInt8(ascii: "u")
  }

  /// The bytes of a range.
  func text(_ range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }
}
