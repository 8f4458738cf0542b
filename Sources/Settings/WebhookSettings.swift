/// Where `orch serve --webhooks` listens, and how it knows who speaks.
public struct WebhookSettings: Sendable, Equatable {
  /// This machine only: what is to be reached from outside has a proxy with TLS in front.
  public static let defaultListen = "127.0.0.1:8787"

  /// `HOST:PORT`.
  public var listen = defaultListen
  /// The file with the secret; nil if the environment has it.
  ///
  /// A leading `~` is left for the caller to replace.
  public var secretFile: String?

  /// Every default.
  public init() {}
}

extension WebhookSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "listen", \.listen,
      "Where `orch serve --webhooks` listens: `HOST:PORT`; it speaks no TLS, so that what comes from outside needs a proxy in front."
    ),
    Field(
      "secret_file", \.secretFile, standard: "the variable `ORCH_WEBHOOK_SECRET`",
      "The file with the secret that GitHub signs its webhooks with; the variable counts first."),
  ]
}
