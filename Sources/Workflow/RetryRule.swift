/// No attempt without a changed cause: what was tried and failed is not tried again as it was.
public enum RetryRule {
  /// Why an attempt may be begun now; empty if nothing that could help has changed.
  ///
  /// The causes are recorded with the attempt.
  public static func causes(
    for task: TaskView, purpose: AttemptPurpose, under next: AttemptConditions
  ) -> [RetryCause] {
    if task.attempts.isEmpty { return [.first] }
    guard let last = task.countedAttempts.last else { return [.person] }
    if last.purpose != purpose { return [.purpose] }
    guard let failure = failure(of: last) else {
      return [isProgress(last.outcome) ? .progress : .interruption]
    }
    guard let before = last.conditions else { return [.unrecorded] }
    let helpful = cures(of: failure)
    return changes(from: before, to: next).filter(helpful.contains)
  }

  /// Why no attempt is begun, for a person.
  public static func refusal(_ task: TaskView) -> String {
    let number = task.attempts.last?.number ?? 0
    let error = task.attempts.last.flatMap(RetryLoop.error) ?? "no reason is recorded"
    return "nothing that could help has changed since attempt \(number) failed: \(error)"
  }

  /// What differs between two attempts.
  public static func changes(
    from before: AttemptConditions, to next: AttemptConditions
  ) -> [RetryCause] {
    var result: [RetryCause] = []
    func compare(_ old: String?, _ new: String?, _ cause: RetryCause) {
      if let old, let new, old != new { result.append(cause) }
    }
    compare(before.prompt, next.prompt, .prompt)
    compare(before.tools, next.tools, .tools)
    compare(before.base, next.base, .base)
    compare(before.configuration, next.configuration, .configuration)
    compare(before.agent, next.agent, .agent)
    return result
  }

  /// The changes that can help after a failure: no prompt installs a program.
  public static func cures(of failure: FailureKind) -> Set<RetryCause> {
    switch failure {
    case .notInstalled, .environment: [.tools, .base, .configuration, .agent]
    case .budgetExceeded, .refused: [.prompt, .configuration, .agent]
    case .rateLimited, .overloaded, .authentication, .quota, .contextExhausted, .turnLimit,
      .crashed, .timedOut, .stalled, .noOutput, .malformedOutput, .nothingDone, .misconfigured,
      .checksFailed,
      .conflict, .resourceLimit, .killed, .other:
      [.prompt, .tools, .base, .configuration, .agent]
    }
  }

  /// The failure that must not be repeated; nil if the attempt failed at nothing of its own.
  private static func failure(of attempt: Attempt) -> FailureKind? {
    switch attempt.outcome {
    case .failed:
      let failure = attempt.failure ?? .other
      return failure.isAgentLimit ? nil : failure
    case .succeeded: return attempt.commits == 0 ? .nothingDone : nil
    case .unfinished, .blocked, .needsReview, .delegated, .interrupted, nil: return nil
    }
  }

  /// True if an attempt that did not fail ended by itself.
  private static func isProgress(_ outcome: AttemptOutcome?) -> Bool {
    switch outcome {
    case .succeeded, .unfinished, .delegated, .blocked, .needsReview: true
    case .failed, .interrupted, nil: false
    }
  }
}
