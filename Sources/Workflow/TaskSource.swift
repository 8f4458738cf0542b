/// Where a task comes from if nobody typed it into orch.
public enum TaskSource: String, Sendable, Hashable, CaseIterable {
  /// A trailer or a marked line of a commit that was made here.
  case commit
  /// The same of a commit that someone pushed to this repository.
  case push
  /// A push to `refs/orch/inbox/`.
  case inbox
  /// A schedule.
  case job
  /// A pull request that a person opened, and that is to be watched.
  case pullRequest = "pull_request"

  /// Whether its text may give orders; what came from elsewhere is data.
  public var isTrusted: Bool {
    switch self {
    case .commit, .job: true
    case .push, .inbox, .pullRequest: false
    }
  }
}
