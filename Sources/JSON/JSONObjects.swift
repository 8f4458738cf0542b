extension JSONValue {
  /// The most places in a text at which an object is tried to be read.
  static let maximumStarts = 400

  /// Every outermost object among sentences and code blocks, in order; what is not JSON is passed over.
  ///
  /// Of a text with more than 400 opening braces, the last ones are tried: what an agent comes to stands at the end.
  public static func objects(in text: String) -> [JSONValue] {
    let bytes = Array(text.utf8)
    let starts = bytes.indices.filter { bytes[$0] == UInt8(ascii: "{") }.suffix(maximumStarts)
    var objects: [JSONValue] = []
    var next = 0
    for start in starts where start >= next {
      guard let end = closingBrace(in: bytes, from: start),
        let object = try? JSONValue(parsing: bytes[start...end])
      else { continue }
      objects.append(object)
      next = end + 1
    }
    return objects
  }

  /// Where the brace at `start` is closed, braces in texts aside; nil if it is not.
  private static func closingBrace(in bytes: [UInt8], from start: Int) -> Int? {
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
