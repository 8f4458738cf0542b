/// What decides on a pull request beside its own facts: the rules, the time, the base's health, whose turn it is.
public struct PullRequestSituation: Sendable, Hashable {
  /// The configuration.
  public var rules: PullRequestRules
  /// Milliseconds since 1970.
  public var now: Int
  /// False while another pull request is on its way into the same base.
  public var hasTurn = true
  /// Checks that fail on the base's head itself.
  public var failingOnBase: Set<String> = []
  /// Checks that have not ended on the base's head.
  public var pendingOnBase: Set<String> = []
  /// Checks that are required and have not even begun.
  public var missingChecks: [String] = []
  /// What keeps it from being merged, policy aside.
  public var holds: [MergeHold] = []

  /// Rules at a time.
  public init(_ rules: PullRequestRules = PullRequestRules(), now: Int) {
    self.rules = rules
    self.now = now
  }
}
