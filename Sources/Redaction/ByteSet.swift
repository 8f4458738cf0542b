/// A set of byte values.
struct ByteSet: Sendable, Hashable {
  private var members: [Bool]

  /// The characters of an ASCII text, in which `a-z` between two characters is a range.
  init(_ text: String) {
    members = [Bool](repeating: false, count: 256)
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      let isRange =
        index + 2 < bytes.count && bytes[index + 1] == UInt8(ascii: "-")
        && bytes[index] <= bytes[index + 2]
      let last = isRange ? bytes[index + 2] : bytes[index]
      for byte in bytes[index]...last { members[Int(byte)] = true }
      index += isRange ? 3 : 1
    }
  }

  /// The members of an array of 256.
  init(members: [Bool]) { self.members = members }

  func contains(_ byte: UInt8) -> Bool { members[Int(byte)] }

  /// True if some byte is in both.
  func overlaps(_ other: ByteSet) -> Bool { zip(members, other.members).contains { $0 && $1 } }

  /// Every byte in it.
  var bytes: [UInt8] { (0...255).filter { members[Int($0)] } }

  /// How many bytes are in it.
  var count: Int { members.count { $0 } }

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
