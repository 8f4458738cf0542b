/// A task that a worker proposes.
public struct ProposedTask: Sendable, Hashable {
  /// One line.
  public var title: String
  /// What is asked for.
  public var body: String
  /// Labels.
  public var labels: [String]
  /// The agent that should do it.
  public var suggestedAgent: String?
}
