/// An agent as the configuration names it.
public struct AgentConfiguration: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// script, claude, codex or opencode.
  public var type: String
  /// The program's name or path; nil is the type's own.
  public var program: String?
  /// Program and arguments of a script agent.
  public var command: [String] = []
  /// Further arguments.
  public var arguments: [String] = []
  /// Further variables.
  public var environment: [String: String] = [:]
  /// The model, unless a task asks for another.
  public var model: String?
  /// False if it is switched off.
  public var isEnabled = true
  /// True if a young session may be resumed instead of begun anew.
  public var resumes = false

  /// An agent of a type.
  public init(name: String, type: String) {
    self.name = name
    self.type = type
  }
}
