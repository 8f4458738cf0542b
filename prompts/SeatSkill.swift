/// The skill of whoever sits above the workers: `SKILL.md`, with front matter, built into the program.
public enum SeatSkill {
  /// The skill's name, and that of its folder.
  public static let name = "orch"

  /// Where agents look for skills, below a repository or a home folder.
  ///
  /// The first is Claude Code's, the second that of Codex and others; OpenCode looks in both. See
  /// https://agentskills.io and the programs' own manuals.
  public static let folders = [".claude/skills/\(name)", ".agents/skills/\(name)"]

  /// The text.
  public static var text: String { String(decoding: PackageResources.seat_md, as: UTF8.self) }

  /// A text with a mark at its end by which a copy is known as untouched.
  public static func installed(_ text: String, version: String) -> String {
    text + mark(of: text, version: version)
  }

  /// What an installed copy is.
  public enum Copy: Sendable, Hashable {
    /// Made by some version, and not touched since.
    case untouched
    /// Written or changed by hand.
    case edited
  }

  /// Tells a copy that nobody changed from one that somebody wrote.
  public static func judge(_ copy: String) -> Copy {
    guard let start = copy.range(ofLast: markStart) else { return .edited }
    let words = copy[start...].split(separator: " ")
    guard words.count == 5 else { return .edited }
    let body = String(copy[..<start])
    return String(copy[start...]) == mark(of: body, version: String(words[2]))
      ? .untouched : .edited
  }

  private static let markStart = "\n<!-- orch "

  private static func mark(of text: String, version: String) -> String {
    "\(markStart)\(version) \(DataFence.digits(of: text)) -->\n"
  }
}

extension String {
  /// Where a text begins for the last time; nil if it does not occur.
  fileprivate func range(ofLast text: String) -> String.Index? {
    let wanted = Array(text.utf8)
    let bytes = Array(utf8)
    guard bytes.count >= wanted.count else { return nil }
    for start in stride(from: bytes.count - wanted.count, through: 0, by: -1)
    where bytes[start..<(start + wanted.count)].elementsEqual(wanted) {
      return utf8.index(utf8.startIndex, offsetBy: start)
    }
    return nil
  }
}
