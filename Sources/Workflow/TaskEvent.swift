/// What happened to a task: facts in the past tense, as they are stored.
public enum TaskEvent: String, Sendable, Hashable, CaseIterable {
  /// Someone asked for it.
  case created = "task.created"
  /// Its text, labels or priority were changed.
  case edited = "task.edited"
  /// Agent, model, profile and skills were chosen.
  case routed = "task.routed"
  /// An attempt began: its number and token are taken.
  case attemptStarted = "attempt.started"
  /// The attempt succeeded; its work waits to be published.
  case attemptSucceeded = "attempt.succeeded"
  /// The attempt ended and another one is to follow.
  case attemptFailed = "attempt.failed"
  /// The attempt was stopped with nothing wrong, and will be begun again.
  case attemptInterrupted = "attempt.interrupted"
  /// The work was handed to children.
  case delegated = "task.delegated"
  /// The children ended; the parent goes on.
  case resumed = "task.resumed"
  /// It cannot go on.
  case blocked = "task.blocked"
  /// A person must decide.
  case needsReview = "task.needs_review"
  /// A person stopped it.
  case cancelled = "task.cancelled"
  /// A person wants it from the start.
  case retried = "task.retried"
  /// A person says that the obstacle is gone.
  case unblocked = "task.unblocked"
  /// A person says that what was made may be published now.
  case continued = "task.continued"
  /// It ended with nothing to merge.
  case finished = "task.finished"
  /// A worker recorded where it stands.
  case checkpointed = "task.checkpoint"
  /// A pull request was opened.
  case pullRequestOpened = "pr.opened"
  /// The branch was brought onto the moved base.
  case pullRequestRebased = "pr.rebased"
  /// The branch conflicts with the base: a worker is to settle it.
  case pullRequestConflicted = "pr.conflicted"
  /// Every check passed.
  case checksPassed = "pr.green"
  /// A check failed: a worker is to repair it.
  case checksFailed = "pr.failing"
  /// Someone approved it.
  case pullRequestApproved = "pr.approved"
  /// It is part of the base.
  case merged = "pr.merged"
  /// It was closed without a merge.
  case pullRequestClosed = "pr.closed"
  /// It waits for no worker and no person any more: its watcher goes on.
  case pullRequestResumed = "pr.resumed"
  /// Worktree and branch were removed.
  case cleanedUp = "worktree.removed"
}
