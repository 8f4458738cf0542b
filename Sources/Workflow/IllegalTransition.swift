/// An event that makes no sense in a status.
public struct IllegalTransition: Error, Sendable, Hashable {
  /// The status.
  public let status: TaskStatus
  /// The event.
  public let event: TaskEvent

  /// Both as what is said of a task: "is done, and cannot be cancelled".
  public var sentence: String { "\(status.predicate), and cannot be \(event.participle)" }
}

extension TaskEvent {
  /// What is done to a task by it: "a task cannot be merged".
  fileprivate var participle: String {
    switch self {
    case .created: "added again"
    case .edited: "edited"
    case .routed: "given an agent"
    case .attemptStarted: "started"
    case .attemptSucceeded, .attemptFailed, .finished: "finished"
    case .attemptInterrupted: "interrupted"
    case .delegated: "divided"
    case .resumed, .continued, .pullRequestResumed: "gone on with"
    case .blocked: "blocked"
    case .needsReview: "given to a person"
    case .cancelled: "cancelled"
    case .retried: "retried"
    case .unblocked: "unblocked"
    case .checkpointed: "noted"
    case .pullRequestOpened: "put into review"
    case .pullRequestRebased: "rebased"
    case .pullRequestConflicted, .checksFailed: "given back to a worker"
    case .checksPassed, .pullRequestApproved: "approved"
    case .merged: "merged"
    case .pullRequestClosed: "closed"
    case .cleanedUp: "cleaned up"
    }
  }
}
