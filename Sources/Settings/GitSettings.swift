/// Who orch's own commits are by.
public struct GitSettings: Sendable, Equatable {
  /// The name of orch's own commits.
  public static let defaultName = "orch"
  /// The address of orch's own commits.
  public static let defaultEmail = "orch@localhost"

  /// The name of orch's own commits.
  public var name = defaultName
  /// The address of orch's own commits.
  public var email = defaultEmail

  /// Every default.
  public init() {}
}

extension GitSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("name", \.name, "The name of orch's own commits: state, merges, snapshots."),
    Field("email", \.email, "The address of orch's own commits."),
  ]
}
