/// Where a watched pull request stands.
public enum PullRequestStatus: String, Sendable, Hashable, CaseIterable {
  /// Nothing is known yet of its checks.
  case open
  /// The base moved.
  case behind
  /// It is being brought onto the base.
  case rebasing
  /// It cannot be brought onto the base without a decision.
  case conflicted
  /// A check failed.
  case failing
  /// A worker makes the checks pass.
  case repairing
  /// Every check passed on the pair of head and base.
  case green
  /// A person or reviewer approved it.
  case approved
  /// It is being merged.
  case merging
  /// It is part of the base.
  case merged
  /// It was closed without a merge.
  case closed
  /// A person was asked.
  case escalated
}
