/// Whether an agent program can be given work.
public struct AgentAvailability: Sendable, Hashable {
  /// Its name in the configuration.
  public var name: String
  /// True if its program was found.
  public var isInstalled: Bool
  /// False if the configuration switches it off.
  public var isEnabled: Bool
  /// When it may be asked again, in milliseconds since 1970; nil if it rests not.
  public var coolingUntil: Int?

  /// All parts.
  public init(
    name: String, isInstalled: Bool = true, isEnabled: Bool = true, coolingUntil: Int? = nil
  ) {
    self.name = name
    self.isInstalled = isInstalled
    self.isEnabled = isEnabled
    self.coolingUntil = coolingUntil
  }

  /// True if it can be given work at a time.
  public func isReady(at now: Int) -> Bool {
    isInstalled && isEnabled && (coolingUntil ?? 0) <= now
  }
}

/// What a task's labels decide before any router is asked.
public enum LabelDecision: Sendable, Hashable {
  /// `agent:NAME`, or the agent that a person named.
  case agent(String)
  /// `no-agent`: a person does it.
  case person
  /// Nothing: ask the router.
  case undecided
}

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

/// How long an agent rests after a limit.
public enum CoolDown {
  /// The first rest without a time of the service's own, in milliseconds.
  public static let firstMilliseconds = 60_000
  /// The longest rest, in milliseconds.
  public static let longestMilliseconds = 30 * 60_000

  /// When an agent may be asked again, from the attempts of all tasks; nil if it rests not.
  ///
  /// The rest doubles with each limit in a row, and ends by itself.
  public static func until(_ agent: String, tasks: some Sequence<TaskView>, now: Int) -> Int? {
    let ended = tasks.flatMap(\.attempts)
      .filter { $0.agent == agent && $0.endedAt != nil }
      .sorted { ($0.endedAt ?? 0) < ($1.endedAt ?? 0) }
    var rest = firstMilliseconds
    var until: Int?
    for attempt in ended {
      guard attempt.failure?.isAgentLimit == true, let end = attempt.endedAt else {
        rest = firstMilliseconds
        until = nil
        continue
      }
      until = attempt.retryAt ?? (end + rest)
      rest = min(rest * 2, longestMilliseconds)
    }
    guard let until, until > now else { return nil }
    return until
  }
}
