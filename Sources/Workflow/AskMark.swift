/// A line of a file that asks for a task: `TODO(orch): what is to be done`.
public struct AskMark: Sendable, Hashable {
  /// What a line must have.
  public static let mark = Array("TODO(orch):".utf8)
  /// The most tasks that one commit may ask for with such lines.
  public static let maximumPerCommit = 50
  /// The most places of one ask that its task names.
  static let maximumPlaces = 10
  /// The largest file that is looked into, in bytes.
  public static let maximumFileBytes = 1 << 20

  /// What is to be done.
  public let text: String
  /// The file's path.
  public let path: String
  /// The line's number, from 1.
  public let line: Int

  /// All parts.
  public init(text: String, path: String, line: Int) {
    self.text = text
    self.path = path
    self.line = line
  }

  /// Its words alone: the line may move and its file may be renamed, also by commits that are squashed later.
  public var identity: String { "mark\n\(Ask.normalised(text))" }

  /// True if some bytes hold the mark.
  public static func isIn(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { next(in: $0, from: 0) != nil }
  }

  /// The marks in a file; none in one that is large or no text.
  public static func all(in bytes: [UInt8], path: String) -> [AskMark] {
    guard bytes.count <= maximumFileBytes else { return [] }
    return bytes.withUnsafeBytes { buffer in
      guard !buffer.prefix(8000).contains(0) else { return [] }
      var result: [AskMark] = []
      var line = 1
      var counted = 0
      var position = 0
      while let found = next(in: buffer, from: position) {
        let end = buffer[found...].firstIndex(of: 0x0A) ?? buffer.count
        position = end
        line += buffer[counted..<found].count { $0 == 0x0A }
        counted = found
        guard !isQuoted(buffer, found) else { continue }
        let rest = String(decoding: buffer[(found + mark.count)..<end], as: UTF8.self)
        let text = withoutEnd(Ask.words(rest))
        guard text.contains(where: { $0.isLetter || $0.isNumber }) else { continue }
        result.append(AskMark(text: text, path: path, line: line))
      }
      return result
    }
  }

  /// The asks of marks that a commit brings.
  ///
  /// A mark that it took away elsewhere has moved and asks nothing. Marks of the same words are one ask.
  public static func asks(
    added: [AskMark], removed: [AskMark], in commit: AskingCommit, source: TaskSource
  ) -> [Ask] {
    var gone: [String: Int] = [:]
    for mark in removed { gone[mark.identity, default: 0] += 1 }
    var places: [String: [AskMark]] = [:]
    var order: [String] = []
    for mark in added {
      if let count = gone[mark.identity], count > 0 {
        gone[mark.identity] = count - 1
        continue
      }
      if places[mark.identity] == nil { order.append(mark.identity) }
      places[mark.identity, default: []].append(mark)
    }
    return order.prefix(maximumPerCommit).compactMap { identity in
      places[identity].flatMap { ask(of: $0, in: commit, source: source) }
    }
  }

  private static func ask(
    of marks: [AskMark], in commit: AskingCommit, source: TaskSource
  ) -> Ask? {
    guard let first = marks.first else { return nil }
    let (title, rest) = Ask.title(first.text)
    let lines = marks.prefix(maximumPlaces).map { "- \(Ask.words($0.path)) line \($0.line)" }
    let more = marks.count > maximumPlaces ? "\n- and \(marks.count - maximumPlaces) more" : ""
    let body =
      "\(rest)\(commit.origin())\n\n\(lines.joined(separator: "\n"))\(more)\n\n"
      + "Remove what is marked `TODO(orch)` there when it is done."
    return Ask(
      source: source, title: title, body: Ask.cut(body), identity: first.identity,
      askedAt: commit.authoredAt, author: commit.author)
  }

  /// Where the mark is next found.
  private static func next(in buffer: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard buffer.count >= mark.count else { return nil }
    var position = start
    let last = buffer.count - mark.count
    while position <= last {
      guard let found = buffer[position...last].firstIndex(of: mark[0]) else { return nil }
      if buffer[found..<found + mark.count].elementsEqual(mark) { return found }
      position = found + 1
    }
    return nil
  }

  /// True where the mark is spoken of or is part of a longer word: after a quote, a letter or a digit.
  private static func isQuoted(_ buffer: UnsafeRawBufferPointer, _ position: Int) -> Bool {
    guard position > 0 else { return false }
    let before = buffer[position - 1]
    let isWord = (0x30...0x39).contains(before) || (0x41...0x5A).contains(before & 0xDF)
    return isWord || before == 0x5F || [0x60, 0x22, 0x27].contains(before)
  }

  /// Without what ends a comment in the usual languages.
  private static func withoutEnd(_ text: String) -> String {
    for end in ["*/", "-->", "--}}", "#}", "%>", "-}", "*)", "\"\"\"", "'''"]
    where text.hasSuffix(end) {
      return Ask.words(text.dropLast(end.count))
    }
    return text
  }
}
