/// What the events of a task add up to, in types.
public struct TaskView: Sendable, Hashable {
  /// The twelve digits.
  public var id: String
  /// One line.
  public var title: String
  /// What is asked for, in full.
  public var body = ""
  /// The kind of work.
  public var kind = TaskKind.implement
  /// Where it stands.
  public var status = TaskStatus.new
  /// Raised whenever the status goes back.
  public var generation = 0
  /// Why it stands there, for a person.
  public var reason: String?
  /// Labels, sorted.
  public var labels: [String] = []
  /// Higher goes first; 0 unless someone said otherwise.
  public var priority = 0
  /// The agent that a person asked for.
  public var agent: String?
  /// The model that a person asked for.
  public var model: String?
  /// What routing decided.
  public var route: Route?
  /// The task that this one is a part of.
  public var parent: String?
  /// Its parts, sorted.
  public var children: [String] = []
  /// What must be done first, sorted.
  public var after: [String] = []
  /// The linked issue's number.
  public var issue: Int?
  /// The branch of its work.
  public var branch: String?
  /// The branch that it is to be merged into.
  public var base: String?
  /// The worktree's path on the host that has it.
  public var worktree: String?
  /// Its attempts, oldest first.
  public var attempts: [Attempt] = []
  /// What the last attempt reported.
  public var result: TaskResult?
  /// Where a worker said that it stands.
  public var checkpoint: String?
  /// The pull request.
  public var pullRequest: PullRequestView?
  /// What the next attempt is for.
  public var nextPurpose = AttemptPurpose.work
  /// True while it waits for its children.
  public var waitsForChildren = false
  /// True once its worktree and branch were removed.
  public var isCleanedUp = false
  /// The highest token of an attempt, of any host.
  public var highestToken = 0
  /// Milliseconds since 1970.
  public var createdAt = 0
  /// Milliseconds since 1970.
  public var updatedAt = 0
  /// The number of attempts when it was last begun anew (`retry`, `unblock`): limits count from there.
  public var attemptsForgiven = 0
  /// What was said to its workers and by them, oldest first.
  public var messages: [Message] = []
  /// The names of the messages that a worker was given whose attempt came to a good end.
  public var readMessages: Set<String> = []

  /// A new task.
  public init(id: String, title: String) {
    self.id = id
    self.title = title
  }

  /// The attempts that limits count.
  public var countedAttempts: ArraySlice<Attempt> {
    attempts.dropFirst(min(attemptsForgiven, attempts.count))
  }

  /// The attempt that runs now.
  public var currentAttempt: Attempt? {
    guard status == .inProgress else { return nil }
    return attempts.last
  }

  /// What all attempts cost, in US dollars.
  public var costUSD: Double { attempts.reduce(0) { $0 + ($1.costUSD ?? 0) } }
}

/// What routing decided, and why.
public struct Route: Sendable, Hashable {
  /// The agent.
  public var executor: String
  /// The model; nil is the agent's own default.
  public var model: String?
  /// Why, in a sentence.
  public var reason: String
  /// The role that the worker is given.
  public var profile = Profile()
  /// Skills by name.
  public var skills: [String] = []

  /// A decision.
  public init(
    executor: String, model: String? = nil, reason: String, profile: Profile = Profile(),
    skills: [String] = []
  ) {
    self.executor = executor
    self.model = model
    self.reason = reason
    self.profile = profile
    self.skills = skills
  }
}

/// The role that a worker is given.
public struct Profile: Sendable, Hashable {
  /// Who it is: "backend engineer".
  public var role = ""
  /// What it is good at.
  public var skills: [String] = []
  /// What it should work with.
  public var tools: [String] = []
  /// What it must keep to.
  public var constraints: [String] = []

  /// A role; empty parts are left out of prompts.
  public init(
    role: String = "", skills: [String] = [], tools: [String] = [], constraints: [String] = []
  ) {
    self.role = role
    self.skills = skills
    self.tools = tools
    self.constraints = constraints
  }
}

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
  /// Milliseconds since 1970; nil while it runs.
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
  /// The branch's head after it.
  public var head: String?
  /// Commits that it added.
  public var commits = 0
  /// When the agent may be asked again, in milliseconds since 1970.
  public var retryAt: Int?
  /// The lessons that its worker was told, by their full names.
  public var lessons: [String] = []

  /// An attempt that has begun.
  public init(number: Int, token: Int, agent: String) {
    self.number = number
    self.token = token
    self.agent = agent
  }
}

/// What an attempt reported of its work.
public struct TaskResult: Sendable, Hashable {
  /// `done`, `in_progress`, `blocked` or `needs_review`.
  public var status = "done"
  /// What was done, in a few sentences.
  public var summary = ""
  /// Why the status is what it is.
  public var reason = ""
  /// What is finished.
  public var accomplished: [String] = []
  /// What is not.
  public var remaining: [String] = []
  /// What is in the way.
  public var blockers: [String] = []
  /// Files that were changed.
  public var filesChanged: [String] = []
  /// True if a person is asked for.
  public var needsHelp = false
  /// Tasks that should be made of parts of it.
  public var delegations: [Delegation] = []

  /// An empty report.
  public init() {}
}

/// A task that a worker proposes.
public struct Delegation: Sendable, Hashable {
  /// One line.
  public var title: String
  /// What is asked for.
  public var body: String
  /// Labels for it.
  public var labels: [String]
  /// The agent that should do it.
  public var suggestedAgent: String?

  /// All parts.
  public init(title: String, body: String, labels: [String] = [], suggestedAgent: String? = nil) {
    self.title = title
    self.body = body
    self.labels = labels
    self.suggestedAgent = suggestedAgent
  }
}

/// A task's pull request.
public struct PullRequestView: Sendable, Hashable {
  /// Its name at the forge.
  public var id: String
  /// Its web page.
  public var url: String?
  /// Where it stands.
  public var status = PullRequestStatus.open
  /// The branch's head as last pushed.
  public var head: String
  /// The base's head that it was last brought onto.
  public var baseHead: String
  /// The pair that checks last ran on.
  public var checkedHead: String?
  /// The other half of the pair.
  public var checkedBase: String?
  /// How those checks ended.
  public var checksPassed: Bool?
  /// The check that failed.
  public var failingCheck: String?
  /// The end of its output.
  public var failureLog: String?
  /// Files in conflict with the base.
  public var conflictFiles: [String] = []
  /// True if a person or reviewer approved it.
  public var isApproved = false
  /// The commit that merged it.
  public var mergedAs: String?
  /// How often a worker was asked to settle conflicts.
  public var rebaseTries = 0
  /// How often a worker was asked to repair checks.
  public var repairTries = 0

  /// A pull request that was just opened.
  public init(id: String, head: String, baseHead: String) {
    self.id = id
    self.head = head
    self.baseHead = baseHead
  }
}
