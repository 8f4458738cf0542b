/// What routing decided, and why.
public struct Route: Sendable, Hashable {
  /// The agent.
  public var executor: String
  /// The model; nil is the agent's own default.
  public var model: String?
  /// Why, in a sentence.
  public var reason: String
  /// The role that the worker is given.
  public var profile = Profile()
  /// Skills by name.
  public var skills: [String] = []

  /// A decision.
  public init(
    executor: String, model: String? = nil, reason: String, profile: Profile = Profile(),
    skills: [String] = []
  ) {
    self.executor = executor
    self.model = model
    self.reason = reason
    self.profile = profile
    self.skills = skills
  }
}
