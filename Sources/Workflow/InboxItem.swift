/// Something that was pushed to `refs/orch/inbox/`: text from whoever may push, and nothing more.
public struct InboxItem: Sendable, Hashable {
  /// The largest text that is read, in bytes.
  public static let maximumBytes = 64 * 1024
  /// The longest name that is read, in bytes.
  public static let maximumNameBytes = 200

  /// What was pushed.
  public enum Kind: Sendable, Hashable {
    /// A commit: its message is the text.
    case commit
    /// An annotated tag: its message is the text.
    case tag
    /// A file: its content is the text.
    case blob
  }

  /// The reference's name after `refs/orch/inbox/`.
  public var name: String
  /// The object's name.
  public var object: String
  /// What it is.
  public var kind: Kind
  /// The text.
  public var text: String
  /// Who wrote it, as far as the object says.
  public var author: String

  /// All parts.
  public init(name: String, object: String, kind: Kind, text: String, author: String) {
    self.name = name
    self.object = object
    self.kind = kind
    self.text = text
    self.author = author
  }

  /// What it asks for; nothing if it says nothing.
  ///
  /// A commit that asks with trailers asks for these, and so for nothing that was asked before. Of everything
  /// else the first line is the title and the rest the body.
  public func asks(authoredAt: Int) -> [Ask] {
    if kind == .commit {
      let commit = AskingCommit(id: object, message: text, author: author, authoredAt: authoredAt)
      let asked = AskTrailer.asks(in: commit, source: .inbox)
      if !asked.isEmpty { return asked }
    }
    return wholeAsk.map { [$0] } ?? []
  }

  /// The text as one ask; nil if it says nothing.
  ///
  /// A commit or tag has a date and is one ask wherever it is pushed; a file has none, and its name counts too.
  private var wholeAsk: Ask? {
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    guard
      let first = lines.firstIndex(where: { line in
        Ask.words(line).contains { $0.isLetter || $0.isNumber }
      })
    else { return nil }
    let (title, rest) = Ask.title(Ask.words(lines[first]))
    let body = lines[(first + 1)...].map(Self.line).joined(separator: "\n")
    let trimmed = String(
      body.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    let who = author.isEmpty ? "" : " by \(Ask.words(author))"
    let origin = "Filed through the inbox as '\(Ask.words(name))'\(who)."
    return Ask(
      source: .inbox, title: title,
      body: rest + (trimmed.isEmpty ? "" : Ask.cut(trimmed) + "\n\n") + origin,
      identity: kind == .blob ? "inbox\n\(object)\n\(name)" : "inbox\n\(object)", askedAt: nil,
      author: author)
  }

  /// A line of a body without control characters; its spaces stay.
  private static func line(_ text: Substring) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { scalar in
          scalar == "\t" || scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value)
        }))
  }
}
