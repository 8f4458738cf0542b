/// A set of byte values.
struct ByteSet: Sendable, Hashable {
  /// One bit for each value, in four words.
  private var words = SIMD4<UInt64>()

  /// The characters of an ASCII text, in which `a-z` between two characters is a range.
  init(_ text: String) {
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      let isRange =
        index + 2 < bytes.count && bytes[index + 1] == UInt8(ascii: "-")
        && bytes[index] <= bytes[index + 2]
      let last = isRange ? bytes[index + 2] : bytes[index]
      for byte in bytes[index]...last { insert(byte) }
      index += isRange ? 3 : 1
    }
  }

  /// The bytes for which something holds.
  init(where isMember: (UInt8) -> Bool) {
    for byte in UInt8.min...UInt8.max where isMember(byte) { insert(byte) }
  }

  mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

  func contains(_ byte: UInt8) -> Bool {
    let word =
      byte < 128 ? (byte < 64 ? words.x : words.y) : (byte < 192 ? words.z : words.w)
    return word >> UInt64(byte & 63) & 1 != 0
  }

  func union(_ other: ByteSet) -> ByteSet {
    var result = self
    result.words |= other.words
    return result
  }

  /// True if some byte is in both.
  func overlaps(_ other: ByteSet) -> Bool { (words & other.words) != SIMD4() }

  /// Every byte in it.
  var bytes: [UInt8] { (UInt8.min...UInt8.max).filter(contains) }

  /// How many bytes are in it.
  var count: Int { bytes.count }

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
