/// A task that a worker proposes.
public struct Delegation: Sendable, Hashable {
  /// One line.
  public var title: String
  /// What is asked for.
  public var body: String
  /// Labels for it.
  public var labels: [String]
  /// The agent that should do it.
  public var suggestedAgent: String?

  /// All parts.
  public init(title: String, body: String, labels: [String] = [], suggestedAgent: String? = nil) {
    self.title = title
    self.body = body
    self.labels = labels
    self.suggestedAgent = suggestedAgent
  }
}
