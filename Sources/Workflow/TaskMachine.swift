/// The life of a task: a status and an event give the next status.
///
/// ```
/// event                new   rout  prog  blck  need  revw  canc  done
/// task.created         new   –     –     –     –     –     –     –
/// task.edited          new   rout  prog  blck  need  revw  –     –
/// task.routed          rout  rout  –     –     –     –     –     –
/// attempt.started      –     prog↑ –     –     –     –     –     –
/// attempt.succeeded    –     –     prog  –     –     –     –     –
/// attempt.failed       –     –     rout↑ –     –     –     –     –
/// attempt.interrupted  –     –     rout↑ –     –     –     –     –
/// task.delegated       –     –     blck  –     blck↑ –     –     –
/// task.resumed         –     –     –     rout↑ –     –     –     –
/// task.blocked         blck  blck  blck  blck  blck↑ blck↑ –     –
/// task.needs_review    need  need  need  need  need  need↑ –     –
/// task.cancelled       canc  canc  canc  canc  canc  canc  –     –
/// task.retried         new↑  new↑  new↑  new↑  new↑  new↑  new↑  new↑
/// task.unblocked       new↑  –     –     new↑  new↑  –     –     –
/// task.continued       –     –     –     –     prog↑ –     –     –
/// task.finished        –     –     done  –     –     –     –     –
/// task.checkpoint      new   rout  prog  blck  need  revw  canc  done
/// pr.opened            revw  –     revw  –     –     revw  –     –
/// pr.rebased           –     –     –     –     –     revw  –     –
/// pr.conflicted        –     –     –     –     –     rout↑ –     –
/// pr.green             –     –     –     –     –     revw  –     –
/// pr.failing           –     –     –     –     –     rout↑ –     –
/// pr.approved          –     –     –     –     –     revw  –     –
/// pr.merged            –     done  done  done  done  done  –     –
/// pr.closed            –     need  –     need  need  need↑ –     –
/// pr.resumed           –     revw  revw  revw  revw  revw  –     –
/// worktree.removed     new   rout  prog  blck  need  revw  canc  done
/// ```
///
/// `–` is an error that names both, `↑` a new generation. The columns are new, routed, in_progress,
/// blocked, needs_review, in_review, cancelled and done. A test compares this table, and the one in
/// ARCHITECTURE.md, with the function.
public enum TaskMachine {
  /// The status of a task without events.
  public static let initial = TaskStatus.new

  /// Where `event` leads from `status`; throws `IllegalTransition`.
  public static func transition(
    from status: TaskStatus, on event: TaskEvent
  ) throws(IllegalTransition) -> Transition {
    guard let next = next(status, event) else {
      throw IllegalTransition(status: status, event: event)
    }
    let restarts = event == .attemptStarted || event == .retried || event == .unblocked
    return Transition(status: next, raisesGeneration: restarts || next.rank < status.rank)
  }

  private static func next(_ status: TaskStatus, _ event: TaskEvent) -> TaskStatus? {
    switch status {
    case .new: fromNew(event)
    case .routed: fromRouted(event)
    case .inProgress: fromInProgress(event)
    case .blocked: fromBlocked(event)
    case .needsReview: fromNeedsReview(event)
    case .inReview: fromInReview(event)
    case .cancelled: fromOver(event, staying: .cancelled)
    case .done: fromOver(event, staying: .done)
    }
  }

