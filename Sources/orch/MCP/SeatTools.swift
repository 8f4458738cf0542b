internal import Workflow

/// Every tool of `orch mcp`, in a fixed order: clients keep the list, and models their prompts.
enum SeatTools {
  /// The longest wait of `brief`, in seconds: less than what clients give a call as a rule.
  static let maximumWaitSeconds = 600

  /// All tools.
  static let all = looking + asking + planning + ending

  /// The tool of a name.
  static func named(_ name: String) -> SeatTool? { all.first { $0.name == name } }

  private static let task = ToolParameter.word("task", "The task's name or its first six digits.")
  private static let scope = ToolParameter.option(
    "scope", "repository (default), path:PREFIX, label:NAME, kind:NAME, agent:NAME, error:CLASS")

  private static let looking = [
    SeatTool(
      name: "brief",
      meaning: """
        How things stand, in a few lines, most urgent first. Ends with a cursor: pass it as 'since' to get only what changed, \
        with 'wait' to wait for it. Use this to watch, never in a loop without 'wait'.
        """,
      nature: .looks, command: ["status"],
      parameters: [
        .option("since", "The newest cursor that you have."),
        .option(
          "wait", "With 'since': wait so many seconds for a change.",
          .number(0...maximumWaitSeconds)),
      ], fixed: ["--brief"]),
    SeatTool(
      name: "list", meaning: "Tasks in lines, newest first.", nature: .looks,
      command: ["task", "list"],
      parameters: [
        .option("status", "Only of one status.", .choice(TaskStatus.allCases.map(\.rawValue))),
        .option("label", "Only with this label."),
        .option("limit", "How many; 20 unless given.", .number(1...50)),
      ]),
    SeatTool(
      name: "show",
      meaning:
        "One task in short: why it stands still, what its worker asks, its plan, its result.",
      nature: .looks, command: ["task", "show"], parameters: [task], fixed: ["--brief"]),
    SeatTool(
      name: "questions",
      meaning: "What workers ask and nobody has answered, with the numbers that 'answer' needs.",
      nature: .looks, command: ["msg", "list"],
      parameters: [.option("since", "Only those asked after a cursor.")], fixed: ["--new"]),
    SeatTool(
      name: "digest",
      meaning: "A finished phase in one text, to keep instead of everything before it.",
      nature: .looks, command: ["digest"],
      parameters: [.option("since", "The cursor at the beginning of the phase.")]),
    SeatTool(
      name: "lessons", meaning: "What workers are told beside their task.", nature: .looks,
      command: ["lesson", "list"]),
  ]

  private static let asking = [
    SeatTool(
      name: "add",
      meaning: """
        Adds a task for one clear change. The body is for somebody who sees nothing of this conversation: goal, decisions, \
        files, how anyone can tell that it is done.
        """,
      nature: .adds, command: ["task", "add"],
      parameters: [.word("title", "One line.")] + work),
    SeatTool(
      name: "plan",
      meaning:
        "Has a worker explore something larger, specify it and divide it; its plan waits for 'approve' or 'reject'.",
      nature: .adds, command: ["task", "plan"],
      parameters: [.word("title", "One line.")] + work),
    SeatTool(
      name: "tell", meaning: "Tells a task's worker something, at once if it runs.", nature: .adds,
      command: ["msg", "send"], parameters: [task, .word("text", "What to say.")]),
    SeatTool(
      name: "answer", meaning: "Answers a question; a task that stands still for it goes on.",
      nature: .adds, command: ["msg", "answer"],
      parameters: [
        task, .word("number", "The question's number.", .number(1...1_000_000)),
        .word("text", "The answer."),
      ]),
    SeatTool(
      name: "correct",
      meaning:
        "Tells a worker what it did wrong, and keeps it as a lesson for later ones. Choose the narrowest scope.",
      nature: .adds, command: ["correct"],
      parameters: [task, .word("text", "What should have been done."), scope]),
    SeatTool(
      name: "teach", meaning: "Adds a lesson that later workers are told.", nature: .adds,
      command: ["lesson", "add"], parameters: [.word("text", "What to tell them."), scope]),
  ]

  private static let work: [ToolParameter] = [
    .option("body", "What, why, and how anyone can tell that it is done."),
    .option("labels", "complexity:simple, complexity:complex, or your own.", .texts, flag: "label"),
    .option("agent", "Only if the person wants this one."),
    .option("after", "Tasks that must be done first.", .texts),
    .option("parent", "The task that it is a part of."),
    .option("issue", "The issue that it is about.", .number(1...1_000_000_000)),
    .option("priority", "Higher goes first.", .number(-1000...1000)),
  ]

  private static let planning = [
    SeatTool(
      name: "approve", meaning: "Says yes to a task's plan: its parts become tasks.", nature: .adds,
      command: ["task", "approve"], parameters: [task]),
    SeatTool(
      name: "reject", meaning: "Says no to a task's plan: its worker plans again.", nature: .adds,
      command: ["task", "reject"],
      parameters: [task, .option("why", "What is wrong with it.", isRequired: true)]),
    SeatTool(
      name: "unblock", meaning: "The obstacle is gone: a task that stands still goes on.",
      nature: .adds, command: ["task", "unblock"], parameters: [task]),
    SeatTool(
      name: "retry", meaning: "Begins a task anew.", nature: .adds, command: ["task", "retry"],
      parameters: [task]),
    SeatTool(
      name: "start",
      meaning:
        "Runs the orchestrator in the background, if none runs: without one no task is worked on.",
      nature: .adds, command: ["start"],
      parameters: [.option("jobs", "How many attempts run at once.", .number(1...100))]),
  ]

  private static let ending = [
    SeatTool(
      name: "cancel", meaning: "Stops a task for good; what its worker made is kept.",
      nature: .ends, command: ["task", "cancel"],
      parameters: [task, .option("why", "Why.")])
  ]
}
