/// The body of a private key that goes on in the next line.
struct KeyBody: Sendable, Hashable {
  /// Where the armour began in its line: what stands before that is in front of each line.
  var column: Int
  /// True once a part of the body was seen.
  var isBegun: Bool
  /// The length of the last line of the body.
  var width = 0
  /// True after a line that is shorter than the one before: it is a body's last.
  var isLast = false
  /// True if the line before ended with a quote: the next has to begin with one.
  var isQuoted = false

  /// The shortest word that a body can begin with, in bytes.
  static let minimumWord = 16
  /// Lines of this length or more are full: none of them is a body's last for being the shorter one.
  static let fullLine = 60
  /// The shortest line that may be the middle of a body, where nothing else says so, in bytes.
  static let middleWord = 40

  /// The shortest beginning of a body that is known without its armour, in bytes.
  static let minimumStart = 40

  /// How bodies begin: keys of OpenSSH, of PKCS#1, of PKCS#8 and of SEC 1, and armour in base64.
  static let heads: [[UInt8]] = ["b3B", "LS0", "MII", "MHc", "MHQ", "MIG", "MIH", "MC4", "Pri"].map
  {
    Array($0.utf8)
  }

  /// True if a key's body begins at an index, its armour aside.
  static func begins(in line: Line, at index: Int) -> Bool {
    guard line.endOfRun(.base64, from: index, limit: minimumStart) == index + minimumStart else {
      return false
    }
    if line.has("b3BlbnNzaC1rZXktdjE", at: index) { return true }
    if line.has("LS0tL", at: index) {
      let end = line.endOfRun(.base64, from: index, limit: 96)
      return Base64.contains(Base64.decode(line, index..<end, limit: 96), "PRIVATE KEY")
    }
    let fixed: [StaticString] = [
      "MHcCAQEEI", "MHQCAQEEI", "MIGkAgEBBD", "MIHcAgEBBEI", "MC4CAQAwBQYDK2Vw", "MIGHAgEAMB",
      "MIG2AgEAMB", "MIHuAgEAMB",
    ]
    if fixed.contains(where: { line.has($0, at: index) }) { return true }
    guard line.has("MII", at: index) else { return false }
    // The length of the whole takes two to four characters, then comes the version, 0.
    return (4...8).contains { offset in
      line.has("IBAAKC", at: index + offset) || line.has("IBAAKB", at: index + offset)
        || line.has("IBADANBgkqhkiG9w0BAQEFAAS", at: index + offset)
        || line.has("AgEAAoI", at: index + offset)
    }
  }
}

extension Scan {
  /// A key's beginning without armour.
  mutating func keyBody(at index: Int) {
    if line.has("Private-Lines: ", at: index) {
      let end = line.endOfRun(.digits, from: index + 15)
      return body(from: end, KeyBody(column: 0, isBegun: false))
    }
    guard !line[index - 1].isWord || line.isBoundary(before: index),
      KeyBody.begins(in: line, at: index)
    else { return }
    body(from: index, KeyBody(column: index - line.start, isBegun: true))
  }

  /// `-----BEGIN … PRIVATE KEY-----` and its end.
  mutating func armour(at index: Int) {
    guard line[index - 1] != .dash else { return }
    let dashes = line.endOfRun(.dashes, from: index)
    skip(to: dashes - 2)
    let space = line[dashes] == 0x20 ? 1 : 0
    let isBegin = line.has("BEGIN ", at: dashes + space)
    guard isBegin || line.has("END ", at: dashes + space) else { return }
    let label = line.endOfRun(.label, from: dashes, limit: 80)
    guard Base64.contains(Array(line.text(dashes..<label)), "PRIVATE KEY"),
      line[label] == .dash
    else { return }
    let end = line.endOfRun(.dashes, from: label)
    if isBegin {
      body(from: end, KeyBody(column: index - line.start, isBegun: false))
    } else {
      bodyBefore(index)
    }
  }

  /// A body that ends at an index and whose beginning was not seen: that part which is in this line.
  private mutating func bodyBefore(_ index: Int) {
    guard
      !findings.contains(where: { $0.kind == "private-key" && index - $0.range.upperBound < 80 })
    else { return }
    if strangers(from: line.start) == index { keyEnd = index }
    var position = breaks(from: line.startOfRun(.keyText, before: index, limit: 16_384))
    count(index - position)
    let end = breaks(before: index)
    while position < end {
      let word = line.endOfEscapedRun(.base64, from: position)
      if word - position >= KeyBody.middleWord { return find(position, end, "private-key") }
      position = max(word, breaks(from: word))
      if position == word { return }
    }
  }

  /// Skips blanks and line breaks to the left.
  private func breaks(before index: Int) -> Int {
    var position = index
    while position > line.start {
      if line[position - 1].isBlank {
        position -= 1
      } else if "nrt".utf8.contains(line[position - 1]), line[position - 2] == .backslash {
        position -= 1 + line.backslashes(before: position - 1)
      } else {
        break
      }
    }
    return position
  }

