/// A text for the forge with a key, so that it is posted once however often that is tried.
///
/// The key is written into the text as an HTML comment, which Markdown does not show; only texts of
/// the token's own account are recognised by it.
public struct KeyedText: Sendable, Hashable {
  /// Names the effect: letters, digits, `.`, `_`, `/`, `:` and `-`; others become `-`.
  public let key: String
  /// The text, Markdown.
  public let text: String

  /// All parts.
  public init(_ text: String, key: String) {
    self.key = String(key.map { Self.isAllowed($0) ? $0 : "-" })
    self.text = text
  }

  private static func isAllowed(_ character: Character) -> Bool {
    character.isASCII
      && (character.isLetter || character.isNumber || "._/:".contains(character))
  }

  /// The line that carries the key.
  var marker: String { "<!-- orch:\(key) -->" }

  /// The key that a text at the forge ends with; nil if there is none.
  ///
  /// Anybody can copy it: that orch itself wrote the text is known only together with `Authored.isByViewer`.
  public static func key(of body: String) -> String? {
    var end = body[...]
    while end.last?.isWhitespace ?? false { end.removeLast() }
    guard end.hasSuffix(" -->"), let line = end.split(separator: "\n").last,
      line.hasPrefix("<!-- orch:")
    else { return nil }
    let key = line.dropFirst("<!-- orch:".count).dropLast(" -->".count)
    return key.allSatisfy { isAllowed($0) || $0 == "-" } ? String(key) : nil
  }

  /// The text with its key, cut to what the forge takes.
  public var posted: String { Self.posted(text, marker: marker) }

  /// The text with another beginning, as for a verdict in words.
  func posted(after beginning: String) -> String {
    Self.posted(beginning + "\n\n" + text, marker: marker)
  }

  private static func posted(_ text: String, marker: String) -> String {
    let room = ForgeLimits.postedCharacters - marker.count - 4
    let kept = text.count > room ? text.prefix(room) + "…" : text[...]
    return kept + "\n\n" + marker
  }

  /// True if a text at the forge ends with this key; a key that is only quoted does not count.
  func isIn(_ body: String) -> Bool {
    var end = body[...]
    while end.last?.isWhitespace ?? false { end.removeLast() }
    return end.hasSuffix(marker)
  }
}

/// A text that is posted now, or was before.
public struct PostedText: Sendable, Hashable {
  /// What was done to have it there.
  public enum Change: Sendable, Hashable {
    /// It is new.
    case created
    /// The one with this key was edited.
    case edited
    /// It was there, word for word.
    case unchanged
  }

  /// The forge's number of it.
  public let id: Int
  /// Its web page.
  public let url: String
  /// What was done.
  public let change: Change
}
