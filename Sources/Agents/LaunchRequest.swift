/// What an adapter is asked to make a command line of.
public struct LaunchRequest: Sendable, Hashable {
  /// The prompt.
  public var prompt: String
  /// A file that holds the prompt.
  public var promptFile: String
  /// The worktree.
  public var worktree: String
  /// The repository's common git directory.
  public var commonDirectory = ""
  /// The name of the worktree's folder below it.
  public var worktreeName = ""
  /// The model.
  public var model: String?
  /// A session to be begun under this name, in the form of a UUID.
  public var sessionID: String?
  /// A session to go on with.
  public var resumedSession: String?
  /// US dollars for this run.
  public var budgetUSD: Double?
  /// Turns for this run, for agents that count them.
  public var maxTurns: Int?
  /// Text for the agent's system prompt, for agents that take one.
  public var systemPrompt: String?
  /// Tools that may be used without a question, in the words of claude; nil is orch's own choice.
  public var allowedTools: [String]?
  /// Tool calls that are refused, in the words of claude; nil is orch's own choice.
  public var deniedTools: [String]?
  /// True if a sandbox around the program makes its own permissions needless.
  public var isSandboxed = false
  /// A file for the last message, for agents that write one.
  public var lastMessageFile: String
  /// True for a call that only thinks: no tools.
  public var isRouting = false
  /// True if this process is the superuser's.
  public var isSuperuser = false

  /// The parts without defaults.
  public init(prompt: String, promptFile: String, worktree: String, lastMessageFile: String) {
    self.prompt = prompt
    self.promptFile = promptFile
    self.worktree = worktree
    self.lastMessageFile = lastMessageFile
  }
}
