/// What is being done to a pull request.
public enum PullRequestActivity: Sendable, Hashable {
  /// It is brought onto the base: by a worker with that token, or by orch itself.
  case rebasing(token: Int?)
  /// A worker makes it acceptable.
  case repairing(token: Int)
  /// It is being merged.
  case merging(CommitPair)

  /// The worker's token.
  public var token: Int? {
    switch self {
    case .rebasing(let token): token
    case .repairing(let token): token
    case .merging: nil
    }
  }

  /// True if a worker does it, who goes on whatever a look sees.
  public var isWorker: Bool { token != nil }
}
