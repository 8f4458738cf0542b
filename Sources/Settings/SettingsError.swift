/// Why the configuration cannot be used: everything that is wrong with it, at once.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The problems by file and line; at least one, at most a hundred.
  public let problems: [SettingsProblem]

  /// One problem a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
