/// Why an agent program failed, in classes that lead to different actions.
public enum AgentFailureKind: String, Sendable, Hashable, CaseIterable {
  /// Too many requests.
  case rateLimited = "rate_limited"
  /// The service is overloaded or has a fault.
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
  /// The program ended with an error.
  case crashed
  /// Its time was up.
  case timedOut = "timed_out"
  /// Nothing was heard of it for too long.
  case stalled
  /// It ended well and said nothing.
  case noOutput = "no_output"
  /// What it said cannot be read.
  case malformedOutput = "malformed_output"
  /// It used more of the machine than it may.
  case resourceLimit = "resource_limit"
  /// The program is not there.
  case notInstalled = "not_installed"
  /// It was killed from outside.
  case killed
  /// Anything else.
  case other
}
