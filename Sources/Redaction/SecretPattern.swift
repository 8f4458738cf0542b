/// The shape of a secret: a small part of the language of regular expressions that is matched in
/// linear time.
///
/// Literal characters, `\` before one that has a meaning, classes such as `[A-Za-z0-9_-]`, `\d`, `\h`
/// (a hexadecimal digit) and `\w`, each followed by `{n}`, `{n,}`, `{n,m}`, `+`, `*` or `?` if it may
/// repeat. `\b` at the beginning asks that no word goes on to the left, at the end that none goes on
/// to the right. Its first three characters are literal or classes of few. A repetition takes all that it
/// can and gives nothing back; a pattern in which it could take what follows it is refused.
public struct SecretPattern: Sendable, Hashable {
  /// One character of a pattern, so often.
  struct Element: Sendable, Hashable {
    var set: ByteSet
    var minimum = 1
    var maximum = 1
  }

  /// How many characters at the beginning find the places where a pattern is tried.
  public static let headLength = 3
  /// In how many ways these may be written.
  public static let maximumHeads = 200
  /// The most that a number in braces may be.
  public static let maximumRepeat = 100_000
  /// The longest pattern, in bytes.
  public static let maximumLength = 1000

  /// What the marker says.
  public let kind: String
  /// All ways to write the first characters.
  let heads: [[UInt8]]
  /// How many characters at the beginning are the same, or nearly so, in every match.
  let fixedCount: Int
  let elements: [Element]
  let asksLeft: Bool
  let asksRight: Bool

  /// What the marker says for a pattern with a name of any form.
  public static func kind(named name: String) -> String {
    let bytes = name.utf8.prefix(40).map { byte in
      byte.isLetter || byte.isDigit ? byte.lowercased : UInt8.dash
    }
    return bytes.isEmpty ? "own" : String(decoding: bytes, as: UTF8.self)
  }

  /// Reads a pattern; `kind` is in lower case letters, digits and dashes.
  ///
  /// Throws `SecretPatternError`.
  public init(_ text: String, kind: String) throws(SecretPatternError) {
    let allowed = ByteSet("a-z0-9-")
    guard !kind.isEmpty, kind.utf8.count <= 40, kind.utf8.allSatisfy(allowed.contains) else {
      throw .kind(kind)
    }
    guard text.utf8.count <= Self.maximumLength else { throw .tooLong(Self.maximumLength) }
    var reader = SecretPatternReader(text)
    let elements = try reader.read()
    let fixed = elements.prefix { $0.minimum == 1 && $0.maximum == 1 && $0.set.count <= 8 }
    guard let heads = Self.heads(fixed.prefix(Self.headLength)) else {
      throw .noHead(Self.headLength)
    }
    for (element, next) in zip(elements, elements.dropFirst())
    where element.minimum != element.maximum && element.set.overlaps(next.set) {
      throw .ambiguous(text)
    }
    self.kind = kind
    self.heads = heads
    fixedCount = fixed.count
    self.elements = elements
    asksLeft = reader.asksLeft
    asksRight = reader.asksRight
  }

  /// Every way to write some elements; nil if they are too few or the ways too many.
  private static func heads(_ elements: ArraySlice<Element>) -> [[UInt8]]? {
    guard elements.count == headLength else { return nil }
    var result: [[UInt8]] = [[]]
    for element in elements {
      result = result.flatMap { head in element.set.bytes.map { head + [$0] } }
    }
    return result.count <= maximumHeads ? result : nil
  }

  /// Where a match that begins at an index ends, nil if there is none, and how far was looked.
  func match(in line: Line, at index: Int) -> (end: Int?, looked: Int) {
    if asksLeft, !line.isBoundary(before: index) { return (nil, index) }
    var position = index
    for element in elements {
      let end =
        element.set.contains(UInt8(ascii: "/"))
        ? line.endOfEscapedRun(element.set, from: position, limit: element.maximum)
        : line.endOfRun(element.set, from: position, limit: element.maximum)
      guard end - position >= element.minimum else { return (nil, end) }
      position = end
    }
    if asksRight, line[position].isWord { return (nil, position) }
    return (position, position)
  }
}

/// Why a pattern cannot be used.
public enum SecretPatternError: Error, Sendable, Hashable {
  /// The name has other characters than lower case letters, digits and dashes, or is too long.
  case kind(String)
  /// It is longer than so many bytes.
  case tooLong(Int)
  /// Its first so many characters are neither literal nor classes of few.
  case noHead(Int)
  /// A repetition could take what follows it.
  case ambiguous(String)
  /// It cannot be read from this byte on.
  case syntax(at: Int)
}
