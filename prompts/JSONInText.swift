internal import JSON

/// Finds JSON objects among sentences and code blocks.
enum JSONInText {
  /// The most objects that are looked for.
  static let maximumObjects = 100

  /// Every outermost object of a text, in order; what is not JSON is passed over.
  static func objects(in text: String) -> [JSONValue] {
    let bytes = Array(text.utf8)
    if let whole = try? JSONValue(parsing: bytes) { return whole.object == nil ? [] : [whole] }
    var objects: [JSONValue] = []
    var position = 0
    var tries = 0
    while let start = bytes[position...].firstIndex(of: UInt8(ascii: "{")), tries < maximumObjects {
      tries += 1
      position = start + 1
      guard let end = end(of: bytes, from: start) else { continue }
      if let object = try? JSONValue(parsing: bytes[start...end]) {
        objects.append(object)
        position = end + 1
      }
    }
    return objects
  }

  /// Where the brace at `start` is closed, braces in texts aside; nil if it is not.
  private static func end(of bytes: [UInt8], from start: Int) -> Int? {
    var depth = 0
    var isInText = false
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\") where isInText: index += 1
      case UInt8(ascii: "\""): isInText.toggle()
      case UInt8(ascii: "{") where !isInText: depth += 1
      case UInt8(ascii: "}") where !isInText:
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
      index += 1
    }
    return nil
  }
}
