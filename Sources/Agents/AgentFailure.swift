/// A failure of an agent program.
public struct AgentFailure: Sendable, Hashable {
  /// Its class.
  public var kind: AgentFailureKind
  /// What was said, for a person.
  public var message: String
  /// The longest wait that an agent is believed to need, in seconds: a day.
  public static let maximumRetrySeconds = 86_400

  /// Seconds until the agent may be asked again, as far as it says: from 0 to a day.
  public let retryAfterSeconds: Int?

  /// All parts; a wait that no agent can mean is brought into bounds.
  public init(_ kind: AgentFailureKind, _ message: String, retryAfterSeconds: Int? = nil) {
    self.kind = kind
    self.message = message
    self.retryAfterSeconds = retryAfterSeconds.map { min(max(0, $0), Self.maximumRetrySeconds) }
  }
}
