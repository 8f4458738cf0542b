/// A value of a configuration file with its line: YAML without its types.
struct SourceNode: Sendable, Equatable {
  /// What is written there.
  enum Content: Sendable, Equatable {
    /// A scalar; `isPlain` if it stands without quotes, so that it may be a number or a flag.
    case scalar(String, isPlain: Bool)
    /// A list.
    case list([SourceNode])
    /// A map in the order of the file.
    case map([Member])
  }

  /// One entry of a map.
  struct Member: Sendable, Equatable {
    /// The key.
    let name: String
    /// The key's line, from 1.
    let line: Int
    /// Its value.
    let value: SourceNode
  }

  /// What is written there.
  let content: Content
  /// The line where it begins, from 1.
  let line: Int

  /// True for `~`, `null` and nothing at all.
  var isNull: Bool {
    guard case .scalar(let text, true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// What it is, in words, for an error.
  var words: String {
    switch content {
    case .list: return "a list"
    case .map: return "a map"
    case .scalar(let text, let isPlain):
      let shown = text.count > 40 ? text.prefix(40) + "..." : text[...]
      if isNull { return "empty" }
      guard isPlain else { return "the text '\(shown)'" }
      if PlainScalar.integer(text) != nil || PlainScalar.number(text) != nil {
        return "the number \(text)"
      }
      if PlainScalar.flag(text) != nil { return "the flag \(text)" }
      return "the text '\(shown)'"
    }
  }
}
