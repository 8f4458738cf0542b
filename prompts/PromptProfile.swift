/// The specialist that a worker is, as the router described it.
public struct PromptProfile: Sendable, Equatable {
  /// Who it is: "backend engineer".
  public var role: String
  /// What it is good at.
  public var skills: [String]
  /// What it works with.
  public var tools: [String]
  /// What it must keep to.
  public var constraints: [String]

  /// A profile; what is empty is left out of prompts.
  public init(
    role: String = "", skills: [String] = [], tools: [String] = [], constraints: [String] = []
  ) {
    self.role = role
    self.skills = skills
    self.tools = tools
    self.constraints = constraints
  }
}
