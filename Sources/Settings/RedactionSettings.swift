/// What is taken out of texts before they are stored, besides what orch knows by itself.
public struct RedactionSettings: Sendable, Equatable {
  /// Shapes of secrets by name.
  public var patterns: [String: String] = [:]
  /// Variables whose values are secret, whatever they are called.
  public var variables: [String] = []

  /// Every default.
  public init() {}
}

extension RedactionSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "patterns", \.patterns, .map(.text, .word(what: "name"), shorthand: nil),
      "Shapes of secrets by name, such as `acme_[A-Za-z0-9]{32}`: three literal characters, then "
        + "classes and repetitions. What matches becomes `[redacted:<name>]`."),
    Field(
      "variables", \.variables,
      "Variables whose values are taken out of everything. Those with names such as `API_TOKEN` and "
        + "`DB_PASSWORD` need no mention."),
  ]
}
