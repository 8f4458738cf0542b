/// A command that must pass before a merge.
public struct CheckSettings: Sendable, Equatable {
  /// The lock that checks run under.
  public static let defaultLock = "build"
  /// The longest run, in seconds.
  public static let defaultTimeoutSeconds = 1800

  /// Its name in reports.
  public var name = ""
  /// Program and arguments.
  public var command: [String] = []
  /// The lock that it runs under.
  public var lock = defaultLock
  /// The longest run without the wait for the lock, in seconds.
  public var timeoutSeconds = defaultTimeoutSeconds

  /// A check without name and command.
  public init() {}

  /// A check under the default lock.
  public init(name: String, command: [String]) {
    self.name = name
    self.command = command
  }
}

extension CheckSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("name", \.name, standard: "required", isRequired: true, "The check's name in reports."),
    Field(
      "command", \.command, .command, standard: "required", isRequired: true,
      "Program and arguments as a list, or a line for `sh -c`. It passes if it exits with 0."),
    Field("lock", \.lock, "The lock that it runs under."),
    .seconds(
      "timeout_seconds", \.timeoutSeconds, "The longest run; waiting for the lock does not count."),
  ]
}
