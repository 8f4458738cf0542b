internal import JSON

/// One key of a section: its name, what it may hold, and where its value lives.
struct Field<Root>: Sendable {
  /// Everything about the key but its place.
  let description: FieldDescription
  /// The value in effect.
  let read: @Sendable (Root) -> JSONValue
  /// Stores a value of the key's shape.
  let write: @Sendable (inout Root, JSONValue) -> Void
}

/// A key without its place, so that keys of different sections fit one table.
struct FieldDescription: Sendable {
  /// The last part of the key.
  let name: String
  /// What it may hold.
  let shape: Shape
  /// The value if nobody sets it; `null` if there is none.
  let standard: JSONValue
  /// The default in words, where the value alone does not tell.
  let standardWords: String?
  /// The unit, or nothing.
  let unit: String
  /// What it is for, in a sentence or two.
  let meaning: String
  /// True if a record without it is an error.
  let isRequired: Bool
}

extension Field where Root: SettingsSection {
  /// A key whose value is a property of the section, bounded by a shape.
  init<Value: SettingsValue>(
    _ name: String, _ place: any WritableKeyPath<Root, Value> & Sendable, _ shape: Shape,
    unit: String = "", standard: String? = nil, isRequired: Bool = false, _ meaning: String
  ) {
    description = FieldDescription(
      name: name, shape: shape, standard: Root()[keyPath: place].setting, standardWords: standard,
      unit: unit, meaning: meaning, isRequired: isRequired)
    read = { $0[keyPath: place].setting }
    write = { root, value in
      if let value = Value(setting: value) { root[keyPath: place] = value }
    }
  }

  /// A key whose value's type says all that it may hold.
  init<Value: SettingsValue>(
    _ name: String, _ place: any WritableKeyPath<Root, Value> & Sendable, unit: String = "",
    standard: String? = nil, isRequired: Bool = false, _ meaning: String
  ) {
    self.init(
      name, place, Value.shape, unit: unit, standard: standard, isRequired: isRequired, meaning)
  }

  /// A whole number of seconds, from one (or `from`) to thirty days.
  static func seconds(
    _ name: String, _ place: any WritableKeyPath<Root, Int> & Sendable, from lowest: Int = 1,
    _ meaning: String
  ) -> Field {
    Field(name, place, .integer(lowest...Limits.seconds), unit: "seconds", meaning)
  }
}
