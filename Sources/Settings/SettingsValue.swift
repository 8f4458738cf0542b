internal import JSON

/// A type that a key's value can have.
protocol SettingsValue: Sendable {
  /// What the key may hold.
  static var shape: Shape { get }
  /// Takes a value that has the shape; nil leaves the default.
  init?(setting: JSONValue)
  /// The value in effect.
  var setting: JSONValue { get }
}

extension Int: SettingsValue {
  static var shape: Shape { .integer(0...Limits.unbounded) }

  init?(setting: JSONValue) {
    guard let number = setting.int else { return nil }
    self = number
  }

  var setting: JSONValue { .number(self) }
}

extension Double: SettingsValue {
  static var shape: Shape { .number(0...Double(Limits.unbounded)) }

  init?(setting: JSONValue) {
    guard let number = setting.double else { return nil }
    self = number
  }

  var setting: JSONValue { .double(self) }
}

extension Bool: SettingsValue {
  static var shape: Shape { .flag }

  init?(setting: JSONValue) {
    guard let flag = setting.bool else { return nil }
    self = flag
  }

  var setting: JSONValue { .bool(self) }
}

extension String: SettingsValue {
  static var shape: Shape { .text }

  init?(setting: JSONValue) {
    guard let text = setting.string else { return nil }
    self = text
  }

  var setting: JSONValue { .string(self) }
}

extension Optional: SettingsValue where Wrapped: SettingsValue {
  static var shape: Shape { Wrapped.shape }

  init?(setting: JSONValue) {
    guard let value = Wrapped(setting: setting) else { return nil }
    self = value
  }

  var setting: JSONValue { self?.setting ?? .null }
}

extension Array: SettingsValue where Element: SettingsValue {
  static var shape: Shape {
    if case .text = Element.shape { .texts } else { .list(Element.shape) }
  }

  init?(setting: JSONValue) {
    guard let elements = setting.array else { return nil }
    self = elements.compactMap { Element(setting: $0) }
  }

  var setting: JSONValue { .array(map(\.setting)) }
}

extension Dictionary: SettingsValue where Key == String, Value: SettingsValue {
  static var shape: Shape { .map(Value.shape, .word(what: "name"), shorthand: nil) }

  init?(setting: JSONValue) {
    guard let members = setting.object else { return nil }
    self = members.compactMapValues { Value(setting: $0) }
  }

  var setting: JSONValue { .object(mapValues(\.setting)) }
}

/// A few words, one of which is chosen.
protocol SettingsChoice: SettingsValue, CaseIterable, RawRepresentable<String> {}

extension SettingsChoice {
  static var shape: Shape { .choice(allCases.map(\.rawValue)) }

  init?(setting: JSONValue) {
    guard let word = setting.string else { return nil }
    self.init(rawValue: word)
  }

  var setting: JSONValue { .string(rawValue) }
}
