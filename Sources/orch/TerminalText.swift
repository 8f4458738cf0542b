/// Text that a worker, a web page or a file name may have had a hand in, made fit for a terminal.
///
/// A terminal obeys what is in it: titles, colours, answers typed in a person's name, lines that are written
/// over. Every control character but tab and line break is shown as a sign of its own, and so are those that
/// turn the direction of writing, by which a line reads otherwise than it runs.
enum TerminalText {
  /// The same text without anything that a terminal obeys.
  static func clean(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { sign(of: $0) != nil }) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(sign(of: scalar) ?? scalar) }
    return String(result)
  }

  /// JSON in which every such character is written as an escape: the same JSON, whoever reads it.
  static func escaped(_ json: String) -> String {
    guard json.unicodeScalars.contains(where: { sign(of: $0) != nil }) else { return json }
    var result = ""
    for scalar in json.unicodeScalars {
      if sign(of: scalar) == nil {
        result.unicodeScalars.append(scalar)
      } else {
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      }
    }
    return result
  }

  /// What is shown in the place of a scalar; nil for one that is shown as it is.
  private static func sign(of scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x09, 0x0A: nil
    // The control pictures of Unicode lie in the order of the characters that they stand for.
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value)
    case 0x7F: "\u{2421}"
    case 0x80..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"
    default: nil
    }
  }
}
