/// git's wildcard matching, on bytes: `*`, `?`, `[...]`, and `**` between slashes.
///
/// Source: the pattern format of gitignore(5), and git's wildmatch tests.
struct Wildmatch {
  private enum Outcome {
    case match
    case mismatch
    /// No other length of any star can help.
    case hopeless
    /// Only a longer `**` can help.
    case hopelessToDoubleStar
  }

  private let pattern: [UInt8]
  private let text: [UInt8]
  private let isPath: Bool
  private let ignoresCase: Bool

  /// True if the pattern fits the whole text.
  ///
  /// With `isPath`, only `**` and literal slashes match a slash.
  static func matches(
    _ pattern: [UInt8], _ text: [UInt8], isPath: Bool, ignoringCase: Bool
  ) -> Bool {
    let matcher = Wildmatch(
      pattern: pattern, text: text, isPath: isPath, ignoresCase: ignoringCase)
    return matcher.run(0, 0) == .match
  }

  private func folded(_ byte: UInt8) -> UInt8 {
    ignoresCase && (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
  }

  private func pattern(at position: Int) -> UInt8 {
    position < pattern.count ? pattern[position] : 0
  }

  private func run(_ firstPattern: Int, _ firstText: Int) -> Outcome {
    var (position, place) = (firstPattern, firstText)
    while position < pattern.count {
      let byte = pattern[position]
      if place >= text.count, byte != UInt8(ascii: "*") { return .hopeless }
      switch byte {
      case UInt8(ascii: "*"): return star(position, place)
      case UInt8(ascii: "?"):
        if isPath, text[place] == UInt8(ascii: "/") { return .mismatch }
      case UInt8(ascii: "["):
        guard let (end, isMember) = set(position, folded(text[place])) else { return .hopeless }
        if !isMember || (isPath && text[place] == UInt8(ascii: "/")) { return .mismatch }
        position = end
      case UInt8(ascii: "\\"):
        position += 1
        if folded(pattern(at: position)) != folded(text[place]) { return .mismatch }
      default:
        if folded(byte) != folded(text[place]) { return .mismatch }
      }
      position += 1
      place += 1
    }
    return place == text.count ? .match : .mismatch
  }

  private func star(_ first: Int, _ firstText: Int) -> Outcome {
    var position = first + 1
    var crossesSlash = !isPath
    var place = firstText
    if pattern(at: position) == UInt8(ascii: "*") {
      while pattern(at: position) == UInt8(ascii: "*") { position += 1 }
      let isAfterSlash = first == 0 || pattern[first - 1] == UInt8(ascii: "/")
      let next = pattern(at: position)
      let isBeforeSlash =
        position >= pattern.count || next == UInt8(ascii: "/")
        || (next == UInt8(ascii: "\\") && pattern(at: position + 1) == UInt8(ascii: "/"))
      if isPath, isAfterSlash, isBeforeSlash {
        if next == UInt8(ascii: "/"), run(position + 1, place) == .match { return .match }
        crossesSlash = true
      }
    }
    if position >= pattern.count {
      let hasSlash = text[place...].contains(UInt8(ascii: "/"))
      return crossesSlash || !hasSlash ? .match : .mismatch
    }
    if !crossesSlash, pattern[position] == UInt8(ascii: "/") {
      guard let slash = text[place...].firstIndex(of: UInt8(ascii: "/")) else { return .mismatch }
      return run(position, slash)
    }
    while place < text.count {
      let outcome = run(position, place)
      if outcome != .mismatch {
        if !crossesSlash || outcome != .hopelessToDoubleStar { return outcome }
      } else if !crossesSlash, text[place] == UInt8(ascii: "/") {
        return .hopelessToDoubleStar
      }
      place += 1
    }
    return .hopeless
  }

  /// Where the set that begins at `first` ends, and whether it has the byte; nil if it never ends.
  private func set(_ first: Int, _ byte: UInt8) -> (end: Int, isMember: Bool)? {
    var position = first + 1
    let isNegated = [UInt8(ascii: "!"), UInt8(ascii: "^")].contains(pattern(at: position))
    if isNegated { position += 1 }
    var found = false
    var previous: UInt8 = 0
    repeat {
      var current = pattern(at: position)
      if position >= pattern.count { return nil }
      if current == UInt8(ascii: "\\") {
        position += 1
        guard position < pattern.count else { return nil }
        current = pattern[position]
        if byte == current { found = true }
      } else if current == UInt8(ascii: "-"), previous != 0, position + 1 < pattern.count,
        pattern[position + 1] != UInt8(ascii: "]")
      {
        position += 1
        if pattern[position] == UInt8(ascii: "\\") { position += 1 }
        guard position < pattern.count else { return nil }
        if isBetween(previous, pattern[position], byte) { found = true }
        current = 0
      } else if current == UInt8(ascii: "["), pattern(at: position + 1) == UInt8(ascii: ":"),
        let end = pattern[(position + 2)...].firstIndex(of: UInt8(ascii: "]")),
        end > position + 2, pattern[end - 1] == UInt8(ascii: ":")
      {
        guard let isMember = Self.isMember(byte, of: pattern[(position + 2)..<(end - 1)]) else {
          return nil
        }
        if isMember { found = true }
        position = end
        current = 0
      } else if byte == folded(current) {
        found = true
      }
      previous = current
      position += 1
    } while position >= pattern.count || pattern[position] != UInt8(ascii: "]")
    return (position, found != isNegated)
  }

  private func isBetween(_ low: UInt8, _ high: UInt8, _ byte: UInt8) -> Bool {
    if low <= byte, byte <= high { return true }
    guard ignoresCase, (0x61...0x7A).contains(byte) else { return false }
    return low <= byte - 0x20 && byte - 0x20 <= high
  }

  private static func isMember(_ byte: UInt8, of name: ArraySlice<UInt8>) -> Bool? {
    let isDigit = (0x30...0x39).contains(byte)
    let isLower = (0x61...0x7A).contains(byte)
    let isUpper = (0x41...0x5A).contains(byte)
    let isPrinted = (0x21...0x7E).contains(byte)
    switch String(decoding: name, as: UTF8.self) {
    case "alnum": return isDigit || isLower || isUpper
    case "alpha": return isLower || isUpper
    case "blank": return byte == 0x20 || byte == 0x09
    case "cntrl": return byte < 0x20 || byte == 0x7F
    case "digit": return isDigit
    case "graph": return isPrinted
    case "lower": return isLower
    case "print": return isPrinted || byte == 0x20
    case "punct": return isPrinted && !isDigit && !isLower && !isUpper
    case "space": return byte == 0x20 || (0x09...0x0D).contains(byte)
    case "upper": return isUpper
    case "xdigit":
      return isDigit || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    default: return nil
    }
  }
}
