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
  /// It used more of the machine than it may.
  case resourceLimit = "resource_limit"
  /// The program is not there.
  case notInstalled = "not_installed"
  /// Something else that it needs is not there, and only a person can change that: a skill, a sandbox, its issue.
  case misconfigured
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

  /// True if the next attempt would end the same way until a person has done something.
  public var needsPerson: Bool { self == .notInstalled || self == .misconfigured }

  /// True if the agent, not the task, is the reason: another agent may do it, and nothing is counted.
  public var isAgentLimit: Bool {
    switch self {
    case .rateLimited, .overloaded, .quota, .authentication: true
    case .contextExhausted, .turnLimit, .budgetExceeded, .refused, .crashed, .timedOut, .stalled,
      .noOutput, .malformedOutput, .nothingDone, .notInstalled, .misconfigured, .checksFailed,
      .conflict,
      .environment, .resourceLimit, .killed, .other:
      false
    }
  }
}
