public import Agents
public import Git2
public import Schedules
public import Workflow

/// How a pull request becomes part of the base.
public enum MergeMethod: String, Sendable, Hashable, CaseIterable {
  /// A commit with two parents.
  case merge
  /// One commit with the whole change.
  case squash
  /// The branch's commits, on top of the base.
  case rebase
}

/// A command that must pass before a merge.
public struct CheckOption: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// What `/bin/sh -c` runs in the worktree.
  public var command: String
  /// The lock that it runs under.
  public var lock: String
  /// How many may hold that lock at once.
  public var lockCapacity: Int
  /// Its time limit, in seconds; waiting for the lock is not counted.
  public var timeoutSeconds: Int

  /// All parts.
  public init(
    name: String, command: String, lock: String = "build", lockCapacity: Int = 1,
    timeoutSeconds: Int = 1800
  ) {
    self.name = name
    self.command = command
    self.lock = lock
    self.lockCapacity = lockCapacity
    self.timeoutSeconds = timeoutSeconds
  }
}

/// Everything that the engine is given from outside; it reads no environment and no clock itself.
public struct EngineOptions: Sendable {
  /// The repository's folder.
  public var repository: String
  /// The remote that branches are pushed to.
  public var remote = "origin"
  /// The base branch; nil is the remote's default.
  public var base: String?
  /// Where worktrees are made: an absolute path.
  public var worktreesRoot: String
  /// The project's name, a folder below the root.
  public var project: String
  /// The agents in the order of the configuration.
  public var agents: [AgentConfiguration] = []
  /// Agents that routing must not choose.
  public var disabledAgents: Set<String> = []
  /// True if agents take turns instead of a model choosing.
  public var routesInTurn = false
  /// The agent that is asked for routing; nil is the first that is ready.
  public var routerAgent: String?
  /// The model that is asked for routing.
  public var routerModel: String?
  /// How long routing may take, in seconds.
  public var routerTimeoutSeconds = 60
  /// The agent that does the work if routing fails.
  public var fallbackAgent: String?
  /// The configured model of a tier (simple, medium, complex, review) for an agent; nil is its own.
  public var model: @Sendable (_ tier: String, _ agent: String) -> String? = { _, _ in nil }
  /// The bounds.
  public var limits = Limits()
  /// What tokens cost by model, for agents that report tokens only.
  public var prices: [String: TokenPrice] = [:]
  /// Shapes of secrets by name, which are taken out of what agents print.
  public var secretPatterns: [String: String] = [:]
  /// Variables whose values are secret whatever they are called.
  public var secretVariables: [String] = []
  /// True if a person is asked before work is pushed that looks like it holds a secret.
  public var asksAboutSecrets = true
  /// Files in which what looks like a secret is none, as `.gitignore` would name them.
  public var allowedSecretPaths: [String] = []
  /// How many attempts run at once.
  public var jobs = 4
  /// An attempt's time, in seconds, by the task's complexity (simple, medium, complex) if it has one.
  public var timeoutSeconds: @Sendable (_ complexity: String?) -> Int = { _ in 3600 }
  /// An attempt's longest silence, in seconds.
  public var stallSeconds = 600
  /// The wait between interrupt, terminate and kill, in seconds.
  public var graceSeconds = 10
  /// Shell lines that run in each new worktree before its first attempt.
  public var setup: [String] = []
  /// Files that git ignores but work needs, relative to the repository: copied into new worktrees.
  public var copiedFiles: [String] = []
  /// What becomes of finished tasks' worktrees.
  public var pool = PoolOptions()
  /// The most memory of one worker, in bytes; nil is no limit.
  public var memoryBytes: Int?
  /// The most processes of one worker; nil is no limit.
  public var processes: Int?
  /// The most that one worktree may hold, in bytes; nil is no limit.
  public var quotaBytes: Int?
  /// How long a worker waits for an answer before it is stopped and begun again with it, in seconds.
  public var answerSeconds = 900
  /// The longest waiting for turns and answers that is not charged to an attempt's time, in seconds.
  public var waitSeconds = 14_400
  /// US dollars for one day, by agent.
  public var usdPerDayByAgent: [String: Double] = [:]
  /// US dollars for one day, by model.
  public var usdPerDayByModel: [String: Double] = [:]
  /// The walls around workers.
  public var sandbox = SandboxOption()
  /// The folder of cgroup v2 in which each worker gets a group of its own; nil is none.
  public var controlGroups: String?
  /// How many may hold a lock at once, by its name; 1 where nothing is said.
  public var lockCapacities: [String: Int] = [:]
  /// The checks, in order.
  public var checks: [CheckOption] = []
  /// The most pull requests that are tested together before a merge; 1 tests each by itself.
  public var mergeBatch = 1
  /// When orch merges.
  public var mergePolicy = MergePolicy.whenGreen
  /// How orch merges.
  public var mergeMethod = MergeMethod.merge
  /// The name and address of orch's own commits.
  public var identity = EngineOptions.defaultIdentity
  /// True if commits that orch writes are signed as the user's git configuration has it.
  public var signsCommits = true
  /// The user's environment, of which agents get an allow-list.
  public var environment: [String: String] = [:]
  /// orch's own program, which supervises workers.
  public var program: String
  /// Milliseconds since 1970.
  public var clock: @Sendable () -> Int
  /// Makes a prompt of what is known; files go into the worktree's protocol folder.
  public var makePrompt: @Sendable (PromptMaterial) throws -> PreparedPrompt
  /// Makes the routing question, and reads its answer.
  public var routing: RoutingText
  /// What keeps a worker in its room: variables for its environment, made from the branch and base.
  public var workerGuard:
    @Sendable (_ folder: String, _ branch: String, _ base: String) -> WorkerGuardFiles
  /// Reads an issue of the forge with its comments; nil where the forge has no issues.
  public var readIssue: (@Sendable (_ number: Int) async throws -> IssueMaterial)?
  /// Where pull requests live; nil is the state itself, on any git remote.
  public var place: (any ReviewPlace)?
  /// Where people ask for work; nil if there are no issues.
  public var desk: (any IssueDesk)?
  /// Where people see how tasks stand; nil if there is no board.
  public var board: (any TaskBoard)?
  /// Labels that a pull request must have to be merged.
  public var requiredLabels: [String] = []
  /// True if another agent than the author reviews each pull request.
  public var reviewsByAgent = false
  /// Checks that must have passed, whether or not they have begun.
  public var requiredChecks: [String] = []
  /// True if nothing is to be merged at a time, in milliseconds since 1970.
  public var isQuiet: @Sendable (_ now: Int) -> Bool = { _ in false }
  /// What matters of a check's output, bounded.
  public var trimLog: @Sendable (_ text: String) -> String = { String($0.suffix(6000)) }
  /// How often the remote is looked at while pull requests are open, in seconds.
  public var lookSeconds = 20
  /// How long a run that has an end waits for a remote that cannot be reached, in seconds.
  public var outageSeconds = 600
  /// The jobs of the configuration.
  public var schedules: [JobOption] = []
  /// The machine's time zone.
  public var zone = ZoneRules.utc
  /// The remote of the state; nil is `remote`.
  public var stateRemote: String?
  /// The remote whose inbox is looked at; nil looks at none.
  public var inboxRemote: String?
  /// How often the inbox is looked at while tasks are at work, in seconds.
  public var inboxSeconds = 20
  /// How often it is looked at otherwise, in seconds.
  public var idleInboxSeconds = 300
  /// How lessons are chosen.
  public var lessonRules = LessonRules()
  /// True if failures and successes of several attempts are looked back at.
  public var looksBack = false
  /// Machines whose lessons need no approval, beside this one.
  public var trustedHosts: Set<String> = []
  /// True if plans go ahead without a person.
  public var autoApprove = false
  /// True if this process is the superuser's.
  public var isSuperuser = false
  /// True to work also while the remote is away: on bases as they were last seen there.
  public var isOffline = false
  /// How the work is shared with other machines; nil for one that works alone.
  public var sharing: SharingOptions?

