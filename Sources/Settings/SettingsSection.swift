internal import JSON

/// A group of keys with defaults: its table of fields is all that reading and printing need.
protocol SettingsSection: SettingsValue {
  /// Every default.
  init()
  /// Its keys, in the order of the manual.
  static var fields: [Field<Self>] { get }
  /// The key that a bare value in the section's place stands for.
  static var shorthand: String? { get }
}

extension SettingsSection {
  static var shorthand: String? { nil }

  static var shape: Shape { .record(fields.map(\.description), shorthand: shorthand) }

  init?(setting: JSONValue) {
    self.init()
    guard let members = setting.object else { return nil }
    for field in Self.fields {
      if let value = members[field.description.name] { field.write(&self, value) }
    }
  }

  var setting: JSONValue {
    var members: [String: JSONValue] = [:]
    for field in Self.fields { members[field.description.name] = field.read(self) }
    return .object(members)
  }
}
