/// One run of one agent on a task.
public struct Attempt: Sendable, Hashable {
  /// From 1, without gaps.
  public var number: Int
  /// From 1, rising; what a stale attempt says counts no more.
  public var token: Int
  /// What it is for.
  public var purpose = AttemptPurpose.work
  /// The agent.
  public var agent: String
  /// The model, if one was asked for.
  public var model: String?
  /// The machine.
  public var host = ""
  /// Milliseconds since 1970.
  public var startedAt = 0
  /// Milliseconds since 1970; nil while it runs, and if its end was never recorded.
  public var endedAt: Int?
  /// How it ended.
  public var outcome: AttemptOutcome?
  /// Why it failed.
  public var failure: FailureKind?
  /// The failure in words.
  public var error: String?
  /// US dollars.
  public var costUSD: Double?
  /// Tokens read, cached ones included.
  public var inputTokens: Int?
  /// Tokens written.
  public var outputTokens: Int?
  /// The agent's own session.
  public var sessionID: String?
  /// The hash of the prompt that it was given.
  public var promptHash: String?
  /// The head of its pull request when it began: whatever else is pushed meanwhile is somebody else's.
  public var startHead: String?
  /// What reviewers wrote that its worker was shown, by the names of `ReviewRemark`: it answers nothing else.
  public var shown: [String] = []
  /// The branch's head after it.
  public var head: String?
  /// The base's commit that its work is on top of; the base may have left it since.
  public var base: String?
  /// Commits that it added.
  public var commits = 0
  /// What it was begun under.
  public var conditions: AttemptConditions?
  /// Why it was begun although the one before it failed.
  public var causes: [RetryCause] = []
  /// When the agent may be asked again, in milliseconds since 1970.
  public var retryAt: Int?
  /// The lessons that its worker was told, by their full names.
  public var lessons: [String] = []
  /// The lessons that would have applied and that it was not told, so that their effect can be measured.
  public var heldOut: [String] = []

  /// What changed outside of its room while it ran, and what of it was undone.
  public var outside: [String] = []

  /// An attempt that has begun.
  public init(number: Int, token: Int, agent: String) {
    self.number = number
    self.token = token
    self.agent = agent
  }
}
