/// What the configuration says of pull requests.
public struct PullRequestRules: Sendable, Hashable {
  /// When orch merges.
  public var policy = MergePolicy.whenGreen
  /// Labels that a pull request must have to be merged.
  public var requiredLabels: [String] = []
  /// Checks that must have passed, whether or not they have begun.
  public var requiredChecks: [String] = []
  /// True if orch runs the checks itself instead of waiting for the forge's.
  public var runsChecks = false
  /// `Review.agent` if an agent reviews each head before a merge; nil if none does.
  public var reviewAgent: String?
  /// The bounds.
  public var limits = Limits()

  /// The defaults.
  public init() {}
}
