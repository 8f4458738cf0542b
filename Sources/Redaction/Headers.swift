extension Scan {
  /// The value of an `Authorization` header: a scheme and what proves it.
  mutating func authorization(at index: Int) {
    var start = index
    while "[".utf8.contains(line[start]) || line[start].isBlank { start += 1 }
    start = line.endOfRun(.backslashes, from: start, limit: 8)
    let isQuoted = line[start].isQuote
    if isQuoted { start += 1 }
    let schemes: [StaticString] = ["bearer ", "basic ", "token ", "apikey ", "negotiate ", "key "]
    let scheme = schemes.first { line.hasFolded($0, at: start) }
    if line.hasFolded("digest ", at: start) || line.hasFolded("aws4-", at: start) {
      let end = line.endOfRun(.headerLine, from: start)
      count(end - start)
      // The parts of these have names; what follows the scheme goes as a whole.
      let first = line.endOfRun(.token, from: start) + 1
      return line.text(start..<end).contains(0x3D) ? find(first, end, "authorization") : ()
    }
    if let scheme { start += scheme.utf8CodeUnitCount }
    while line[start] == 0x20 { start += 1 }
    let end = line.endOfRun(.token, from: start)
    count(end - start)
    guard end - start >= 6, !isReference(at: start), !Randomness.isPlaceholder(line, start..<end)
    else { return }
    let shape = Randomness.Shape(line, start..<end)
    let isBasic = scheme.map { line.hasFolded("basic ", at: start - $0.utf8CodeUnitCount) } ?? false
    let isCredential =
      isBasic
      ? shape.digits + shape.uppers > 1 || line[end - 1] == UInt8(ascii: "=")
      : shape.digits >= 2 && shape.inWords < end - start
    if scheme == nil ? Randomness.isRandom(line, start..<end) : isCredential {
      find(start, end, "authorization")
      skip(to: end)
    }
  }

  /// The value of a `Cookie` header whole, the first value of `Set-Cookie`.
  mutating func cookie(_ assignment: Assignment) {
    var start = line.endOfRun(.backslashes, from: assignment.value, limit: 8)
    if line[start].isQuote { start += 1 }
    let end = line.endOfRun(.headerLine, from: start)
    count(end - start)
    let isSet = line.hasFolded("set-cookie", at: assignment.name.lowerBound)
    let sign = (start..<end).first { line[$0] == UInt8(ascii: "=") }
    guard let sign, line.endOfRun(.url, from: start) >= sign || line[start] == 0x5F else { return }
    let first = line.endOfRun(.cookieValue, from: sign + 1)
    guard first - sign > 8, !isReference(at: sign + 1) else { return }
    if isSet {
      find(sign + 1, first, "cookie")
    } else {
      find(start, end, "cookie")
    }
    skip(to: isSet ? first : end)
  }

  /// `--password …` on a command line, and user and password for `curl`.
  mutating func flag(at index: Int) {
    guard line.isBoundary(before: index), line[index - 1] != .dash else { return }
    let end = line.endOfRun(.name, from: index + 2, limit: SecretName.maximumLength)
    guard line[end] == 0x20, end > index + 3 else { return }
    let isUser = line.has("user", at: index + 2) && end == index + 6
    if isUser { return user(at: end + 1) }
    guard let meaning = SecretName(line, index + 2..<end), line[end + 1] != .dash else { return }
    var start = end + 1
    while line[start] == 0x20 { start += 1 }
    judge(
      Assignment(
        name: index + 2..<end, isQuotedName: false, meaning: meaning, value: start,
        isVariable: false, isLeading: true))
  }

  /// Commands and lines that take a password without naming it.
  mutating func command(at index: Int) {
    if line.has(" -u ", at: index) { return user(at: index + 4) }
    var start: Int?
    if line.has("sshpass -p ", at: index) { start = index + 11 }
    if line.has("machine ", at: index), line.isBoundary(before: index) {
      let end = min(line.end, index + 300)
      start = (index..<end).first { line.has(" password ", at: $0) }.map { $0 + 10 }
    }
    guard let start else { return }
    judge(
      Assignment(
        name: index..<index, isQuotedName: false, meaning: .password, value: start,
        isVariable: true, isLeading: false))
  }

  /// `user:password` behind `-u` and `--user`.
  mutating func user(at index: Int) {
    var start = line.endOfRun(.backslashes, from: index, limit: 8)
    if line[start].isQuote { start += 1 }
    let colon = line.endOfRun(.userName, from: start, limit: 200)
    let end = line.endOfRun(.userPassword, from: colon + 1, limit: 1000)
    count(end - start)
    guard line[colon] == UInt8(ascii: ":"), colon > start, end - colon > 4,
      !(start..<colon).allSatisfy({ line[$0].isDigit }), !isReference(at: colon + 1),
      !Randomness.isPlaceholder(line, colon + 1..<end),
      ["curl", "http"].contains(where: {
        Base64.contains(Array(line.text(max(line.start, start - 400)..<start)), $0)
      })
    else { return }
    find(colon + 1, end, "password")
  }
}

extension ByteSet {
  static let headerLine = ByteSet(where: { $0 >= 0x20 && !"\"'`\\".utf8.contains($0) })
  static let cookieValue = ByteSet(where: { $0 > 0x20 && !"\"'`\\;,".utf8.contains($0) })
  static let userName = ByteSet("A-Za-z0-9_.@+-")
  static let userPassword = ByteSet(where: { $0 > 0x20 && !"\"'`\\".utf8.contains($0) })
}
