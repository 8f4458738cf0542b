internal import JSON

/// Walks one file along the table of keys: collects values and everything that is wrong.
struct SettingsReader {
  /// A value that the file sets.
  struct Leaf: Sendable, Equatable {
    /// The key's parts.
    let path: [String]
    /// Its value, of the shape that the table says.
    let value: JSONValue
    /// Its line.
    let line: Int
  }

  /// The file, as reports name it.
  let file: String
  /// The values so far, in the order of the file.
  private(set) var leaves: [Leaf] = []
  /// What is wrong so far.
  var problems: [SettingsProblem] = []

  /// A reader of one file.
  init(file: String) { self.file = file }

  /// Reads a whole document.
  mutating func read(_ root: SourceNode) {
    guard case .map = root.content else {
      report(
        .syntax(detail: "expected a map of keys at the top, found \(root.words)"), root.line)
      return
    }
    walk(root, Settings.shape, [])
  }

  private mutating func walk(_ node: SourceNode, _ shape: Shape, _ path: [String]) {
    // A key without a value is as if it were not there.
    if node.isNull { return }
    switch shape {
    case .record(let fields, let shorthand):
      guard case .map(let members) = node.content else {
        let named = fields.first { $0.name == shorthand }
        bare(node, shape, shorthand: shorthand, named?.shape, path)
        return
      }
      record(members, fields, path)
    case .map(let element, let rule, let shorthand):
      guard case .map(let members) = node.content else {
        bare(node, shape, shorthand: shorthand, element, path)
        return
      }
      map(members, element, rule, path, line: node.line)
    default:
      if let value = value(node, shape, path) { keep(path, value, node.line) }
    }
  }

  /// A bare value in a map's place stands for one of its keys, if it has such a key.
  private mutating func bare(
    _ node: SourceNode, _ shape: Shape, shorthand: String?, _ element: Shape?, _ path: [String]
  ) {
    guard let shorthand, let element, case .scalar = node.content else {
      mismatch(node, shape, path)
      return
    }
    walk(node, element, path + [shorthand])
  }

  /// Reads a map of fixed keys.
  mutating func record(
    _ members: [SourceNode.Member], _ fields: [FieldDescription], _ path: [String]
  ) {
    for member in members {
      let place = path + [member.name]
      if let field = fields.first(where: { $0.name == member.name }) {
        walk(member.value, field.shape, place)
      } else {
        let suggestion = KeySuggestion.key(
          for: place, siblings: fields.map(\.name), all: SettingKey.concretePaths(like: path))
        report(.unknownKey(key: Self.text(place), suggestion: suggestion), member.line)
      }
    }
  }

  private mutating func map(
    _ members: [SourceNode.Member], _ element: Shape, _ rule: NameRule, _ path: [String],
    line: Int
  ) {
    if members.isEmpty { keep(path, .object([:]), line) }
    for member in members {
      let place = path + [member.name]
      guard rule.allows(member.name) else {
        var suggestion: String?
        if case .listed(let names, _) = rule {
          suggestion = KeySuggestion.key(for: place, siblings: names, all: [])
        }
        report(.invalidName(key: Self.text(place), suggestion: suggestion), member.line)
        continue
      }
      if member.value.isNull, case .record = element {
        keep(place, .object([:]), member.line)
      } else {
        walkNamed(member.value, element, place)
      }
      requireFields(of: element, member.value, place, member.line)
    }
  }

  /// An element of a map with names of the user's choice; texts there are taken as written.
  private mutating func walkNamed(_ node: SourceNode, _ element: Shape, _ place: [String]) {
    if case .text = element {
      guard !node.isNull else { return }
      if let text = word(node, place) { keep(place, .string(text), node.line) }
    } else if case .record = element, case .map(let members) = node.content, members.isEmpty {
      keep(place, .object([:]), node.line)
    } else {
      walk(node, element, place)
    }
  }

  /// Reports keys without default that an element of a map or list lacks.
  mutating func requireFields(
    of element: Shape, _ node: SourceNode, _ place: [String], _ line: Int
  ) {
    guard case .record(let fields, _) = element else { return }
    var names: [String] = []
    if case .map(let members) = node.content {
      names = members.filter { !$0.value.isNull }.map(\.name)
    }
    for field in fields where field.isRequired && !names.contains(field.name) {
      report(.missing(key: Self.text(place + [field.name])), line)
    }
  }

  /// Reports a value of another type than the table says.
  mutating func mismatch(_ node: SourceNode, _ shape: Shape, _ path: [String]) {
    report(.wrongType(key: Self.text(path), expected: shape.words, found: node.words), node.line)
  }

  private mutating func keep(_ path: [String], _ value: JSONValue, _ line: Int) {
    leaves.append(Leaf(path: path, value: value, line: line))
  }

  /// Adds a problem, up to the bound.
  mutating func report(_ reason: SettingsProblem.Reason, _ line: Int) {
    guard problems.count < Limits.problems else { return }
    problems.append(SettingsProblem(reason: reason, file: file, line: line))
  }

  /// A key's parts as one text.
  static func text(_ path: [String]) -> String { path.joined(separator: ".") }

  /// A list's key with the number of an element.
  static func element(_ index: Int, of path: [String]) -> [String] {
    path.dropLast() + ["\(path.last ?? "")[\(index)]"]
  }
}
