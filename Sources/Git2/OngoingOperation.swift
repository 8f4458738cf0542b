internal import CGit2

/// What a checkout is in the middle of: git goes on with it, or takes it back, when somebody says so.
public enum OngoingOperation: String, Sendable, Hashable, CaseIterable {
  /// `git merge`.
  case merge
  /// `git revert`.
  case revert
  /// `git cherry-pick`.
  case cherryPick = "cherry-pick"
  /// `git bisect`.
  case bisection
  /// `git rebase`.
  case rebase
  /// `git am`.
  case patches

  /// It with its article, for a sentence.
  public var name: String {
    self == .patches ? "an application of patches ('git am')" : "a \(rawValue)"
  }

  /// The commands that end it, as the end of a sentence.
  public var wayOut: String {
    switch self {
    case .merge, .revert, .cherryPick, .rebase:
      "'git \(rawValue) --continue' or 'git \(rawValue) --abort' ends it"
    case .patches: "'git am --continue' or 'git am --abort' ends it"
    case .bisection: "'git bisect reset' ends it"
    }
  }
}

extension Repository {
  /// What this checkout is in the middle of; nil if it is in the middle of nothing.
  public var operation: OngoingOperation? {
    let state = git_repository_state(raw)
    return Self.operations.first { UInt32(bitPattern: state) == $0.state }?.operation
  }

  /// True in the middle of a merge, rebase, cherry-pick or the like.
  public var isInOperation: Bool { operation != nil }

  private static let operations: [(state: UInt32, operation: OngoingOperation)] = [
    (GIT_REPOSITORY_STATE_MERGE.rawValue, .merge), (GIT_REPOSITORY_STATE_REVERT.rawValue, .revert),
    (GIT_REPOSITORY_STATE_REVERT_SEQUENCE.rawValue, .revert),
    (GIT_REPOSITORY_STATE_CHERRYPICK.rawValue, .cherryPick),
    (GIT_REPOSITORY_STATE_CHERRYPICK_SEQUENCE.rawValue, .cherryPick),
    (GIT_REPOSITORY_STATE_BISECT.rawValue, .bisection),
    (GIT_REPOSITORY_STATE_REBASE.rawValue, .rebase),
    (GIT_REPOSITORY_STATE_REBASE_INTERACTIVE.rawValue, .rebase),
    (GIT_REPOSITORY_STATE_REBASE_MERGE.rawValue, .rebase),
    (GIT_REPOSITORY_STATE_APPLY_MAILBOX.rawValue, .patches),
    (GIT_REPOSITORY_STATE_APPLY_MAILBOX_OR_REBASE.rawValue, .patches),
  ]
}
