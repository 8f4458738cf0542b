/// The names of a pull request's events, as they are stored.
public enum PullRequestEventKind: String, Sendable, Hashable, CaseIterable {
  /// The base's head moved.
  case baseMoved = "pr.base_moved"
  /// Someone else moved the branch's head.
  case branchMoved = "pr.branch_moved"
  /// It conflicts with the base.
  case conflicted = "pr.conflicted"
  /// Checks began.
  case checksStarted = "pr.checks_started"
  /// Every check passed.
  case checksPassed = "pr.green"
  /// A check failed.
  case checksFailed = "pr.failing"
  /// Suspicious checks were asked for once more.
  case checksRerun = "pr.checks_rerun"
  /// A reviewer approves.
  case approved = "pr.approved"
  /// A reviewer wants something changed first.
  case changesRequested = "pr.changes_requested"
  /// A reviewer rejects it.
  case rejected = "pr.rejected"
  /// A reviewer has remarks.
  case commented = "pr.commented"
  /// A reviewer's verdict was dismissed.
  case reviewWithdrawn = "pr.review_withdrawn"
  /// The reviewing agent was asked.
  case reviewAsked = "pr.review_asked"
  /// A rebase began.
  case rebaseStarted = "pr.rebase_started"
  /// It was brought onto the base.
  case rebased = "pr.rebased"
  /// A rebase ended without a result.
  case rebaseFailed = "pr.rebase_failed"
  /// A repair worker began.
  case repairStarted = "pr.repair_started"
  /// The repair worker moved the head.
  case repaired = "pr.repaired"
  /// The repair worker ended without a result.
  case repairFailed = "pr.repair_failed"
  /// A merge began.
  case mergeStarted = "pr.merge_started"
  /// The forge refused the merge.
  case mergeRefused = "pr.merge_refused"
  /// Nothing but a rule of the base keeps it from being merged.
  case held = "pr.held"
  /// The base's rules are met.
  case released = "pr.released"
  /// It is part of the base, whoever merged it.
  case merged = "pr.merged"
  /// Someone closed it without a merge.
  case closed = "pr.closed"
  /// Someone opened it again.
  case reopened = "pr.reopened"
  /// A person must decide.
  case escalated = "pr.escalated"
  /// The question has arrived.
  case personAsked = "pr.person_asked"
  /// The person decided, or the question answered itself.
  case answered = "pr.answered"
}
