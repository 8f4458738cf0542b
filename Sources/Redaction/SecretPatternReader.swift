/// Reads the text of a pattern.
struct SecretPatternReader {
  private let bytes: [UInt8]
  private var position = 0
  private(set) var asksLeft = false
  private(set) var asksRight = false

  init(_ text: String) { bytes = Array(text.utf8) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// The elements; throws `SecretPatternError`.
  mutating func read() throws(SecretPatternError) -> [SecretPattern.Element] {
    var elements: [SecretPattern.Element] = []
    if takes("\\b") { asksLeft = true }
    while let byte = next {
      if bytes[position...].elementsEqual("\\b".utf8) {
        asksRight = true
        position = bytes.count
        break
      }
      var element = try character(byte)
      try repetition(&element)
      elements.append(element)
    }
    return elements
  }

  private mutating func takes(_ text: String) -> Bool {
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func character(
    _ byte: UInt8
  ) throws(SecretPatternError) -> SecretPattern.Element {
    let start = position
    position += 1
    switch byte {
    case UInt8(ascii: "["): return .init(set: try set())
    case .backslash:
      guard let escaped = next else { throw .syntax(at: start) }
      position += 1
      if let known = Self.named(escaped) { return .init(set: known) }
      guard !escaped.isLetter, !escaped.isDigit, !escaped.isQuote else { throw .syntax(at: start) }
      return Self.literal(escaped)
    default:
      guard !"*+?{}()|^$.]\n\"'`".utf8.contains(byte) else { throw .syntax(at: start) }
      return Self.literal(byte)
    }
  }

  /// What no class holds, so that what matches is never more than the inside of a quoted text.
  private static let unheld = ByteSet("\"'`\\")

  private static func literal(_ byte: UInt8) -> SecretPattern.Element {
    .init(set: ByteSet(byte))
  }

  private static func named(_ byte: UInt8) -> ByteSet? {
    switch byte {
    case UInt8(ascii: "d"): .digits
    case UInt8(ascii: "h"): .hex
    case UInt8(ascii: "w"): .word
    default: nil
    }
  }

  /// A class after its bracket; it holds neither quotes nor line breaks nor backslashes.
  private mutating func set() throws(SecretPatternError) -> ByteSet {
    let start = position
    var members = ByteSet()
    while let byte = next, byte != UInt8(ascii: "]") {
      position += 1
      var first = byte
      if byte == .backslash, let escaped = next {
        position += 1
        if let known = Self.named(escaped) {
          members = members.union(known)
          continue
        }
        first = escaped
      }
      guard let last = range(from: first), !first.isQuote, first != .backslash, first >= 0x20 else {
        throw .syntax(at: start)
      }
      members.insert(from: first, to: last)
    }
    members.remove(Self.unheld)
    guard next != nil, members.count > 0 else { throw .syntax(at: start) }
    position += 1
    return members
  }

  /// The end of a range in a class, the character itself if it begins none; nil if it is no range.
  private mutating func range(from first: UInt8) -> UInt8? {
    guard next == .dash, position + 1 < bytes.count, bytes[position + 1] != UInt8(ascii: "]") else {
      return first
    }
    let last = bytes[position + 1]
    position += 2
    return last >= first ? last : nil
  }

  private mutating func repetition(
    _ element: inout SecretPattern.Element
  ) throws(SecretPatternError) {
    guard let byte = next else { return }
    switch byte {
    case UInt8(ascii: "+"): element.maximum = .max
    case UInt8(ascii: "*"): (element.minimum, element.maximum) = (0, .max)
    case UInt8(ascii: "?"): element.minimum = 0
    case UInt8(ascii: "{"):
      try braces(&element)
      return
    default: return
    }
    position += 1
  }

  private mutating func braces(_ element: inout SecretPattern.Element) throws(SecretPatternError) {
    let start = position
    position += 1
    guard let minimum = number() else { throw .syntax(at: start) }
    element.minimum = minimum
    element.maximum = minimum
    if next == UInt8(ascii: ",") {
      position += 1
      element.maximum = number() ?? .max
    }
    guard next == UInt8(ascii: "}"), element.minimum <= element.maximum, element.maximum > 0 else {
      throw .syntax(at: start)
    }
    position += 1
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let byte = next, byte.isDigit {
      value = (value ?? 0) * 10 + Int(byte - 0x30)
      position += 1
      if let value, value > SecretPattern.maximumRepeat { return nil }
    }
    return value
  }
}
