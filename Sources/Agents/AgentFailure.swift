/// A failure of an agent program.
public struct AgentFailure: Sendable, Hashable {
  /// Its class.
  public var kind: AgentFailureKind
  /// What was said, for a person.
  public var message: String
  /// Seconds until the agent may be asked again, as far as it says.
  public var retryAfterSeconds: Int?

  /// All parts.
  public init(_ kind: AgentFailureKind, _ message: String, retryAfterSeconds: Int? = nil) {
    self.kind = kind
    self.message = message
    self.retryAfterSeconds = retryAfterSeconds
  }
}
