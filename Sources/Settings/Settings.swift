/// Everything that can be configured, with every default filled in.
///
/// Read from `.orch.yml` over the user's own `config.yml`; the keys are described in
/// docs/configuration.md, which a test compares with the tables of the sections.
public struct Settings: Sendable, Equatable {
  /// How tasks are worked on.
  public var workflow = WorkflowSettings()
  /// How tasks get their agent.
  public var router = RouterSettings()
  /// Models by tier.
  public var modelMap = ModelMap()
  /// Agents by name, as configured; `agent(named:)` also knows the built-in ones.
  public var agents: [String: AgentSettings] = [:]
  /// The names of `agents` in the order of the files, the repository's first.
  public var agentOrder: [String] = []
  /// Pull requests.
  public var forge = ForgeSettings()
  /// What must pass before a merge, in order.
  public var checks: [CheckSettings] = []
  /// How many may hold a lock at once, by its name; 1 where nothing is said.
  public var locks: [String: Int] = [:]
  /// Where workers work.
  public var worktrees = WorktreeSettings()
  /// The walls around workers.
  public var sandbox = SandboxSettings()
  /// What is taken out of texts before they are stored.
  public var redaction = RedactionSettings()
  /// What work may cost.
  public var budget = BudgetSettings()
  /// What is learned.
  public var lessons = LessonSettings()
  /// How state travels.
  public var sync = SyncSettings()
  /// Schedules by name.
  public var jobs: [String: JobSettings] = [:]
  /// The user's own git hooks.
  public var hooks = HookSettings()
  /// The identity of orch's own commits.
  public var git = GitSettings()
  /// Sizes of prompts.
  public var prompts = PromptSettings()

  /// Every default.
  public init() {}

  /// The agents that need no configuration.
  public static let builtInAgents = ["claude", "codex", "opencode"]

  /// Every agent: the configured ones in their order, then the built-in ones.
  public var agentNames: [String] {
    agentOrder + Self.builtInAgents.filter { agents[$0] == nil }
  }

  /// How an agent is started; nil if it is neither configured nor built in.
  public func agent(named name: String) -> AgentSettings? {
    if let agent = agents[name] { return agent }
    guard Self.builtInAgents.contains(name) else { return nil }
    return AgentSettings.Kind(rawValue: name).map(AgentSettings.init(kind:))
  }

  /// Whether an agent may be given work, as far as the configuration decides.
  public func isEnabled(agent name: String) -> Bool {
    agent(named: name)?.isEnabled == true && !router.disabledAgents.contains(name)
  }

  /// How many may hold a lock at once.
  public func capacity(ofLock name: String) -> Int { locks[name] ?? 1 }
}

extension Settings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("workflow", \.workflow, "How tasks are worked on."),
    Field("router", \.router, "How tasks get their agent and model."),
    Field("model_map", \.modelMap, "Models by tier of work."),
    Field(
      "agents", \.agents, .map(AgentSettings.shape, .word(what: "name"), shorthand: nil),
      "Agent programs by name; `claude`, `codex` and `opencode` need no entry."),
    Field("forge", \.forge, "Pull requests."),
    Field("checks", \.checks, "What must pass before a merge, in order."),
    Field(
      "locks", \.locks, .map(.integer(1...1000), .word(what: "lock"), shorthand: nil),
      unit: "holders", standard: "1 each",
      "How many may hold a lock at once, by its name."),
    Field("worktrees", \.worktrees, "Where workers work."),
    Field("sandbox", \.sandbox, "The walls around workers."),
    Field("redaction", \.redaction, "What is taken out of texts before they are stored."),
    Field("budget", \.budget, "What work may cost."),
    Field("lessons", \.lessons, "What is learned from failures."),
    Field("sync", \.sync, "How the state travels between machines."),
    Field(
      "jobs", \.jobs, .map(JobSettings.shape, .word(what: "name"), shorthand: nil),
      "Schedules by name."),
    Field("hooks", \.hooks, "What the user's own git hooks do."),
    Field("git", \.git, "The identity of orch's own commits, and whether they are signed."),
    Field("prompts", \.prompts, "Sizes of prompts."),
  ]
}
