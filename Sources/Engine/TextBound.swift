/// Texts cut to a number of bytes.
public enum TextBound {
  /// The start of a text, cut between characters.
  public static func prefix(_ text: String, bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    var result = ""
    var size = 0
    for character in text {
      size += character.utf8.count
      if size > bytes { break }
      result.append(character)
    }
    return result
  }
}
