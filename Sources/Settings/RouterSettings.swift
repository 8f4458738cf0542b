/// How a task gets its agent and model.
public struct RouterSettings: Sendable, Equatable {
  /// The ways to choose.
  public enum Mode: String, Sendable, CaseIterable {
    /// A cheap call to a language model.
    case llm
    /// Each agent in turn.
    case roundRobin = "round_robin"
  }

  /// The longest routing call, in seconds.
  public static let defaultTimeoutSeconds = 60

  /// How the agent is chosen when labels do not decide.
  public var mode = Mode.llm
  /// The agent that is asked; nil is the first that is installed.
  public var agent: String?
  /// The model that is asked; nil is the agent's cheap one.
  public var model: String?
  /// The longest call, in seconds.
  public var timeoutSeconds = defaultTimeoutSeconds
  /// Who gets the task if routing fails; nil is the next in turn.
  public var fallbackExecutor: String?
  /// Agents that are never chosen.
  public var disabledAgents: [String] = []

  /// Every default.
  public init() {}
}

extension RouterSettings.Mode: SettingsChoice {}

extension RouterSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("mode", \.mode, "Who chooses an agent when labels do not: a model, or each in turn."),
    Field(
      "agent", \.agent, standard: "the first installed",
      "The agent whose program makes the routing call."),
    Field("model", \.model, standard: "`model_map.simple`", "The model of the routing call."),
    .seconds("timeout_seconds", \.timeoutSeconds, "The longest routing call."),
    Field(
      "fallback_executor", \.fallbackExecutor, standard: "the next in turn",
      "The agent that gets a task when routing fails or takes too long."),
    Field("disabled_agents", \.disabledAgents, "Agents that are never chosen."),
  ]
}
