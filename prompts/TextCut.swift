/// Shortens a text to a number of bytes.
enum TextCut {
  /// Which end of a text is kept.
  enum Kept: Sendable {
    /// The beginning.
    case head
    /// The end: of what grows, the newest.
    case tail
  }

  /// The text, if it fits; else as much of one end as fits, cut at a line where there is one in the
  /// half that is nearer to the cut, else between characters.
  static func cut(_ text: String, toBytes limit: Int, keeping end: Kept) -> String {
    guard text.utf8.count > limit else { return text }
    guard limit > 0 else { return "" }
    switch end {
    case .head:
      let index = boundary(text, text.utf8.index(text.startIndex, offsetBy: limit), step: -1)
      let kept = text[..<index]
      let middle = text.utf8.index(text.startIndex, offsetBy: limit / 2)
      if let line = kept.lastIndex(of: "\n"), line >= middle { return String(text[..<line]) }
      return String(kept)
    case .tail:
      let index = boundary(text, text.utf8.index(text.endIndex, offsetBy: -limit), step: 1)
      let kept = text[index...]
      let middle = text.utf8.index(text.endIndex, offsetBy: -(limit / 2))
      if let line = kept.firstIndex(of: "\n"), line < middle {
        return String(text[text.index(after: line)...])
      }
      return String(kept)
    }
  }

  /// The longest run of combining characters that is kept together, in bytes.
  private static let longestCharacter = 64

  /// The nearest place between two characters, or, in an endless character, between two scalars.
  private static func boundary(_ text: String, _ start: String.Index, step: Int) -> String.Index {
    var index = start
    for _ in 0..<longestCharacter {
      if index.samePosition(in: text) != nil { return index }
      index = text.utf8.index(index, offsetBy: step)
    }
    index = start
    while index.samePosition(in: text.unicodeScalars) == nil {
      index = text.utf8.index(index, offsetBy: step)
    }
    return index
  }
}