  /// The parts without defaults.
  public init(
    repository: String, worktreesRoot: String, project: String, program: String,
    clock: @escaping @Sendable () -> Int,
    makePrompt: @escaping @Sendable (PromptMaterial) throws -> PreparedPrompt,
    routing: RoutingText,
    workerGuard: @escaping @Sendable (String, String, String) -> WorkerGuardFiles
  ) {
    self.repository = repository
    self.worktreesRoot = worktreesRoot
    self.project = project
    self.program = program
    self.clock = clock
    self.makePrompt = makePrompt
    self.routing = routing
    self.workerGuard = workerGuard
  }
}

/// The files and variables that keep a worker from moving references that are not its own.
public struct WorkerGuardFiles: Sendable {
  /// Hook scripts by name, to be written executable into the guard's folder.
  public var scripts: [String: String]
  /// Programs by name for a folder that comes first on the worker's `PATH`.
  public var programs: [String: String]
  /// Variables for the worker's environment.
  public var environment: [String: String]

  /// All parts.
  public init(
    scripts: [String: String], programs: [String: String] = [:], environment: [String: String]
  ) {
    self.scripts = scripts
    self.programs = programs
    self.environment = environment
  }
}

/// A finished prompt.
public struct PreparedPrompt: Sendable {
  /// The text that the agent is given.
  public var text: String
  /// Files for the worktree's protocol folder, by name.
  public var files: [String: String]
  /// Its parts: name, size in bytes, and whether it was cut.
  public var parts: [(name: String, bytes: Int, isCut: Bool)]

