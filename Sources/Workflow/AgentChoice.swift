/// Which agent does a task.
public enum AgentChoice {
  /// What the task's own words decide; a person's choice goes before labels.
  public static func byLabels(_ task: TaskView) -> LabelDecision {
    if task.labels.contains("no-agent") { return .person }
    if let agent = task.agent { return .agent(agent) }
    for label in task.labels where label.hasPrefix("agent:") {
      return .agent(String(label.dropFirst("agent:".count)))
    }
    return .undecided
  }

  /// The tier of a `complexity:` label: simple, medium or complex.
  public static func complexity(_ task: TaskView) -> String? {
    for label in task.labels where label.hasPrefix("complexity:") {
      let tier = String(label.dropFirst("complexity:".count))
      if ["simple", "medium", "complex"].contains(tier) { return tier }
    }
    return nil
  }

  /// The agents that can be given work now, in the order of the configuration.
  public static func ready(_ agents: [AgentAvailability], at now: Int) -> [AgentAvailability] {
    agents.filter { $0.isReady(at: now) }
  }

  /// The next agent in turn; `count` is the number of tasks routed so far.
  public static func roundRobin(
    _ agents: [AgentAvailability], count: Int, at now: Int
  ) -> String? {
    let ready = ready(agents, at: now)
    return ready.isEmpty ? nil : ready[count % ready.count].name
  }

  /// Why none of the agents can be given work: each by name.
  public static func explainNone(_ agents: [AgentAvailability], at now: Int) -> String {
    if agents.isEmpty { return "no agent is configured" }
    return agents.map { agent in
      if !agent.isInstalled { return "'\(agent.name)' is not installed" }
      if !agent.isEnabled { return "'\(agent.name)' is disabled" }
      let seconds = max(0, (agent.coolingUntil ?? now) - now) / 1000
      return "'\(agent.name)' rests for another \(seconds) s"
    }.joined(separator: ", ")
  }
}
