internal import JSON

/// One row of the table of keys: what the manual says of it.
public struct SettingKey: Sendable, Hashable {
  /// The full key; `<name>` stands for a name of the user's choice, `[]` for an element of a list.
  public var key: String { path.joined(separator: ".") }
  /// The parts of the key.
  let path: [String]
  /// What it may hold, in words.
  public let type: String
  /// The value if nobody sets it, in words; empty if there is none.
  public let standard: String
  /// The unit; empty if there is none.
  public let unit: String
  /// What it is for.
  public let meaning: String
}

extension SettingKey {
  /// Every key, in the order of the manual.
  public static let all: [SettingKey] = Settings.fields.flatMap { rows(of: $0.description, []) }

  /// The sections with their meaning, in the order of the manual.
  public static let sections: [(name: String, meaning: String)] = Settings.fields.map {
    ($0.description.name, $0.description.meaning)
  }

  /// The parts of every key, with names of the user's choice filled in from a path that is at hand.
  static func concretePaths(like path: [String]) -> [[String]] {
    all.map { row in
      var filled = row.path
      for (index, part) in row.path.enumerated() {
        guard index < path.count else { break }
        let isFree = part.hasPrefix("<")
        let isElement = part.hasSuffix("[]") && path[index].hasPrefix(part.dropLast())
        if isFree || isElement { filled[index] = path[index] }
        if filled[index] != path[index] { return row.path }
      }
      return filled
    }
  }

  private static func rows(of field: FieldDescription, _ section: [String]) -> [SettingKey] {
    let path = section + [field.name]
    switch field.shape {
    case .record(let fields, let shorthand):
      let own = shorthand == nil ? [] : [row(field, path, of: fields, shorthand)]
      return own + fields.flatMap { rows(of: $0, path) }
    case .map(.record(let fields, _), let rule, _):
      return fields.flatMap { rows(of: $0, path + [rule.placeholder]) }
    case .list(.record(let fields, _)):
      return fields.flatMap { rows(of: $0, section + [field.name + "[]"]) }
    default:
      return [row(field, path, of: [], nil)]
    }
  }

  private static func row(
    _ field: FieldDescription, _ path: [String], of fields: [FieldDescription], _ shorthand: String?
  ) -> SettingKey {
    let named = fields.first { $0.name == shorthand }
    return SettingKey(
      path: path, type: field.shape.words,
      standard: field.standardWords ?? words(of: named?.standard ?? field.standard),
      unit: named?.unit ?? field.unit, meaning: field.meaning)
  }

  private static func words(of value: JSONValue) -> String {
    switch value {
    case .null: ""
    case .string(let text): text.isEmpty ? "" : "`\(text)`"
    case .array(let elements) where elements.isEmpty: "none"
    case .object(let members) where members.isEmpty: "none"
    default: "`\(value.canonicalText)`"
    }
  }
}
