/// A skill as it is written: `SKILL.md`, with its name and description in front of its text.
public struct SkillFile: Sendable, Equatable {
  /// The name of its folder.
  public let id: String
  /// The name that it gives itself; the folder's if it gives none.
  public let name: String
  /// What it is for, in one line.
  public let description: String
  /// The text after the front matter.
  public let body: String

  /// The largest skill that is read, in bytes; the rest is left out.
  public static let maximumBytes = 256 << 10

  /// Reads a skill; a file without front matter, or with one that is never closed, is all text.
  ///
  /// Of the front matter `name` and `description` are understood, each as a plain or quoted text or as a
  /// block (`>`, `|`) of indented lines.
  public static func parse(_ text: String, id: String) -> SkillFile {
    let text = TextCut.cut(TextCleaning.clean(text), toBytes: maximumBytes, keeping: .head)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
      return SkillFile(id: id, name: id, description: "", body: text.trimmed)
    }
    let fields = fields(of: lines[1..<end])
    let name = fields["name"] ?? ""
    return SkillFile(
      id: id, name: name.isEmpty ? id : name, description: fields["description"] ?? "",
      body: lines[(end + 1)...].joined(separator: "\n").trimmed)
  }

  private static func fields(of lines: ArraySlice<Substring>) -> [String: String] {
    var fields: [String: String] = [:]
    var current: String?
    for line in lines {
      if line.first?.isWhitespace == true, let name = current {
        fields[name] = TextCleaning.line((fields[name] ?? "") + " " + line)
      } else if let colon = line.firstIndex(of: ":") {
        let name = String(line[..<colon]).trimmed
        current = name
        let value = String(line[line.index(after: colon)...]).trimmed
        fields[name] = [">", "|", ">-", "|-"].contains(value) ? "" : unquoted(value)
      }
    }
    return fields
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, let quote = text.first, quote == "\"" || quote == "'",
      text.last == quote
    else { return text }
    return String(text.dropFirst().dropLast())
  }
}
