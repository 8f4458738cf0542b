/// Which model does which tier of work.
public struct ModelMap: Sendable, Equatable {
  /// For simple tasks and routing.
  public var simple = ModelChoice()
  /// For tasks of medium complexity, and those without one.
  public var medium = ModelChoice()
  /// For complex tasks.
  public var complex = ModelChoice()
  /// For reviews.
  public var review = ModelChoice()

  /// Every default: the agents' own models.
  public init() {}

  /// The model of a tier (`simple`, `medium`, `complex`, `review`) for an agent; nil is its own.
  public func model(tier: String, agent: String) -> String? {
    switch tier {
    case "simple": simple.model(for: agent)
    case "medium": medium.model(for: agent)
    case "complex": complex.model(for: agent)
    case "review": review.model(for: agent)
    default: nil
    }
  }
}

extension ModelMap: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    tier("simple", \.simple, "simple tasks, and for routing"),
    tier("medium", \.medium, "medium tasks"),
    tier("complex", \.complex, "complex tasks"),
    tier("review", \.review, "reviews"),
  ]

  private static func tier(
    _ name: String, _ place: any WritableKeyPath<Self, ModelChoice> & Sendable, _ work: String
  ) -> Field<Self> {
    Field(
      name, place, standard: "the agent's own",
      "The model for \(work): one name for every agent, or a map of agent to model in which "
        + "`default` is for the others.")
  }
}
