/// Everything that a watcher needs of one pull request, seen at one moment.
public struct PullRequestLook: Sendable, Hashable {
  /// What a list shows of it.
  public var pullRequest: PullRequest
  /// The base branch's head as the forge knows it; nil if the branch is gone.
  public var baseHead: String?
  /// True if the branch with the work is gone.
  public var isHeadGone = false
  /// True if nobody but those who belong may comment.
  public var isLocked = false
  /// Whether it can be merged.
  public var mergeability = Mergeability.unknown
  /// The judgement of all reviews together, by the base's rules; nil if the base asks for none.
  public var decision: ReviewDecision?
  /// True while it waits in the forge's merge queue.
  public var isQueued = false
  /// The commit that merged it.
  public var mergedAs: String?
  /// The checks of the head: check runs and commit statuses.
  public var checks: [Check] = []
  /// Reviews, oldest first.
  public var reviews: [Review] = []
  /// Review threads, oldest first.
  public var threads: [ReviewThread] = []
  /// Comments outside reviews, oldest first.
  public var comments: [Comment] = []
  /// True if one of the lists is not whole.
  public var isCut = false
  /// True if it has reviews, threads or checks that were not read.
  public var hasUnread = false

  /// A look that saw nothing but the pull request.
  public init(_ pullRequest: PullRequest) { self.pullRequest = pullRequest }

  /// What the checks say together.
  public var verdict: CheckVerdict { CheckVerdict(checks) }

  /// True while the forge is still to say something that no new commit is needed for.
  public var isSettled: Bool {
    pullRequest.state != .open || (verdict != .pending && mergeability != .unknown && !isQueued)
  }
}

/// Whether a pull request can be merged, as GitHub's `MergeStateStatus` says it.
public enum Mergeability: String, Sendable, Hashable, CaseIterable {
  /// Nothing is in the way.
  case clean = "CLEAN"
  /// It can be merged, but a check that is not required failed or is pending.
  case unstable = "UNSTABLE"
  /// A rule of the base is not met.
  case blocked = "BLOCKED"
  /// The base moved and its rules ask for an up-to-date branch.
  case behind = "BEHIND"
  /// It conflicts with the base.
  case conflicting = "DIRTY"
  /// It is a draft.
  case draft = "DRAFT"
  /// It can be merged, and hooks run then.
  case hasHooks = "HAS_HOOKS"
  /// Not computed yet: ask again.
  case unknown = "UNKNOWN"
}

/// The judgement of all reviews together, as GitHub's `PullRequestReviewDecision` says it.
public enum ReviewDecision: String, Sendable, Hashable, CaseIterable {
  /// Enough reviewers approved.
  case approved = "APPROVED"
  /// A reviewer asks for changes.
  case changesRequested = "CHANGES_REQUESTED"
  /// The base asks for a review that is not there yet.
  case reviewRequired = "REVIEW_REQUIRED"
}