  /// Finds the words of a body from an index on; notes the body if it goes on in the next line.
  mutating func body(from index: Int, _ key: KeyBody) {
    var key = key
    var position = index
    var start: Int?
    while true {
      let word = breaks(from: position)
      if let end = acceptedWord(at: word, &key) {
        start = start ?? word
        position = end
        continue
      }
      if let header = endOfHeader(at: word), !key.isLast {
        position = header
        continue
      }
      if let begun = start { find(begun, position, "private-key") }
      start = nil
      let next = strangers(from: word)
      if next > word, let end = acceptedWord(at: next, &key) {
        start = next
        position = end
        continue
      }
      if next >= line.end, !key.isLast {
        key.isQuoted = key.isQuoted || (word..<line.end).contains { line[$0].isQuote }
        openKey = key
      }
      skip(to: position)
      return
    }
  }

  /// The end of a word that belongs to a body; nil if it does not.
  private mutating func acceptedWord(at index: Int, _ key: inout KeyBody) -> Int? {
    let end = line.endOfEscapedRun(.base64, from: index)
    count(end - index + 1)
    let length = end - index
    guard length > 0, !key.isLast else { return nil }
    if key.isQuoted, !line[index - 1].isQuote { return nil }
    key.isQuoted = false
    if !key.isBegun, length < KeyBody.fullLine, !Randomness.isRandom(line, index..<end) {
      return nil
    }
    if length < KeyBody.minimumWord {
      guard key.isBegun else { return nil }
      let after = strangers(from: breaks(from: end))
      guard after >= line.end || line.has("----", at: after) else { return nil }
    }
    key.isBegun = true
    key.isLast = length < min(key.width, KeyBody.fullLine)
    key.width = length
    return end
  }

  /// Skips blanks and line breaks, escaped ones too.
  private func breaks(from index: Int) -> Int {
    var position = index
    while position < line.end {
      if line[position].isBlank {
        position += 1
        continue
      }
      var end = position
      while line[end] == .backslash { end += 1 }
      guard end > position, "nrt".utf8.contains(line[end]) else { return position }
      position = end + 1
    }
    return position
  }

  /// Skips what stands between the lines of a key in source texts, changes and numbered listings.
  private func strangers(from index: Int) -> Int {
    var position = index
    while position < line.end {
      let next = breaks(from: position)
      let byte = line[next]
      if byte.isQuote || byte == .backslash || ByteSet.strangers.contains(byte) {
        // The armour of the end is no stranger.
        if line.has("----", at: next) { return next }
        position = next + 1
      } else if byte.isDigit {
        let end = line.endOfRun(.digits, from: next, limit: 8)
        if line[end] == UInt8(ascii: ":") || line[end] == UInt8(ascii: "|") {
          position = end + 1
        } else if line.has([0xE2, 0x86, 0x92], at: end) {
          position = end + 3
        } else if line[end] == 0x09 || line.has("\\t", at: end) {
          position = end
        } else {
          return next
        }
      } else {
        return next
      }
    }
    return position
  }

  /// The body's part of a line that is nothing else: the middle of a key, as far as can be told.
  ///
  /// A last line may be short: `isEnd` allows it.
  func wholeLineBody(isEnd: Bool) -> Range<Int>? {
    guard isEnd || isLikeBody else { return nil }
    let start = strangers(from: line.start)
    let end = line.endOfRun(.base64, from: start, limit: 200)
    guard end - start >= (isEnd ? 1 : KeyBody.middleWord), strangers(from: end) >= line.end
    else {
      return nil
    }
    return start..<end
  }

  /// A quick look at some bytes near the end of a line.
  private var isLikeBody: Bool {
    line.end - line.start >= KeyBody.middleWord
      && stride(from: line.end - 36, to: line.end - 6, by: 3).allSatisfy {
        ByteSet.base64.contains(line[$0])
      }
  }

  /// The end of a header line in armour, such as `DEK-Info: …`.
  private func endOfHeader(at index: Int) -> Int? {
    let names: [StaticString] = [
      "Proc-Type:", "DEK-Info:", "Comment:", "Version:", "Hash:", "Charset:", "Key-Type:",
    ]
    guard names.contains(where: { line.has($0, at: index) }) else { return nil }
    return line.endOfRun(.headerText, from: index, limit: 200)
  }
}

extension ByteSet {
  static let dashes = ByteSet("-")
  static let strangers = ByteSet("+>|,;#*()-")
  static let label = ByteSet("A-Z0-9 ")
  /// What a body in one line is made of, escaped line breaks included.
  static let keyText = ByteSet("A-Za-z0-9+/=\\ \r\t")
  static let keyBreaks = ByteSet("nrt\\ \r\t")
  static let headerText = ByteSet(where: { $0 >= 0x20 && $0 != 0x22 && $0 != 0x27 && $0 != 0x5C })
}
