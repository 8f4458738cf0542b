/// A template, read into paragraphs of text and variables.
///
/// `{{name}}` stands for a variable's value, `\{{` for two braces. A paragraph (lines between blank
/// ones) with a variable that has no value is left out, so that a template can speak of what is not
/// always there; one with parts of the prompt only if all of them are empty. Values are put in as
/// they are and never read as templates.
struct TemplateText: Sendable, Equatable {
  /// A piece of a line.
  enum Segment: Sendable, Equatable {
    /// Taken as it is.
    case text(String)
    /// Replaced by the variable's value.
    case variable(String)
  }

  /// Segments by paragraph; line breaks within a paragraph are part of its text.
  private(set) var paragraphs: [[Segment]] = []
  /// Everything that is wrong with it.
  private(set) var problems: [TemplateProblem] = []

  /// Reads a template; `known` are the variables that it may use.
  init(_ text: String, file: String, known: [String]) {
    var current: [Segment] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      if line.allSatisfy(\.isWhitespace) {
        if !current.isEmpty { paragraphs.append(current) }
        current = []
      } else {
        if !current.isEmpty { current.append(.text("\n")) }
        current += segments(of: line, file: file, line: index + 1, known: known)
      }
    }
    if !current.isEmpty { paragraphs.append(current) }
  }

  /// The variables that are used.
  var variables: Set<String> {
    Set(
      paragraphs.joined().compactMap {
        if case .variable(let name) = $0 { name } else { nil }
      })
  }

  /// The text with values in place; a variable without a value is empty.
  func rendered(_ values: [String: String]) -> String {
    paragraphs.compactMap { paragraph in
      var text = ""
      var used: Set<String> = []
      for segment in paragraph {
        switch segment {
        case .text(let plain): text += plain
        case .variable(let name):
          used.insert(name)
          text += values[name] ?? ""
        }
      }
      let empty = used.filter { values[$0, default: ""].isEmpty }
      let isMissing = empty.contains { PromptPartName(rawValue: $0) == nil }
      let isEmpty = !used.isEmpty && empty.count == used.count
      return isMissing || isEmpty ? nil : text
    }.joined(separator: "\n\n")
  }

  private mutating func segments(
    of line: Substring, file: String, line number: Int, known: [String]
  ) -> [Segment] {
    var segments: [Segment] = []
    var plain = ""
    var rest = line
    while !rest.isEmpty {
      if rest.hasPrefix("\\{{") {
        plain += "{{"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("{{") {
        let inside = rest.dropFirst(2)
        guard let name = Self.name(in: inside) else {
          problems.append(.init(reason: .unclosedPlaceholder, file: file, line: number))
          return segments
        }
        rest = inside.dropFirst(name.count + 2)
        let trimmed = name.filter { $0 != " " }
        if !known.contains(trimmed) {
          let reason = TemplateProblem.Reason.unknownVariable(name: trimmed, known: known)
          problems.append(.init(reason: reason, file: file, line: number))
        }
        if !plain.isEmpty { segments.append(.text(plain)) }
        plain = ""
        segments.append(.variable(trimmed))
      } else {
        plain.append(rest.removeFirst())
      }
    }
    return plain.isEmpty ? segments : segments + [.text(plain)]
  }

  /// What stands between the braces; nil if they are not closed on the same line.
  private static func name(in text: Substring) -> Substring? {
    var end = text.startIndex
    while end < text.endIndex {
      if text[end...].hasPrefix("}}") { return text[..<end] }
      if text[end...].hasPrefix("{{") { return nil }
      end = text.index(after: end)
    }
    return nil
  }
}
