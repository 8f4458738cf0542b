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

  /// Where it stands, for people.
  public var words: String {
    switch self {
    case .open: "waits for its checks"
    case .behind: "the base has moved"
    case .rebasing: "is brought onto the base"
    case .conflicted: "conflicts with the base"
    case .failing: "to be repaired"
    case .repairing: "a worker repairs it"
    case .green: "ready"
    case .approved: "approved"
    case .merging: "is being merged"
    case .merged: "merged"
    case .closed: "closed"
    case .escalated: "waits for a person"
    }
  }
}
