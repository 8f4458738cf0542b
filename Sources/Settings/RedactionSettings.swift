/// What is taken out of texts before they are stored, besides what orch knows by itself.
public struct RedactionSettings: Sendable, Equatable {
  /// Shapes of secrets by name.
  public var patterns: [String: String] = [:]
  /// Variables whose values are secret, whatever they are called.
  public var variables: [String] = []
  /// What becomes of workers' commits that look like they hold a secret.
  public enum Commits: String, Sendable, CaseIterable {
    /// A person is asked before they are pushed.
    case ask
    /// They are pushed as they are.
    case allow
  }

  /// What becomes of workers' work that looks like it holds a secret.
  public var commits = Commits.ask
  /// Files in which what looks like a secret is none.
  public var allow: [String] = []

  /// Every default.
  public init() {}
}

extension RedactionSettings.Commits: SettingsChoice {}

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
    Field(
      "commits", \.commits,
      "What becomes of lines of workers that look like a secret: `ask` commits and publishes none of them before a "
        + "person has said so, `allow` pushes them as they are."),
    Field(
      "allow", \.allow,
      "Files in which such lines are meant, such as fixtures of tests, written as in `.gitignore`."),
  ]
}
