/// How a machine shares its work with others.
public struct SharingOptions: Sendable {
  /// The remote of the state, which keeps the claims.
  public var remote: String
  /// Silence after which a machine's tasks may be taken over, in seconds.
  public var lifetimeSeconds = 600
  /// Time between two syncs while this machine works, in seconds.
  public var intervalSeconds = 20
  /// Time between two syncs while it does not, in seconds.
  public var idleIntervalSeconds = 300
  /// Time after which the worktree of a running attempt is kept again, in seconds.
  public var checkpointSeconds = 60
  /// The most pushes of the state alone in a minute, of all machines together.
  public var pushesPerMinute = PushBudget.ownServer
  /// Files in which lines that look like a secret are meant; nil if nobody is asked about secrets.
  public var allowedSecretPaths: [String]? = []
  /// True to work without asking the remote: other machines may do the same tasks.
  public var isOffline = false
  /// Milliseconds of the clock that counts sleep and is never set.
  public var monotonicClock: @Sendable () -> Int

  /// The parts without defaults.
  public init(remote: String, monotonicClock: @escaping @Sendable () -> Int) {
    self.remote = remote
    self.monotonicClock = monotonicClock
  }
}

/// How often the state alone is pushed; claims and results go at once.
public struct PushBudget: Sendable {
  /// For services that many people share.
  public static let publicHost = 6
  /// For servers of one's own.
  public static let ownServer = 60
  /// The names of such services.
  static let publicHosts = ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "sr.ht"]
  private static let minute = 60_000

  private var times: [Int] = []

  /// Nothing was pushed so far.
  public init() {}

  /// The budget of a remote by its URL, in pushes per minute.
  public static func perMinute(url: String) -> Int {
    let authority = url.split(separator: "/").first { $0.contains(".") } ?? ""
    let host = authority.split(separator: "@").last?.split(separator: ":").first ?? ""
    return publicHosts.contains { host == $0 || host.hasSuffix("." + $0) }
      ? publicHost : ownServer
  }

  /// Takes one push out of the budget; false if it is used up.
  ///
  /// `now` is in milliseconds; `hosts` are the live machines, which have an equal part each.
  public mutating func take(now: Int, perMinute: Int, hosts: Int) -> Bool {
    times.removeAll { now - $0 >= Self.minute }
    guard times.count < max(1, perMinute / max(1, hosts)) else { return false }
    times.append(now)
    return true
  }
}
