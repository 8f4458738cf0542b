/// What kind of work a task asks for.
public enum TaskKind: String, Sendable, Hashable, CaseIterable {
  /// Change the code.
  case implement
  /// Explore, write a specification, name child tasks.
  case spec
  /// Review another's change.
  case review
  /// Bring a branch onto a moved base.
  case rebase
  /// Make failing checks pass.
  case repair
  /// Find out why attempts failed.
  case retrospective
  /// Made by a schedule.
  case job
}

/// Where a task stands.
public enum TaskStatus: String, Sendable, Hashable, CaseIterable {
  /// Created; not routed yet.
  case new
  /// Agent and model chosen; waits for a slot, for dependencies, for the base.
  case routed
  /// An attempt is running.
  case inProgress = "in_progress"
  /// Cannot go on; the reason is with it.
  case blocked
  /// A person must decide.
  case needsReview = "needs_review"
  /// A pull request is open.
  case inReview = "in_review"
  /// Stopped by a person.
  case cancelled
  /// Merged, or finished with nothing to merge.
  case done

  /// The order within a generation: a join never moves a status to a lower rank.
  public var rank: Int {
    switch self {
    case .new: 0
    case .routed: 1
    case .inProgress: 2
    case .blocked: 3
    case .needsReview: 4
    case .inReview: 5
    case .cancelled: 6
    case .done: 7
    }
  }

  /// True if nothing more happens by itself, ever.
  public var isTerminal: Bool { self == .cancelled || self == .done }

  /// The status in words.
  public var words: String {
    switch self {
    case .new, .routed, .blocked, .cancelled, .done: rawValue
    case .inProgress: "in progress"
    case .needsReview: "needs review"
    case .inReview: "in review"
    }
  }
}

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
}

/// What an attempt is for.
public enum AttemptPurpose: String, Sendable, Hashable, CaseIterable {
  /// The task itself.
  case work
  /// Going on where an earlier attempt or the children stopped.
  case resume
  /// Settling a conflict with the base.
  case rebase
  /// Making a failing check pass.
  case repair
}

/// How an attempt ended.
public enum AttemptOutcome: String, Sendable, Hashable, CaseIterable {
  /// The work is done.
  case succeeded
  /// The agent says that there is more to do.
  case unfinished = "in_progress"
  /// It failed; the failure's kind is with it.
  case failed
  /// The agent cannot go on.
  case blocked
  /// The agent asks for a person.
  case needsReview = "needs_review"
  /// It handed the work to children.
  case delegated
  /// It was stopped, with nothing wrong.
  case interrupted
}

/// Why an attempt failed.
public enum FailureKind: String, Sendable, Hashable, CaseIterable {
  /// Too many requests.
  case rateLimited = "rate_limited"
  /// The service is overloaded.
  case overloaded
  /// No or wrong credentials.
  case authentication
  /// Money or quota is used up.
  case quota
  /// The conversation is too long for the model.
  case contextExhausted = "context_exhausted"
  /// The agent's own turn limit.
  case turnLimit = "turn_limit"
  /// A budget was reached.
  case budgetExceeded = "budget_exceeded"
  /// The model refused.
  case refused
  /// The agent ended with an error.
  case crashed
  /// The attempt's time was up.
  case timedOut = "timed_out"
  /// Nothing was heard of it for too long.
  case stalled
  /// There is no result.
  case noOutput = "no_output"
  /// The result cannot be read.
  case malformedOutput = "malformed_output"
  /// It changed nothing and said nothing.
  case nothingDone = "nothing_done"
  /// The program is not there.
  case notInstalled = "not_installed"
  /// Checks fail on its work.
  case checksFailed = "checks_failed"
  /// Its work conflicts with the base.
  case conflict
  /// The worktree could not be prepared.
  case environment
  /// It was killed from outside.
  case killed
  /// Anything else.
  case other

  /// True if the agent, not the task, is the reason: another agent may do it, and nothing is counted.
  public var isAgentLimit: Bool {
    switch self {
    case .rateLimited, .overloaded, .quota, .authentication: true
    default: false
    }
  }
}
