/// JSON with comments and trailing commas, as editors write it, made into JSON.
enum CommentedJSON {
  /// The same text without comments, and without commas before a closing bracket; places stay as they were.
  static func plain(_ text: String) -> [UInt8] {
    var bytes = withoutComments(Array(text.utf8))
    var comma: Int?
    var isInText = false
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if isInText {
        if byte == UInt8(ascii: "\\") { index += 1 }
        isInText = byte != UInt8(ascii: "\"")
      } else if byte == UInt8(ascii: "\"") {
        isInText = true
        comma = nil
      } else if byte == UInt8(ascii: ",") {
        comma = index
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        if let comma { bytes[comma] = UInt8(ascii: " ") }
        comma = nil
      } else if !isSpace(byte) {
        comma = nil
      }
      index += 1
    }
    return bytes
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  /// Every comment replaced by spaces; lines end where they did.
  private static func withoutComments(_ text: [UInt8]) -> [UInt8] {
    var bytes = text
    var index = 0
    var isInText = false
    while index < bytes.count {
      let byte = bytes[index]
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      if isInText {
        if byte == UInt8(ascii: "\\") { index += 1 }
        isInText = byte != UInt8(ascii: "\"")
      } else if byte == UInt8(ascii: "\"") {
        isInText = true
      } else if byte == UInt8(ascii: "/"), next == byte || next == UInt8(ascii: "*") {
        let end = endOfComment(bytes, from: index, isBlock: next != byte)
        for place in index..<end where bytes[place] != 0x0A { bytes[place] = 0x20 }
        index = end
        continue
      }
      index += 1
    }
    return bytes
  }

  private static func endOfComment(_ bytes: [UInt8], from start: Int, isBlock: Bool) -> Int {
    var index = start + 2
    while index < bytes.count {
      if !isBlock, bytes[index] == 0x0A { return index }
      if isBlock, bytes[index] == UInt8(ascii: "*"), index + 1 < bytes.count,
        bytes[index + 1] == UInt8(ascii: "/")
      {
        return index + 2
      }
      index += 1
    }
    return bytes.count
  }
}