  /// All parts.
  public init(
    text: String, files: [String: String] = [:],
    parts: [(name: String, bytes: Int, isCut: Bool)] = []
  ) {
    self.text = text
    self.files = files
    self.parts = parts
  }
}

/// Everything that a prompt can be made of.
public struct PromptMaterial: Sendable {
  /// The task.
  public var task: TaskView
  /// Its whole body.
  public var body: String
  /// The attempt's number.
  public var attempt: Int
  /// What the attempt is for.
  public var purpose: AttemptPurpose
  /// The worktree.
  public var worktree: String
  /// The branch.
  public var branch: String
  /// The base branch.
  public var base: String
  /// The result file that the worker is to write.
  public var outputFile: String
  /// The folder of the protocol.
  public var protocolFolder: String
  /// The last events of the task, oldest first.
  public var history: [String] = []
  /// What the last attempts said and did, from their reports.
  public var earlierRuns: [SubjectMaterial.Report] = []
  /// Tool calls of earlier attempts, in short.
  public var toolCalls: [String] = []
  /// The base's files.
  public var files: [String] = []
  /// Instructions of the project, by file name.
  public var instructions: [(name: String, text: String)] = []
  /// Skills by name: text, and whether it is required.
  public var skills: [(name: String, text: String, isRequired: Bool)] = []
  /// The parent, if it has one.
  public var parent: TaskView?
  /// The parent's other children.
  public var siblings: [TaskView] = []
  /// Its own children.
  public var children: [TaskView] = []
  /// Whether the task's text may give orders: no stranger had a part in it.
  public var isTrusted = true
  /// What the branch and the files of the worktree hold beyond the base, on retries.
  public var patch = ""
  /// Unread messages.
  public var messages: [Message] = []
  /// The linked issue, if there is one and it could be read.
  public var issue: IssueMaterial?
  /// What reviewers wrote that is to be answered, oldest first.
  public var remarks: [ReviewRemark] = []
  /// What changed since every check passed last; empty if none ever did.
  public var changes = ""
  /// Whether the base fails in the same check; nil if that is not known.
  public var failsOnBase: Bool?
  /// The task that a retrospective looks back at.
  public var subject: SubjectMaterial?
  /// Lessons that apply, the most useful first.
  public var lessons: [Lesson] = []
  /// Other tasks that are changing files on their branches.
  public var neighbours: [(id: String, title: String, files: [String])] = []
  /// The conflict with the base, if that is what the attempt is for.
  public var conflict: ConflictMaterial?

  /// The parts without defaults.
  public init(
    task: TaskView, body: String, attempt: Int, purpose: AttemptPurpose, worktree: String,
    branch: String, base: String, outputFile: String, protocolFolder: String
  ) {
    self.task = task
    self.body = body
    self.attempt = attempt
    self.purpose = purpose
    self.worktree = worktree
    self.branch = branch
    self.base = base
    self.outputFile = outputFile
    self.protocolFolder = protocolFolder
  }
}
