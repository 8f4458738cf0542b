/// A set of byte values.
///
/// Hundreds are made whenever a program begins to redact, and asked for every byte: plain words of bits.
struct ByteSet: Sendable, Hashable {
  /// One bit for each value, lowest first.
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  init() {}

  /// One byte.
  init(_ byte: UInt8) { insert(byte) }

  /// The characters of an ASCII text, in which `a-z` between two characters is a range.
  init(_ text: String) {
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      let isRange =
        index + 2 < bytes.count && bytes[index + 1] == UInt8(ascii: "-")
        && bytes[index] <= bytes[index + 2]
      insert(from: bytes[index], to: isRange ? bytes[index + 2] : bytes[index])
      index += isRange ? 3 : 1
    }
  }

  /// The bytes for which something holds.
  init(where isMember: (UInt8) -> Bool) {
    for byte in UInt8.min...UInt8.max where isMember(byte) { insert(byte) }
  }

  mutating func insert(_ byte: UInt8) {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  /// Every byte of a range, both ends too.
  mutating func insert(from first: UInt8, to last: UInt8) {
    var byte = first
    while byte < last {
      insert(byte)
      byte += 1
    }
    insert(last)
  }

  mutating func remove(_ other: ByteSet) {
    words.0 &= ~other.words.0
    words.1 &= ~other.words.1
    words.2 &= ~other.words.2
    words.3 &= ~other.words.3
  }

  func contains(_ byte: UInt8) -> Bool {
    let word =
      byte < 128 ? (byte < 64 ? words.0 : words.1) : (byte < 192 ? words.2 : words.3)
    return word >> UInt64(byte & 63) & 1 != 0
  }

  func union(_ other: ByteSet) -> ByteSet {
    var result = self
    result.words.0 |= other.words.0
    result.words.1 |= other.words.1
    result.words.2 |= other.words.2
    result.words.3 |= other.words.3
    return result
  }

  /// True if some byte is in both.
  func overlaps(_ other: ByteSet) -> Bool {
    (words.0 & other.words.0) | (words.1 & other.words.1) | (words.2 & other.words.2)
      | (words.3 & other.words.3) != 0
  }

  static func == (one: ByteSet, other: ByteSet) -> Bool { one.words == other.words }

  func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }

  /// Every byte in it, lowest first.
  var bytes: [UInt8] {
    var result: [UInt8] = []
    var first = 0
    for word in [words.0, words.1, words.2, words.3] {
      var rest = word
      while rest != 0 {
        result.append(UInt8(first + rest.trailingZeroBitCount))
        rest &= rest - 1
      }
      first += 64
    }
    return result
  }

  /// How many bytes are in it.
  var count: Int {
    words.0.nonzeroBitCount + words.1.nonzeroBitCount + words.2.nonzeroBitCount
      + words.3.nonzeroBitCount
  }

  static let digits = ByteSet("0-9")
  static let hex = ByteSet("0-9a-fA-F")
  static let lowerHex = ByteSet("0-9a-f")
  static let upper = ByteSet("A-Z0-9")
  static let lower = ByteSet("a-z0-9")
  static let alphanumeric = ByteSet("A-Za-z0-9")
  static let word = ByteSet("A-Za-z0-9_")
  static let url = ByteSet("A-Za-z0-9_-")
  static let dotted = ByteSet("A-Za-z0-9_.-")
  static let base64 = ByteSet("A-Za-z0-9+/=")
  static let base64Any = ByteSet("A-Za-z0-9+/=_-")
  static let token = ByteSet("A-Za-z0-9+/=_.~-")
  static let name = ByteSet("A-Za-z0-9_.$@-")
  static let blank = ByteSet(" \t\r")
}

/// Tests of single bytes.
extension UInt8 {
  var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
  var isLower: Bool { self >= 0x61 && self <= 0x7A }
  var isUpper: Bool { self >= 0x41 && self <= 0x5A }
  var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  var isWord: Bool { isLetter || isDigit || self == 0x5F }
  var isQuote: Bool { self == 0x22 || self == 0x27 || self == 0x60 }
  var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0D }
  /// The same letter in lower case; other bytes as they are.
  var lowercased: UInt8 { isUpper ? self | 0x20 : self }

  static let backslash = UInt8(ascii: "\\")
  static let newline = UInt8(ascii: "\n")
  static let dash = UInt8(ascii: "-")
}
