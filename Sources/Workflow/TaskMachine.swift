/// Where an event leads.
public struct Transition: Sendable, Hashable {
  /// The status after the event.
  public let status: TaskStatus
  /// True if the status goes back or starts anew, so that a later join cannot undo it.
  public let raisesGeneration: Bool
}

/// An event that makes no sense in a status.
public struct IllegalTransition: Error, Sendable, Hashable {
  /// The status.
  public let status: TaskStatus
  /// The event.
  public let event: TaskEvent

  /// Both names in a sentence.
  public var sentence: String {
    "a task that is \(status.words) cannot take the event '\(event.rawValue)'"
  }
}

/// The life of a task.
///
/// ```
/// new ──routed──▶ routed ──attempt.started──▶ in_progress ──pr.opened──▶ in_review ──pr.merged──▶ done
///                   ▲  ▲────attempt.failed, interrupted──────┘  │            │
///                   │                                           │            │
///                   └──────────pr.conflicted, pr.failing────────┼────────────┘
/// in_progress ──delegated──▶ blocked ──resumed──▶ routed        └──finished──▶ done
/// anything that is not over ──blocked──▶ blocked, ──needs_review──▶ needs_review, ──cancelled──▶ cancelled
/// blocked, needs_review ──unblocked──▶ new        anything ──retried──▶ new
/// ```
///
/// The whole matrix is in ARCHITECTURE.md, compared with this function by a test.
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
    switch event {
    case .retried: return .new
    case .checkpointed, .cleanedUp: return status
    case .cancelled: return status.isTerminal ? nil : .cancelled
    case .edited: return status.isTerminal ? nil : status
    default: break
    }
    switch status {
    case .new: return fromNew(event)
    case .routed: return fromRouted(event)
    case .inProgress: return fromInProgress(event)
    case .inReview: return fromInReview(event)
    case .blocked, .needsReview: return fromWaiting(status, event)
    case .cancelled, .done: return nil
    }
  }

  private static func fromNew(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .created: .new
    case .routed: .routed
    case .blocked: .blocked
    case .needsReview: .needsReview
    case .unblocked: .new
    case .attemptStarted, .attemptSucceeded, .attemptFailed, .attemptInterrupted,
      .delegated, .resumed, .finished, .pullRequestOpened, .pullRequestRebased,
      .pullRequestConflicted, .checksPassed, .checksFailed, .pullRequestApproved, .merged,
      .pullRequestClosed:
      nil
    case .edited, .cancelled, .retried, .checkpointed, .cleanedUp: nil
    }
  }

  private static func fromRouted(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .routed: .routed
    case .attemptStarted: .inProgress
    case .blocked: .blocked
    case .needsReview: .needsReview
    case .merged: .done
    case .created, .attemptSucceeded, .attemptFailed, .attemptInterrupted,
      .delegated, .resumed, .unblocked, .finished, .pullRequestOpened, .pullRequestRebased,
      .pullRequestConflicted, .checksPassed, .checksFailed, .pullRequestApproved,
      .pullRequestClosed:
      nil
    case .edited, .cancelled, .retried, .checkpointed, .cleanedUp: nil
    }
  }

  private static func fromInProgress(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .attemptSucceeded: .inProgress
    case .attemptFailed, .attemptInterrupted: .routed
    case .delegated, .blocked: .blocked
    case .needsReview: .needsReview
    case .finished: .done
    case .pullRequestOpened: .inReview
    case .merged: .done
    case .created, .routed, .attemptStarted, .resumed, .unblocked, .pullRequestRebased,
      .pullRequestConflicted, .checksPassed, .checksFailed, .pullRequestApproved,
      .pullRequestClosed:
      nil
    case .edited, .cancelled, .retried, .checkpointed, .cleanedUp: nil
    }
  }

  private static func fromInReview(_ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .pullRequestRebased, .checksPassed, .pullRequestApproved, .pullRequestOpened: .inReview
    case .pullRequestConflicted, .checksFailed: .routed
    case .merged: .done
    case .blocked: .blocked
    case .needsReview, .pullRequestClosed: .needsReview
    case .created, .routed, .attemptStarted, .attemptSucceeded, .attemptFailed,
      .attemptInterrupted, .delegated, .resumed, .unblocked, .finished:
      nil
    case .edited, .cancelled, .retried, .checkpointed, .cleanedUp: nil
    }
  }

  private static func fromWaiting(_ status: TaskStatus, _ event: TaskEvent) -> TaskStatus? {
    switch event {
    case .unblocked: .new
    case .resumed: status == .blocked ? .routed : nil
    case .blocked: .blocked
    case .needsReview: .needsReview
    case .merged: .done
    case .created, .routed, .attemptStarted, .attemptSucceeded, .attemptFailed,
      .attemptInterrupted, .delegated, .finished, .pullRequestOpened, .pullRequestRebased,
      .pullRequestConflicted, .checksPassed, .checksFailed, .pullRequestApproved,
      .pullRequestClosed:
      nil
    case .edited, .cancelled, .retried, .checkpointed, .cleanedUp: nil
    }
  }
}
