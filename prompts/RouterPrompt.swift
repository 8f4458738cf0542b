/// The question to the model that chooses who does a task.
public enum RouterPrompt {
  /// An agent that can be given work now.
  public struct Agent: Sendable, Equatable {
    /// Its name in the configuration.
    public var name: String
    /// What is known of it: "claude 2.1, first-attempt success 82 % of 40 tasks".
    public var note: String

    /// An agent.
    public init(name: String, note: String = "") {
      self.name = name
      self.note = note
    }
  }

  /// A tier of the configuration.
  public struct Tier: Sendable, Equatable {
    /// `simple`, `medium`, `complex` or `review`.
    public var name: String
    /// The model by agent; an agent that is missing uses its own.
    public var models: [String: String]

    /// A tier.
    public init(name: String, models: [String: String]) {
      self.name = name
      self.models = models
    }
  }

  /// The most bytes of the task's text: enough to judge it, and cheap.
  public static let maximumTaskBytes = 8_000
  /// The most skills that are listed.
  public static let maximumSkills = 100

  /// The variables of `router.md`.
  static let variables = ["task", "agents", "tiers", "skills", "agent_names"]

  /// Builds the question; the answer is read by `RouterAnswer.parse`.
  public static func build(
    task: PromptInput.Task, kind: PromptKind, agents: [Agent], tiers: [Tier] = [],
    skills: [SkillFile] = [], templates: PromptTemplates
  ) -> String {
    let labels = task.labels.map(TextCleaning.line).joined(separator: ", ")
    let body = TextCut.cut(
      TextCleaning.clean(task.body).trimmed, toBytes: maximumTaskBytes, keeping: .head)
    let facts = [
      TextCleaning.line(task.title), "Kind: \(kind.rawValue)",
      labels.isEmpty ? "" : "Labels: \(labels)", body,
    ].filter { !$0.isEmpty }
    let values = [
      "task": DataFence.fenced(facts.joined(separator: "\n\n")),
      "agents": agents.map { agent in
        let note = TextCleaning.line(agent.note)
        return "- `\(PromptInput.name(agent.name))`" + (note.isEmpty ? "" : ": \(note)")
      }.joined(separator: "\n"),
      "agent_names": agents.map { "`\(PromptInput.name($0.name))`" }.joined(separator: ", "),
      "tiers": tiers.compactMap { tier in
        let models = agents.compactMap { agent in
          tier.models[agent.name].map { "\(agent.name): `\(PromptInput.name($0))`" }
        }
        return models.isEmpty ? nil : "- \(tier.name): " + models.joined(separator: ", ")
      }.joined(separator: "\n"),
      "skills": skills.prefix(maximumSkills).map { skill in
        "- `\(PromptInput.name(skill.id))`: \(TextCleaning.line(skill.description))"
      }.joined(separator: "\n"),
    ]
    return templates.rendered(.router, values) + "\n"
  }
}