  private static func fromNew(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .created, .edited, .retried, .unblocked, .checkpointed, .cleanedUp: .new
    case .routed: .routed
    case .blocked: .blocked
    case .needsReview: .needsReview
    case .cancelled: .cancelled
    // A person opened it.
    case .pullRequestOpened: .inReview
    case .attemptStarted, .attemptSucceeded, .attemptFailed, .attemptInterrupted, .delegated,
      .resumed, .finished, .pullRequestRebased, .pullRequestConflicted,
      .checksPassed, .checksFailed, .pullRequestApproved, .merged, .pullRequestClosed,
      .pullRequestResumed, .continued:
      nil
    }
  }

  private static func fromRouted(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .routed, .edited, .checkpointed, .cleanedUp: .routed
    case .attemptStarted: .inProgress
    case .blocked: .blocked
    case .needsReview, .pullRequestClosed: .needsReview
    case .pullRequestResumed: .inReview
    case .retried: .new
    case .merged: .done
    case .cancelled: .cancelled
    case .created, .attemptSucceeded, .attemptFailed, .attemptInterrupted, .delegated, .resumed,
      .unblocked, .finished, .pullRequestOpened, .pullRequestRebased, .pullRequestConflicted,
      .checksPassed, .checksFailed, .pullRequestApproved, .continued:
      nil
    }
  }

  private static func fromInProgress(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .attemptSucceeded, .edited, .checkpointed, .cleanedUp: .inProgress
    case .attemptFailed, .attemptInterrupted: .routed
    case .delegated, .blocked: .blocked
    case .needsReview: .needsReview
    case .pullRequestOpened, .pullRequestResumed: .inReview
    case .finished, .merged: .done
    case .retried: .new
    case .cancelled: .cancelled
    case .created, .routed, .attemptStarted, .resumed, .unblocked, .pullRequestRebased,
      .pullRequestConflicted, .checksPassed, .checksFailed, .pullRequestApproved,
      .pullRequestClosed, .continued:
      nil
    }
  }

  private static func fromBlocked(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .blocked, .edited, .checkpointed, .cleanedUp: .blocked
    case .resumed: .routed
    case .unblocked, .retried: .new
    case .needsReview, .pullRequestClosed: .needsReview
    case .pullRequestResumed: .inReview
    case .merged: .done
    case .cancelled: .cancelled
    case .created, .routed, .attemptStarted, .attemptSucceeded, .attemptFailed,
      .attemptInterrupted, .delegated, .finished, .pullRequestOpened, .pullRequestRebased,
      .pullRequestConflicted, .checksPassed, .checksFailed, .pullRequestApproved, .continued:
      nil
    }
  }

  private static func fromNeedsReview(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .needsReview, .pullRequestClosed, .edited, .checkpointed, .cleanedUp: .needsReview
    case .pullRequestResumed: .inReview
    case .blocked, .delegated: .blocked
    case .unblocked, .retried: .new
    case .continued: .inProgress
    case .merged: .done
    case .cancelled: .cancelled
    case .created, .routed, .attemptStarted, .attemptSucceeded, .attemptFailed,
      .attemptInterrupted, .resumed, .finished, .pullRequestOpened,
      .pullRequestRebased, .pullRequestConflicted, .checksPassed, .checksFailed,
      .pullRequestApproved:
      nil
    }
  }

  private static func fromInReview(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .pullRequestOpened, .pullRequestRebased, .checksPassed, .pullRequestApproved,
      .pullRequestResumed, .edited, .checkpointed, .cleanedUp:
      .inReview
    case .pullRequestConflicted, .checksFailed: .routed
    case .needsReview, .pullRequestClosed: .needsReview
    case .blocked: .blocked
    case .merged: .done
    case .retried: .new
    case .cancelled: .cancelled
    case .created, .routed, .attemptStarted, .attemptSucceeded, .attemptFailed,
      .attemptInterrupted, .delegated, .resumed, .unblocked, .finished, .continued:
      nil
    }
  }

  private static func fromOver(_ event: TaskEvent, staying status: TaskStatus) -> TaskStatus? {
    switch event {
    case .retried: .new
    case .checkpointed, .cleanedUp: status
    case .created, .edited, .routed, .attemptStarted, .attemptSucceeded, .attemptFailed,
      .attemptInterrupted, .delegated, .resumed, .blocked, .needsReview, .cancelled, .unblocked,
      .finished, .pullRequestOpened, .pullRequestRebased, .pullRequestConflicted, .checksPassed,
      .checksFailed, .pullRequestApproved, .merged, .pullRequestClosed, .pullRequestResumed,
      .continued:
      nil
    }
  }
}
