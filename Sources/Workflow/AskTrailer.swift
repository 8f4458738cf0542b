/// A commit as far as asks are concerned.
public struct AskingCommit: Sendable, Hashable {
  /// Its name.
  public var id: String
  /// Its message.
  public var message: String
  /// `Name <address>`.
  public var author: String
  /// When its change was written, in seconds since 1970: kept by amending, rebasing and cherry-picking.
  public var authoredAt: Int

  /// All parts.
  public init(id: String, message: String, author: String, authoredAt: Int) {
    self.id = id
    self.message = message
    self.author = author
    self.authoredAt = authoredAt
  }

  /// The line of a task's body that says where it comes from.
  func origin() -> String { "Asked in commit \(id.prefix(12)) by \(Ask.words(author))." }
}

/// Trailers of commit messages that ask for a task.
public enum AskTrailer {
  /// The trailer's name; git compares it without regard to case.
  public static let name = "orch-task"
  /// The most tasks that one commit may ask for with trailers.
  public static let maximumPerCommit = 20

  /// What a commit's trailers ask for.
  ///
  /// The same title is the same ask. A value that looks like a task's name is provenance and asks nothing.
  public static func asks(in commit: AskingCommit, source: TaskSource) -> [Ask] {
    var seen: Set<String> = []
    var result: [Ask] = []
    for value in values(in: commit.message) {
      let text = Ask.words(value)
      let identity = Ask.normalised(text)
      guard text.contains(where: { $0.isLetter || $0.isNumber }), !isTaskName(text),
        seen.insert(identity).inserted
      else { continue }
      let (title, rest) = Ask.title(text)
      result.append(
        Ask(
          source: source, title: title, body: Ask.cut(rest + commit.origin()),
          identity: "trailer\n\(identity)", askedAt: commit.authoredAt, author: commit.author))
      if result.count == maximumPerCommit { break }
    }
    return result
  }

  /// The values of the trailers in a message's last paragraph, as `git interpret-trailers --parse` sees them.
  static func values(in message: String) -> [String] {
    let lines = message.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    guard let last = lines.lastIndex(where: { !isBlank($0) }),
      let blank = lines[..<last].lastIndex(where: isBlank),
      lines[..<blank].contains(where: { !isBlank($0) })
    else { return [] }
    let paragraph = lines[(blank + 1)...last]
    guard isTrailerBlock(paragraph) else { return [] }
    var result: [String] = []
    var isOpen = false
    for line in paragraph {
      if line.first == " " || line.first == "\t" {
        if isOpen, let value = result.popLast() { result.append(value + " " + line) }
      } else if let (key, value) = trailer(line) {
        isOpen = key.lowercased() == name
        if isOpen { result.append(String(value)) }
      } else {
        isOpen = false
      }
    }
    return result
  }

  /// As git decides it: only trailers, or one of git's own and at least a quarter of trailers.
  private static func isTrailerBlock(_ lines: ArraySlice<Substring>) -> Bool {
    var trailers = 0
    var others = 0
    var hasOwn = false
    var continues = false
    for line in lines {
      if line.first == " " || line.first == "\t" {
        if continues { trailers += 1 } else { others += 1 }
        continue
      }
      let isOwn =
        line.hasPrefix("Signed-off-by: ") || line.hasPrefix("(cherry picked from commit ")
      hasOwn = hasOwn || isOwn
      continues = isOwn || trailer(line) != nil
      if continues { trailers += 1 } else { others += 1 }
    }
    return trailers > 0 && (others == 0 || hasOwn && trailers * 3 >= others)
  }

  private static func trailer(_ line: Substring) -> (key: Substring, value: Substring)? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    let key = line[..<colon].reversed().drop { $0 == " " || $0 == "\t" }.reversed()
    guard !key.isEmpty,
      key.allSatisfy({ $0 == "-" || $0.isASCII && ($0.isLetter || $0.isNumber) })
    else { return nil }
    return (Substring(String(key)), line[line.index(after: colon)...])
  }

  private static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

  /// True for the beginning of a task's name, as orch's own commits carry it.
  private static func isTaskName(_ text: String) -> Bool {
    (4...12).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
      && text.utf8.contains { (0x30...0x39).contains($0) }
  }
}
