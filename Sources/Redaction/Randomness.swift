/// Tells what chance has made from what people write.
enum Randomness {
  /// True if a text has several different characters, and digits, both cases or many capitals: no `xxxx`,
  /// no word.
  ///
  /// In base32, of which the key ids of AWS are made, one text in thirty has no digit.
  static func isVaried(_ line: Line, _ range: Range<Int>) -> Bool {
    let shape = Shape(line, range)
    guard shape.distinct >= min(5, range.count), shape.longestRepeat * 3 < max(18, range.count)
    else { return false }
    // In a text of many different characters, a word such as xxxxx can be chance.
    if shape.distinct < 12, isPlaceholder(line, range) { return false }
    if line.hasFolded("example", at: range.upperBound - 7) { return false }
    if shape.uppers == range.count { return shape.distinct >= 8 }
    return shape.digits > 0 || (shape.uppers > 0 && shape.lowers > 0)
  }

  /// True if a text of some length looks as if chance had made it.
  static func isRandom(_ line: Line, _ range: Range<Int>) -> Bool {
    let shape = Shape(line, range)
    guard range.count >= 16, shape.distinct >= 8, !isPlaceholder(line, range) else { return false }
    let wordShare = Double(shape.inWords) / Double(range.count)
    if shape.digits == 0 {
      return shape.flips * 4 >= range.count && wordShare < 0.5 && shape.others * 8 < range.count
    }
    if shape.digits >= 3 || shape.digits * 8 >= range.count { return wordShare < 0.6 }
    return wordShare < 0.4 && shape.flips * 5 >= range.count
  }

  /// True for words that stand where a secret will be.
  static func isPlaceholder(_ line: Line, _ range: Range<Int>) -> Bool {
    let words: [StaticString] = [
      "example", "changeme", "change_me", "change-me", "placeholder", "your_", "your-", "yourpass",
      "yourtoken", "yoursecret", "insert_", "insert-", "replace_", "replace-", "redacted", "xxxxx",
      ".....", "*****", "dummy",
    ]
    for index in range where placeholderHeads.contains(line[index]) {
      for word in words where line.hasFolded(word, at: index) {
        if index + word.utf8CodeUnitCount <= range.upperBound { return true }
      }
    }
    return false
  }

  /// The first letters of those words.
  private static let placeholderHeads = ByteSet("cCdDeEiIpPrRxXyY.*")

  /// True for what lists characters: the class of a regular expression, an alphabet.
  static func isAlphabet(_ line: Line, _ range: Range<Int>) -> Bool {
    let parts: [StaticString] = ["a-z", "0-9", "abcdefgh", "0123456789abc"]
    return range.contains { index in
      parts.contains {
        index + $0.utf8CodeUnitCount <= range.upperBound && line.hasFolded($0, at: index)
      }
    }
  }

  /// Counts over the characters of a text.
  struct Shape {
    var digits = 0
    var uppers = 0
    var lowers = 0
    var others = 0
    var distinct = 0
    /// Changes between digits, upper and lower case, a capital before a lower case letter aside.
    var flips = 0
    /// The longest run of one character.
    var longestRepeat = 0
    /// Characters in runs that could be words.
    var inWords = 0

    init(_ line: Line, _ range: Range<Int>) {
      var low: UInt64 = 0
      var high: UInt64 = 0
      var previous: UInt8 = 0
      var repeats = 0
      var index = range.lowerBound
      while index < range.upperBound {
        let byte = line[index]
        let bit = UInt64(1) << UInt64(byte & 63)
        if byte < 64 { low |= bit } else { high |= bit }
        if byte.isDigit {
          digits += 1
        } else if byte.isUpper {
          uppers += 1
        } else if byte.isLower {
          lowers += 1
        } else {
          others += 1
        }
        let isTitle = previous.isUpper && byte.isLower
        if previous != 0, Self.kind(previous) != Self.kind(byte), !isTitle { flips += 1 }
        repeats = byte == previous ? repeats + 1 : 1
        longestRepeat = max(longestRepeat, repeats)
        previous = byte
        index += 1
      }
      distinct = low.nonzeroBitCount + high.nonzeroBitCount
      countWords(line, range)
    }

    private static func kind(_ byte: UInt8) -> Int {
      byte.isDigit ? 0 : byte.isUpper ? 1 : byte.isLower ? 2 : 3
    }

    /// A word: three letters or more, in one case or with a capital in front, with a vowel and without
    /// five consonants in a row.
    private mutating func countWords(_ line: Line, _ range: Range<Int>) {
      var index = range.lowerBound
      while index < range.upperBound {
        guard line[index].isLetter else {
          index += 1
          continue
        }
        let start = index
        index += 1
        let isUpper = line[start].isUpper && line[index].isUpper
        while index < range.upperBound, isUpper ? line[index].isUpper : line[index].isLower {
          index += 1
        }
        if Self.isWord(line, start..<index) { inWords += index - start }
      }
    }

    private static func isWord(_ line: Line, _ range: Range<Int>) -> Bool {
      guard range.count >= 3 else { return false }
      var vowels = 0
      var consonants = 0
      for index in range {
        switch line[index] | 0x20 {
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
          UInt8(ascii: "u"), UInt8(ascii: "y"):
          vowels += 1
          consonants = 0
        default:
          consonants += 1
          if consonants == 5 { return false }
        }
      }
      return vowels * 6 >= range.count
    }
  }
}
