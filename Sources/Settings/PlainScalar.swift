/// What a scalar without quotes means.
enum PlainScalar {
  /// The truth value of YAML's spellings; nil if it is none.
  static func flag(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": true
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": false
    default: nil
    }
  }

  /// A decimal whole number, also with `_` between digits; nil if it is none.
  static func integer(_ text: String) -> Int? {
    guard let digits = digits(of: text) else { return nil }
    return Int(digits)
  }

  /// A decimal number, also with `_` between digits; nil if it is none or not finite.
  static func number(_ text: String) -> Double? {
    guard let digits = digits(of: text) else { return nil }
    return Double(digits).flatMap { $0.isFinite ? $0 : nil }
  }

  private static func digits(of text: String) -> String? {
    guard let first = text.utf8.first else { return nil }
    let isNumber = (0x30...0x39).contains(first) || "+-.".utf8.contains(first)
    let allowed = text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || "+-._eE".utf8.contains($0)
    }
    guard isNumber, allowed, text.utf8.contains(where: { (0x30...0x39).contains($0) }) else {
      return nil
    }
    return text.filter { $0 != "_" }
  }
}
