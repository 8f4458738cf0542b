/// A name, a sign, and what stands behind it.
struct Assignment {
  /// The name, without quotes.
  var name: Range<Int>
  /// True if the name stands in quotes.
  var isQuotedName: Bool
  /// What the name says.
  var meaning: SecretName
  /// Where the value begins, its quote included.
  var value: Int
  /// True for `NAME=value`: capitals, no space, at the beginning of a word.
  var isVariable: Bool
  /// True if the name is the first thing in its line.
  var isLeading: Bool
}

extension Scan {
  /// The last byte before a sign, or the quote or blank between: `password=`, `"token":`, `key =`.
  mutating func assignment(at index: Int) {
    guard let sign = sign(at: index + 1), let found = assigned(sign: sign) else { return }
    judge(found)
  }

  /// The first byte of a sign that stands at an index or a blank behind it.
  private func sign(at index: Int) -> Int? {
    switch line[index] {
    case UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ">"): return index
    case UInt8(ascii: "]"): return sign(at: index + 1)
    case UInt8(ascii: ","): return line[index - 1].isQuote ? index : nil
    case 0x20:
      let next = line[index + 1]
      return next == UInt8(ascii: "=") || next == UInt8(ascii: ":") ? index + 1 : nil
    default: return nil
    }
  }

  /// Name and value around a sign; nil if the name means nothing.
  private func assigned(sign: Int) -> Assignment? {
    var end = sign
    while end > line.start, sign - end < 8, line[end - 1].isBlank { end -= 1 }
    guard let name = name(before: end) else { return nil }
    // A name before a colon in a URL is a user's.
    if line[sign] == UInt8(ascii: ":"), line.has("//", at: name.range.lowerBound - 2) { return nil }
    if line[sign] == UInt8(ascii: ">"), line[name.range.lowerBound - 1] != UInt8(ascii: "<") {
      return nil
    }
    if line[sign] == UInt8(ascii: ","), !isConstant(name.range) { return nil }
    var range = name.range
    var meaning = SecretName(line, range)
    if meaning == nil, line[sign] == UInt8(ascii: "=") {
      if let typed = nameBeforeType(range) {
        range = typed
        meaning = SecretName(line, range)
      } else if let attribute = attribute(before: range) {
        range = attribute
        meaning = SecretName(line, range)
      }
    }
    guard let meaning else { return nil }
    let isTight = end == sign && !name.isQuoted
    let value = valueStart(after: sign)
    return Assignment(
      name: range, isQuotedName: name.isQuoted, meaning: meaning, value: value,
      isVariable: isTight && value == sign + 1 && line[sign] == UInt8(ascii: "=")
        && isConstant(range),
      isLeading: isLeading(range.lowerBound))
  }

  /// The name that ends before an index, without its quotes.
  private func name(before index: Int) -> (range: Range<Int>, isQuoted: Bool)? {
    var end = index
    if line[end - 1] == UInt8(ascii: "]") || line[end - 1] == UInt8(ascii: "?") { end -= 1 }
    let isQuoted = line[end - 1].isQuote
    if isQuoted {
      end -= 1
      end -= line.backslashes(before: end)
    }
    let start = line.startOfRun(.name, before: end, limit: SecretName.maximumLength)
    return start < end ? (start..<end, isQuoted) : nil
  }

  /// The name in `name: Type =`, whose type ends a range.
  private func nameBeforeType(_ type: Range<Int>) -> Range<Int>? {
    var index = type.lowerBound
    while line[index - 1] == 0x20 { index -= 1 }
    guard line[index - 1] == UInt8(ascii: ":") else { return nil }
    return name(before: index - 1)?.range
  }

  /// The name in `<add key="name" value=`.
  private func attribute(before range: Range<Int>) -> Range<Int>? {
    guard range.count == 5, line.hasFolded("value", at: range.lowerBound) else { return nil }
    var index = range.lowerBound
    while line[index - 1] == 0x20 { index -= 1 }
    guard line[index - 1].isQuote, let name = name(before: index) else { return nil }
    let sign = name.range.lowerBound - 1 - line.backslashes(before: name.range.lowerBound - 1) - 1
    guard line[sign] == UInt8(ascii: "=") else { return nil }
    return line.hasFolded("key", at: sign - 3) || line.hasFolded("name", at: sign - 4)
      ? name.range : nil
  }

  /// The first byte of the value behind a sign: `=`, `:`, `:=`, `==`, `=>`, with blanks.
  private func valueStart(after sign: Int) -> Int {
    var index = sign + 1
    while line[index] == UInt8(ascii: "=") || line[index] == UInt8(ascii: ">") { index += 1 }
    while line[index].isBlank, index - sign < 40 { index += 1 }
    return index
  }

  /// Capitals, digits and underscores.
  private func isConstant(_ range: Range<Int>) -> Bool {
    var name = line.text(range)
    // In an escaped text, the letter of the line break before it.
    if let first = name.first, first.isLower, line[range.lowerBound - 1] == .backslash {
      name = name.dropFirst()
    }
    return name.contains { $0.isUpper } && !name.contains { $0.isLower }
  }

  /// True if nothing but indentation, a list's dash or a change's sign stands before an index.
  private func isLeading(_ index: Int) -> Bool {
    var position = index
    if line[position - 1] == .backslash || "&?;".utf8.contains(line[position - 1]) { return true }
    while position > line.start {
      let byte = line[position - 1]
      if "nrt".utf8.contains(byte), line[position - 2] == .backslash { return true }
      if line.has("export", at: position - 6), position - 6 == line.start { return true }
      guard byte.isBlank || byte == .dash || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ">")
      else { return false }
      position -= 1
    }
    return true
  }
}
