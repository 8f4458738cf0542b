/// The GitHub App that orch works as, instead of a person.
public struct AppSettings: Sendable, Equatable {
  /// The App's id; nil if it is named by its client id, or if orch uses a token.
  public var id: Int?
  /// The App's client id; it counts before the id.
  public var clientID: String?
  /// The file with its private key; nil if there is no App.
  ///
  /// A leading `~` is left for the caller to replace.
  public var privateKeyFile: String?
  /// The number of its installation; nil is looked up by the repository.
  public var installation: Int?

  /// Every default.
  public init() {}

  /// What GitHub knows the App by; nil if there is none.
  public var name: String? { clientID ?? id.map(String.init) }
}

extension AppSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "id", \.id, .integer(1...Limits.unbounded), standard: "none",
      "The id of a GitHub App that orch works as, instead of a token."),
    Field("client_id", \.clientID, standard: "none", "The App's client id, in place of its id."),
    Field(
      "private_key_file", \.privateKeyFile, standard: "none",
      "The file with the App's private key (PEM), as GitHub hands it out; keep it outside of the repository."
    ),
    Field(
      "installation", \.installation, .integer(1...Limits.unbounded),
      standard: "looked up by the repository", "The number of the App's installation."),
  ]
}
