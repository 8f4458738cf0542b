extension Scan {
  /// The longest name and password in a URL, in bytes.
  private static let credentialLimit = 1024
  /// What ends the part of a URL in which a password can be.
  private static let authority = ByteSet(where: { byte in
    byte > 0x20 && !"/?#\"'`<>\\,;(){}|".utf8.contains(byte) || byte >= 0x80
  })

  private static let path = ByteSet(where: { authority.contains($0) || "/?#".utf8.contains($0) })

  /// `scheme://user:password@host`, also with escaped slashes.
  mutating func url(at index: Int) {
    var start = index + 1
    for _ in 0..<2 {
      while line[start] == .backslash { start += 1 }
      guard line[start] == UInt8(ascii: "/") else { return }
      start += 1
    }
    guard line[index - 1].isLetter || line[index - 1].isDigit else { return }
    let end = endOfAuthority(from: start)
    count(end - start)
    guard let at = (start..<end).last(where: { line[$0] == UInt8(ascii: "@") }),
      !line.has("sha256:", at: at + 1), !line.has("sha512:", at: at + 1)
    else { return }
    if let colon = (start..<at).first(where: { line[$0] == UInt8(ascii: ":") }) {
      if !isReference(at: colon + 1), !isExampleWord(colon + 1..<at) {
        find(colon + 1, at, "url-password")
      } else if colon > start, Randomness.isRandom(line, start..<colon) {
        find(start, colon, "url-password")
      }
    } else if Randomness.isRandom(line, start..<at) {
      find(start, at, "url-password")
    }
  }

  /// Where the host of a URL ends; behind an `@` in a password with unescaped slashes, if that is one.
  private func endOfAuthority(from start: Int) -> Int {
    let end = line.endOfEscapedRun(Self.authority, from: start, limit: Self.credentialLimit)
    let part = start..<end
    guard "/?#".utf8.contains(line[end]), !part.contains(where: { line[$0] == UInt8(ascii: "@") }),
      let colon = part.last(where: { line[$0] == UInt8(ascii: ":") }), colon + 1 < end,
      !(colon + 1..<end).allSatisfy({ line[$0].isDigit }), line[start] != UInt8(ascii: "[")
    else { return end }
    let longer = line.endOfEscapedRun(Self.path, from: start, limit: Self.credentialLimit)
    let at = (end..<longer).last { line[$0] == UInt8(ascii: "@") }
    return at.map { $0 + 1 } ?? end
  }

  /// True if what stands there will be filled in by something else: a variable, a template.
  func isReference(at index: Int) -> Bool {
    switch line[index] {
    case UInt8(ascii: "<"), UInt8(ascii: "{"), UInt8(ascii: "*"): return true
    case UInt8(ascii: "$"): return !isHash(at: index)
    case UInt8(ascii: "%"):
      return !(ByteSet.hex.contains(line[index + 1]) && ByteSet.hex.contains(line[index + 2]))
        || line[index + 1].isLetter && line[index + 2].isLetter
    default: return line.has(Finding.opening, at: index)
    }
  }

  /// The hash of a password, as in `$6$…` and `$argon2id$…`.
  func isHash(at index: Int) -> Bool {
    let marks: [StaticString] = [
      "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$apr1$", "$argon2", "$pbkdf2", "$scrypt",
    ]
    return marks.contains { line.has($0, at: index) }
  }

  /// The words of manuals.
  private func isExampleWord(_ range: Range<Int>) -> Bool {
    let words = ["password", "pass", "passwd", "pwd", "pw", "secret", "token", "xxx", "..."]
    let text = line.text(range).map(\.lowercased)
    return range.isEmpty || words.contains { text.elementsEqual($0.utf8) }
      || Randomness.isPlaceholder(line, range)
  }
}
