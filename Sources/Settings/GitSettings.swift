/// Who orch's own commits are by, and whether they are signed.
public struct GitSettings: Sendable, Equatable {
  /// Whether commits that orch writes onto branches are signed.
  public enum Signing: String, Sendable, CaseIterable {
    /// As the user's git configuration says (`commit.gpgSign`), and where they were signed before.
    case auto
    /// Not at all.
    case never
  }

  /// The name of orch's own commits.
  public static let defaultName = "orch"
  /// The address of orch's own commits.
  public static let defaultEmail = "orch@localhost"

  /// The name of orch's own commits.
  public var name = defaultName
  /// The address of orch's own commits.
  public var email = defaultEmail
  /// Whether commits are signed.
  public var sign = Signing.auto

  /// Every default.
  public init() {}
}

extension GitSettings.Signing: SettingsChoice {}

extension GitSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("name", \.name, "The name of orch's own commits: state, merges, snapshots."),
    Field("email", \.email, "The address of orch's own commits."),
    Field(
      "sign", \.sign,
      "Whether orch signs commits of task branches and merges with your git configuration: `auto` if "
        + "`commit.gpgSign` is set, and where a rebased commit was signed before; `never` leaves signing to the workers."
    ),
  ]
}
