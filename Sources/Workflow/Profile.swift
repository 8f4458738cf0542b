/// The role that a worker is given.
public struct Profile: Sendable, Hashable {
  /// Who it is: "backend engineer".
  public var role = ""
  /// What it is good at.
  public var skills: [String] = []
  /// What it should work with.
  public var tools: [String] = []
  /// What it must keep to.
  public var constraints: [String] = []

  /// A role; empty parts are left out of prompts.
  public init(
    role: String = "", skills: [String] = [], tools: [String] = [], constraints: [String] = []
  ) {
    self.role = role
    self.skills = skills
    self.tools = tools
    self.constraints = constraints
  }
}
