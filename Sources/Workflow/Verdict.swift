/// What follows from an attempt that has ended.
public enum Verdict: Sendable, Hashable {
  /// Push the work and open or update the pull request.
  case publish
  /// There is nothing to merge, and the agent said why.
  case finish(summary: String)
  /// Try again with the failure in the prompt.
  case retry(reason: String, purpose: AttemptPurpose)
  /// Let the agent rest and give the task to another.
  case reroute(reason: String)
  /// Wait for the children.
  case delegate
  /// Nobody can go on by themselves.
  case block(reason: String)
  /// Ask a person.
  case askPerson(reason: String)

  /// Decides on a task whose last attempt has ended; `attempt` is that attempt with its outcome.
  public static func decide(_ task: TaskView, attempt: Attempt, limits: Limits) -> Verdict {
    switch attempt.outcome {
    case .succeeded:
      // A conflict may be settled by commits that others have made.
      if attempt.commits > 0 || attempt.purpose == .rebase { return .publish }
      let summary = task.result?.summary ?? ""
      if !summary.isEmpty { return .finish(summary: summary) }
      return afterFailure(task, attempt, kind: .nothingDone, error: RetryLoop.silence, limits)
    case .unfinished:
      return retryWithinLimits(
        task, reason: "the agent says that there is more to do",
        purpose: attempt.purpose == .rebase ? .rebase : .resume, limits)
    case .delegated: return .delegate
    case .blocked: return .block(reason: text(attempt, "the agent is blocked"))
    case .needsReview: return .askPerson(reason: text(attempt, "the agent asks for a person"))
    case .interrupted:
      return .retry(reason: "the attempt was interrupted", purpose: attempt.purpose)
    case nil:
      return retryWithinLimits(
        task, reason: "nobody saw the attempt's end", purpose: attempt.purpose, limits)
    case .failed:
      let kind = attempt.failure ?? .other
      return afterFailure(task, attempt, kind: kind, error: text(attempt, kind.rawValue), limits)
    }
  }

  private static func afterFailure(
    _ task: TaskView, _ attempt: Attempt, kind: FailureKind, error: String, _ limits: Limits
  ) -> Verdict {
    if kind.isAgentLimit { return .reroute(reason: "'\(attempt.agent)': \(error)") }
    if kind == .budgetExceeded { return .askPerson(reason: "budget reached: \(error)") }
    if kind == .refused { return .askPerson(reason: "'\(attempt.agent)' refused: \(error)") }
    // What is missing is missing the second time too: nothing changes by trying.
    if kind.needsPerson { return .block(reason: error) }
    let same = RetryLoop.count(of: error, in: task.countedAttempts)
    let allowed = kind == .environment ? limits.maxEnvironmentRetries : limits.retryLoop
    if same > allowed {
      return .block(reason: "the same error in \(same) attempts: \(error)")
    }
    return retryWithinLimits(task, reason: error, purpose: attempt.purpose, limits)
  }

  private static func retryWithinLimits(
    _ task: TaskView, reason: String, purpose: AttemptPurpose, _ limits: Limits
  ) -> Verdict {
    let counted = task.countedAttempts.count { attempt in
      attempt.failure?.isAgentLimit != true && attempt.outcome != .interrupted
    }
    guard counted < limits.maxAttempts else {
      return .block(reason: "\(counted) attempts are used up: \(reason)")
    }
    return .retry(reason: reason, purpose: purpose)
  }

  private static func text(_ attempt: Attempt, _ otherwise: String) -> String {
    guard let error = attempt.error, !error.isEmpty else { return otherwise }
    return error
  }
}
