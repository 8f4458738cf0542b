/// How the state travels between machines.
public struct SyncSettings: Sendable, Equatable {
  /// Time between two looks at the remote while something runs, in seconds.
  public static let defaultIntervalSeconds = 20
  /// Time between two looks while nothing runs, in seconds.
  public static let defaultIdleIntervalSeconds = 300
  /// Time without a sign of life after which a machine's tasks may be taken over, in seconds.
  public static let defaultClaimSeconds = 600
  /// Time after which the worktree of a running attempt is kept again, in seconds.
  public static let defaultCheckpointSeconds = 60

  /// Whether state is pushed and fetched.
  public var isEnabled = true
  /// The git remote of the state; nil is the one elected at first contact.
  public var remote: String?
  /// Time between two looks while something runs, in seconds.
  public var intervalSeconds = defaultIntervalSeconds
  /// Time between two looks while nothing runs, in seconds.
  public var idleIntervalSeconds = defaultIdleIntervalSeconds
  /// Silence of a machine after which its tasks may be taken over, in seconds.
  public var claimSeconds = defaultClaimSeconds
  /// Time after which the worktree of a running attempt is kept again, in seconds.
  public var checkpointSeconds = defaultCheckpointSeconds
  /// Machines whose lessons need no approval.
  public var trustedHosts: [String] = []

  /// Every default.
  public init() {}
}

extension SyncSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("enabled", \.isEnabled, "Whether state is pushed to and fetched from the remote."),
    Field(
      "remote", \.remote, standard: "the one elected at first contact",
      "The git remote that state is pushed to."),
    .seconds(
      "interval_seconds", \.intervalSeconds,
      "Time between two looks at the remote while something runs."),
    .seconds(
      "idle_interval_seconds", \.idleIntervalSeconds,
      "Time between two looks at the remote while nothing runs."),
    .seconds(
      "claim_seconds", \.claimSeconds, from: 5,
      "Silence of a machine after which another may take its tasks over."),
    .seconds(
      "checkpoint_seconds", \.checkpointSeconds,
      "Time after which a worktree at work is kept again, for another machine to go on from."),
    Field(
      "trusted_hosts", \.trustedHosts,
      "Machines whose lessons need no approval on this one."),
  ]
}
