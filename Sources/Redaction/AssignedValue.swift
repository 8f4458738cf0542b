/// What is assigned to a name, and what surrounds it.
struct AssignedValue {
  var range: Range<Int>
  /// The quote around it; nil if there is none.
  var quote: UInt8?
  /// The byte behind it, or behind its quote.
  var next: UInt8
}

extension Scan {
  /// The longest value that is looked at, in bytes.
  private static let valueLimit = 4096
  private static let wide = ByteSet(where: { $0 > 0x20 && !isStop($0, ";|&") })
  private static let narrow = ByteSet(where: { $0 > 0x20 && !isStop($0, ",;&()[]{}<>|") })

  private static func isStop(_ byte: UInt8, _ more: String) -> Bool {
    "\"'`\\".utf8.contains(byte) || more.utf8.contains(byte)
  }

  /// The value at an index.
  mutating func value(at index: Int, isVariable: Bool) -> AssignedValue {
    let quote = index + (line.endOfRun(.backslashes, from: index, limit: 8) - index)
    if line[quote].isQuote { return quotedValue(at: quote, slashes: quote - index) }
    if "rbu@".utf8.contains(line[index]), line[index + 1].isQuote {
      return quotedValue(at: index + 1, slashes: 0)
    }
    let end = endOfBareValue(from: index, isVariable ? Self.wide : Self.narrow)
    return AssignedValue(range: index..<end, quote: nil, next: line[end])
  }

  /// The inside of a quoted value.
  ///
  /// It ends at its own quote with as many backslashes or fewer: one
  /// with fewer ends the text around it.
  private mutating func quotedValue(at quote: Int, slashes: Int) -> AssignedValue {
    let sign = line[quote]
    var index = quote + 1
    let last = min(line.end, index + Self.valueLimit)
    while index < last {
      if line[index].isQuote {
        let run = line.backslashes(before: index)
        let isOwn = line[index] == sign && (sign == 0x22 || run <= slashes)
        if isOwn, Self.closes(run, slashes) {
          let end = max(quote + 1, index - run)
          count(end - quote)
          return AssignedValue(range: quote + 1..<end, quote: sign, next: line[index + 1])
        }
        // Within a quoted text of another sign, this one ends the text around it.
        if sign != 0x22, line[index] == 0x22, Self.closes(run, 0) { break }
      }
      index += 1
    }
    count(index - quote)
    let end = index - line.backslashes(before: index)
    return AssignedValue(range: quote + 1..<max(quote + 1, end), quote: sign, next: 0)
  }

  /// True if a quote behind so many backslashes ends a text that began behind `slashes` of them, or one
  /// around it.
  ///
  /// In a text within a text, quotes stand behind 0, 1, 3, 7 backslashes; each that is the text's own
  /// adds twice the number and two.
  private static func closes(_ run: Int, _ slashes: Int) -> Bool {
    var level = 0
    while level <= slashes {
      if run % (2 * (level + 1)) == level { return true }
      level = 2 * level + 1
    }
    return run <= slashes
  }

  /// The end of a value without quotes; an escaped line break or quote ends it, other escapes do not.
  private mutating func endOfBareValue(from index: Int, _ set: ByteSet) -> Int {
    var position = index
    while position - index < Self.valueLimit {
      position = line.endOfRun(set, from: position, limit: Self.valueLimit)
      guard line[position] == .backslash else { break }
      let escaped = line.endOfRun(.backslashes, from: position)
      let byte = line[escaped]
      if byte == 0 || byte.isQuote || "nrt \n".utf8.contains(byte) { break }
      let isUnicode = byte == UInt8(ascii: "u")
      let digits = line.endOfRun(.hex, from: escaped + 1, limit: 4)
      if isUnicode, digits != escaped + 5 { break }
      position = isUnicode ? digits : escaped + 1
    }
    count(position - index)
    return position
  }
}

extension ByteSet {
  static let backslashes = ByteSet("\\")
}
