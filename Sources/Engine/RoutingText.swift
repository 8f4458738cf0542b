public import Workflow

/// The words of the routing call.
public struct RoutingText: Sendable {
  /// Makes the question from a task and the agents that are ready.
  public var question: @Sendable (TaskView, [String]) -> String
  /// Reads the answer; throws if it is not one of the agents.
  public var answer: @Sendable (String, [String]) throws -> Route

  /// Both parts.
  public init(
    question: @escaping @Sendable (TaskView, [String]) -> String,
    answer: @escaping @Sendable (String, [String]) throws -> Route
  ) {
    self.question = question
    self.answer = answer
  }
}
