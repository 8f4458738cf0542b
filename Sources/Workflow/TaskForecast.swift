/// Which files a task will probably change, as far as its text says so.
public enum TaskForecast {
  /// The most paths that are taken from one text.
  public static let maximumPaths = 200

  /// Paths that the text names, in the order in which they stand there.
  ///
  /// `announced` are those of a section "Files", as specifications have it: they may be new. Others are
  /// words that look like paths; whether there is such a file is for the caller to find out.
  public static func paths(in text: String) -> (announced: [String], mentioned: [String]) {
    var announced: [String] = []
    var mentioned: [String] = []
    var isInFiles = false
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#") {
        let title = line.drop { $0 == "#" || $0 == " " }.lowercased()
        isInFiles = title == "files" || title == "files:"
        continue
      }
      for word in line.split(whereSeparator: isSeparator) {
        let path = trimmed(word)
        guard isPath(path), announced.count + mentioned.count < maximumPaths else { continue }
        if isInFiles { announced.append(path) } else { mentioned.append(path) }
      }
    }
    return (announced, mentioned)
  }

  private static func isSeparator(_ character: Character) -> Bool {
    character.isWhitespace || "`'\"()[]{}<>,;|*".contains(character)
  }

  /// A word without the end of a sentence, a line number, or a leading `./`.
  private static func trimmed(_ word: Substring) -> String {
    var word = word
    if let colon = word.firstIndex(of: ":") { word = word[..<colon] }
    while let last = word.last, ".!?".contains(last) { word.removeLast() }
    while word.hasPrefix("./") { word.removeFirst(2) }
    return String(word)
  }

  private static func isPath(_ word: String) -> Bool {
    guard !word.isEmpty, !word.hasPrefix("/"), !word.hasPrefix("-"), word.utf8.count < 500 else {
      return false
    }
    return word.contains("/") || word.contains(".")
      || word.first?.isUppercase == true || word.contains("_")
  }
}
