/// Work that someone asks for without typing it into orch: in a commit, or by a push.
///
/// The same ask, however often and wherever it is seen, has the same identity: a task is made of it once.
public struct Ask: Sendable, Hashable {
  /// The longest title of a task, in characters; the whole text is in the body then.
  public static let maximumTitleLength = 300
  /// The largest body that is taken over, in bytes.
  public static let maximumBodyBytes = 16 * 1024

  /// Where it was seen.
  public var source: TaskSource
  /// One line.
  public var title: String
  /// The rest, and where it was seen.
  public var body: String
  /// What tells it from other asks; the same on every machine and after every rewriting of history.
  public var identity: String
  /// When it was asked, in seconds since 1970: the commit's author date; nil if it can be asked only once.
  public var askedAt: Int?
  /// Who asked.
  public var author: String

  /// All parts.
  public init(
    source: TaskSource, title: String, body: String, identity: String, askedAt: Int?,
    author: String
  ) {
    self.source = source
    self.title = title
    self.body = body
    self.identity = identity
    self.askedAt = askedAt
    self.author = author
  }

  /// Words that mean the same whatever their case and spacing.
  public static func normalised(_ text: some StringProtocol) -> String {
    words(text).lowercased()
  }

  /// A text on one line, with single spaces and without control characters.
  public static func words(_ text: some StringProtocol) -> String {
    let kept = text.unicodeScalars.map { scalar -> Character in
      let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      return isControl || scalar.properties.generalCategory == .format ? " " : Character(scalar)
    }
    return String(kept).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// A title that fits, and the whole of it for the body if it was cut.
  static func title(_ text: String) -> (title: String, rest: String) {
    guard text.count > maximumTitleLength else { return (text, "") }
    return (text.prefix(maximumTitleLength - 1) + "…", text + "\n\n")
  }

  /// The first part of a text, at most so many bytes, whole characters.
  public static func cut(_ text: String, toBytes limit: Int = maximumBodyBytes) -> String {
    guard text.utf8.count > limit else { return text }
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: limit)
    while end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
    return text[..<end] + "\n[cut]"
  }
}
