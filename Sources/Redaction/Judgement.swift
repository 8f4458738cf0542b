extension Scan {
  /// Decides whether what is assigned is a secret, and notes it.
  mutating func judge(_ assignment: Assignment) {
    switch assignment.meaning {
    case .authorization: return authorization(at: assignment.value)
    case .cookie: return cookie(assignment)
    default: break
    }
    let value = value(at: assignment.value, isVariable: assignment.isVariable)
    let range = value.range
    skip(to: range.lowerBound)
    // A value is looked at several times.
    count(8 * range.count)
    guard range.count >= 3, !isBetweenTexts(value), !isReference(range, value) else { return }
    switch assignment.meaning {
    case .password:
      if isPassword(value, assignment) { find(range.lowerBound, range.upperBound, "password") }
    case .token:
      if isToken(value, assignment) { find(range.lowerBound, range.upperBound, "secret") }
    case .basic:
      if isBasic(range) { find(range.lowerBound, range.upperBound, "authorization") }
    case .signature:
      if range.count >= 40, Randomness.isVaried(line, range) {
        find(range.lowerBound, range.upperBound, "signature")
      }
    case .authorization, .cookie: return
    }
  }

  /// True for what stands in JSON behind a text that ended with a name and a colon.
  private func isBetweenTexts(_ value: AssignedValue) -> Bool {
    guard value.quote == 0x22 else { return false }
    let text = line.text(value.range)
    guard let first = text.first(where: { !$0.isBlank }),
      let last = text.last(where: { !$0.isBlank })
    else { return false }
    return ",:]}".utf8.contains(first) && ",:[]{}".utf8.contains(last)
  }

  /// True for what will be filled in, is code, or says where a secret is rather than what.
  private func isReference(_ range: Range<Int>, _ value: AssignedValue) -> Bool {
    let first = line[range.lowerBound]
    if isReference(at: range.lowerBound) { return true }
    if value.quote == nil, "([!@&#|".utf8.contains(first) { return true }
    if first == UInt8(ascii: "(") || line.has("ENC[", at: range.lowerBound) { return true }
    let parts: [StaticString] = ["${", "{{", "$(", "://", "%(", "#{", "\\(", "arn:aws"]
    for index in range {
      let byte = line[index]
      if byte == UInt8(ascii: "<"), value.quote != nil, line[range.upperBound - 1] == 0x3E {
        return true
      }
      guard "${:%#\\a".utf8.contains(byte) else { continue }
      if parts.contains(where: { line.has($0, at: index) }) { return true }
    }
    if value.quote == nil, value.next == UInt8(ascii: "(") || value.next == UInt8(ascii: "[") {
      return true
    }
    return Randomness.isPlaceholder(line, range) || Randomness.isAlphabet(line, range)
  }

  private func isPassword(_ value: AssignedValue, _ assignment: Assignment) -> Bool {
    let range = value.range
    let shape = Randomness.Shape(line, range)
    guard shape.distinct > 2, !line.text(range).contains(0x20) else { return false }
    if isHash(at: range.lowerBound) { return range.count >= 20 }
    if isPath(range) { return false }
    if assignment.isVariable || isInConnectionString(assignment, value) {
      return range.count >= 4 && !isCode(value)
    }
    if value.quote != nil || line[range.lowerBound - 1] == UInt8(ascii: ">") {
      guard range.count >= 5 else { return false }
      return isMixed(range, shape)
    }
    guard range.count >= 6, !isTypeName(range), !isCode(value) else { return false }
    let isWhole = assignment.isLeading && isEndOfLine(range.upperBound)
    return isMixed(range, shape) && (isWhole || !isNumberedName(range))
      && (isWhole || shape.digits + shape.others >= 2)
  }

  private func isToken(_ value: AssignedValue, _ assignment: Assignment) -> Bool {
    let range = value.range
    guard !line.text(range).contains(0x20), !isCode(value) else { return false }
    if isPath(range), !Randomness.isRandom(line, range) { return false }
    if Randomness.isRandom(line, range) { return true }
    guard value.quote != nil || assignment.isVariable || assignment.isLeading else { return false }
    let shape = Randomness.Shape(line, range)
    let isShort = range.count >= (assignment.isVariable ? 8 : 12)
    return isShort && shape.digits >= 2 && shape.distinct >= 6 && shape.digits < range.count
      && shape.inWords * 10 < range.count * 7 && isMixed(range, shape)
  }

  /// User and password in base64.
  private func isBasic(_ range: Range<Int>) -> Bool {
    let text = Base64.decode(line, range, limit: 400)
    return range.count >= 8 && text.contains(UInt8(ascii: ":"))
      && text.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
  }

  /// True if letters, digits and signs are mixed more than in words, lists of words and versions.
  private func isMixed(_ range: Range<Int>, _ shape: Randomness.Shape) -> Bool {
    if shape.digits == range.count { return range.count >= 6 }
    guard shape.digits + shape.others > 0 else {
      return shape.flips >= 3 && shape.inWords * 2 < range.count
    }
    // Words, numbers and single letters between the usual separators are no password.
    let parts = line.text(range).split { "|:./_-, \\".utf8.contains($0) }
    if parts.count == 1, parts[0].count == range.count { return true }
    return !parts.allSatisfy { part in
      part.allSatisfy(\.isLetter) || (part.count <= 3 && part.allSatisfy(\.isDigit))
    }
  }

  /// True for a path: it begins like one and is made of words.
  private func isPath(_ range: Range<Int>) -> Bool {
    let start = range.lowerBound
    let isAbsolute = line[start] == UInt8(ascii: "/") && line[start + 1].isLetter
    return isAbsolute || line.has("./", at: start) || line.has("../", at: start)
      || line.has("~/", at: start) || line.has("file:", at: start)
  }

  /// True for `object.member` and calls, which stand without quotes.
  private func isCode(_ value: AssignedValue) -> Bool {
    guard value.quote == nil else { return false }
    if value.next == UInt8(ascii: "(") || value.next == UInt8(ascii: "[") { return true }
    let parts = line.text(value.range).split(
      separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first else { return false }
    let names = parts.filter { part in
      part.first.map { $0.isLetter || $0 == 0x5F } == true && part.allSatisfy(\.isWord)
    }
    guard names.count == parts.count, parts.count <= 4, first.count <= 30 else { return false }
    let words = Randomness.Shape(line, value.range).inWords
    return words * 3 > value.range.count || value.range.count < 16
  }

  private func isTypeName(_ range: Range<Int>) -> Bool {
    let names = [
      "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32",
      "float64", "utf8", "base64", "sha256", "sha512", "md5sum", "oauth2", "string?", "string",
    ]
    let text = line.text(range).map(\.lowercased)
    return names.contains { text.elementsEqual($0.utf8) }
  }

  /// True for an identifier with a number at its end, such as `value2`.
  private func isNumberedName(_ range: Range<Int>) -> Bool {
    let letters = line.endOfRun(.word, from: range.lowerBound)
    guard letters >= range.upperBound else { return false }
    let name = line.text(range).prefix { !$0.isDigit }
    return range.count - name.count <= 2 && !name.isEmpty
  }

  private func isEndOfLine(_ index: Int) -> Bool {
    var position = index
    while line[position].isBlank { position += 1 }
    if position >= line.end || line[position] == UInt8(ascii: "#") { return true }
    let end = line.endOfRun(.backslashes, from: position)
    return end > position ? "nr".utf8.contains(line[end]) : line[position] == 0x22
  }

  /// True between the semicolons of `Server=…;Password=…;`.
  private func isInConnectionString(_ assignment: Assignment, _ value: AssignedValue) -> Bool {
    guard line[assignment.value - 1] == UInt8(ascii: "="), value.quote == nil else { return false }
    var index = assignment.name.lowerBound
    while line[index - 1] == 0x20 { index -= 1 }
    let isAfter = line[index - 1] == UInt8(ascii: ";") && assignment.name.lowerBound > line.start
    guard value.next == UInt8(ascii: ";") || isAfter else { return false }
    return line.text(line.start..<assignment.name.lowerBound).suffix(400).contains(0x3D)
      || isAfter
  }
}
