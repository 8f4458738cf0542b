/// The value that a path has for an attribute.
///
/// Source: gitattributes(5).
enum AttributeValue: Sendable, Hashable {
  case set
  case unset
  case unspecified
  case text(String)
}

/// The attributes of one folder's files and of those below it, with the rules of the folders above.
final class AttributeRules: Sendable {
  private struct Line: Sendable {
    let pattern: PathPattern
    let assignments: [(name: String, value: AttributeValue)]
  }

  private let parent: AttributeRules?
  private let lines: [Line]
  private let base: Int
  private let ignoresCase: Bool
  private let macros: [String: [(name: String, value: AttributeValue)]]
  /// Those of them that this text defines.
  private let ownMacros: [String: [(name: String, value: AttributeValue)]]

  /// The rules of a text; `base` is the length of the path of its folder with the slash.
  init(_ text: [UInt8], base: Int, below parent: AttributeRules?, ignoringCase: Bool) {
    self.parent = parent
    self.base = base
    ignoresCase = ignoringCase
    var ownMacros: [String: [(name: String, value: AttributeValue)]] = [:]
    var lines: [Line] = []
    for bytes in PatternLines.lines(text) {
      let line = bytes.drop { $0 == 0x20 || $0 == 0x09 }
      guard let first = line.first, first != UInt8(ascii: "#") else { continue }
      let (name, rest) = Self.firstWord(line)
      let assignments = Self.assignments(rest)
      if name.starts(with: "[attr]".utf8) {
        // git reads macros at the top only.
        if base == 0 {
          ownMacros[String(decoding: name.dropFirst(6), as: UTF8.self)] = assignments
        }
      } else if name.first != UInt8(ascii: "!"),
        let pattern = PathPattern(name, mayNegate: false)
      {
        lines.append(Line(pattern: pattern, assignments: assignments))
      }
    }
    self.lines = lines
    self.ownMacros = ownMacros
    let known =
      parent?.macros ?? ["binary": [("diff", .unset), ("merge", .unset), ("text", .unset)]]
    macros = ownMacros.isEmpty ? known : known.merging(ownMacros) { $1 }
  }

  /// True if no rule says anything.
  var isEmpty: Bool { lines.isEmpty && (parent?.isEmpty ?? true) }

  /// The attributes of a file; those that nothing is said about are missing.
  ///
  /// `top` is `info/attributes`.
  func values(of path: [UInt8], top: AttributeRules?) -> [String: AttributeValue] {
    var values: [String: AttributeValue] = [:]
    var macros = macros
    if let top, !top.ownMacros.isEmpty { macros.merge(top.ownMacros) { $1 } }
    top?.collect(path, macros: macros, into: &values)
    var level: AttributeRules? = self
    while let rules = level {
      rules.collect(path, macros: macros, into: &values)
      level = rules.parent
    }
    return values
  }

  private func collect(
    _ path: [UInt8], macros: [String: [(name: String, value: AttributeValue)]],
    into values: inout [String: AttributeValue]
  ) {
    for line in lines.reversed()
    where line.pattern.matches(path, base: base, isFolder: false, ignoringCase: ignoresCase) {
      Self.assign(line.assignments, macros: macros, depth: 0, into: &values)
    }
  }

  private static func assign(
    _ assignments: [(name: String, value: AttributeValue)],
    macros: [String: [(name: String, value: AttributeValue)]], depth: Int,
    into values: inout [String: AttributeValue]
  ) {
    for (name, value) in assignments.reversed() where values[name] == nil {
      values[name] = value
      if value == .set, depth < 16, let expansion = macros[name] {
        assign(expansion, macros: macros, depth: depth + 1, into: &values)
      }
    }
  }

  private static func assignments(
    _ rest: ArraySlice<UInt8>
  ) -> [(name: String, value: AttributeValue)] {
    rest.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { word in
      let text = String(decoding: word, as: UTF8.self)
      if text.hasPrefix("-") { return (String(text.dropFirst()), .unset) }
      if text.hasPrefix("!") { return (String(text.dropFirst()), .unspecified) }
      guard let equals = text.firstIndex(of: "=") else { return (text, .set) }
      return (String(text[..<equals]), .text(String(text[text.index(after: equals)...])))
    }
  }

  /// The pattern of a line, which may be in quotes, and what follows it.
  private static func firstWord(
    _ line: ArraySlice<UInt8>
  ) -> (word: [UInt8], rest: ArraySlice<UInt8>) {
    if line.first == UInt8(ascii: "\""), let (word, end) = QuotedPath.read(line) {
      return (word, line[end...])
    }
    let end = line.firstIndex { $0 == 0x20 || $0 == 0x09 } ?? line.endIndex
    return (Array(line[..<end]), line[end...])
  }
}
