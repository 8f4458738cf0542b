/// Paths of any bytes as plain text, in C's notation, as git reads and prints them.
enum QuotedPath {
  private static let letters: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10,
    UInt8(ascii: "v"): 11, UInt8(ascii: "f"): 12, UInt8(ascii: "r"): 13,
    UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C,
  ]

  /// A path in quotes: bytes that are not plain ASCII as three octal digits.
  static func quote(_ path: some Sequence<UInt8>) -> String {
    var text = "\""
    for byte in path {
      if byte == 0x22 || byte == 0x5C || !(0x20...0x7E).contains(byte) {
        let digits = String(byte, radix: 8)
        text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      } else {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return text + "\""
  }

  /// Reads a text that begins with a quote; returns what it stands for, and where it ends.
  static func read(_ text: ArraySlice<UInt8>) -> (path: [UInt8], end: Int)? {
    guard text.first == 0x22 else { return nil }
    var path: [UInt8] = []
    var position = text.startIndex + 1
    while position < text.endIndex {
      let byte = text[position]
      if byte == 0x22 { return (path, position + 1) }
      if byte != 0x5C {
        path.append(byte)
        position += 1
        continue
      }
      guard position + 1 < text.endIndex else { return nil }
      if let letter = letters[text[position + 1]] {
        path.append(letter)
        position += 2
        continue
      }
      guard position + 3 < text.endIndex,
        let value = UInt8(
          String(decoding: text[position + 1...position + 3], as: UTF8.self), radix: 8)
      else { return nil }
      path.append(value)
      position += 4
    }
    return nil
  }
}
