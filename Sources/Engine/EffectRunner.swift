internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Synchronization
internal import Workflow
internal import Worktrees

/// Carries effects out: one switch, each case in a file of its own.
///
/// An effect looks first whether it was done already; doing one twice ends as doing it once.
final class EffectRunner: Sendable {
  private let current: Mutex<EngineOptions>
  let tasks: TaskStore
  let git: GitProgram
  /// A repository of its own for work on branches, so that the state's writes never wait for a checkout.
  let code: RepositoryActor
  /// One for forecasts, which may take long and which nothing waits for.
  let forecasting: RepositoryActor
  /// Pulled when the run is to end.
  let brake: NetworkBrake
  let commonDirectory: String
  let folder: LocalFolder
  let report: @Sendable (RunReport) -> Void
  let supervision = Supervision()
  /// What was looked back at since this process began.
  let lookedBack = Mutex(LookBackMemory())
  /// What was last kept of the attempts that run here.
  let checkpoints = Mutex(CheckpointMemory())
  let lessonCache: LessonCache
  let radar = RadarScanner()
  let forecasts = ForecastKeeper()
  /// Fetches go one at a time: two at once fight for the tracking references.
  let network = Lane()
  let pushes = PushQueue()
  /// The commits of the branches that were looked at last.
  let branches = Mutex(BranchMemory())
  /// How the repository stood before the workers that run now began.
  let room = RoomWatch()
  /// Bases are checked one at a time, in one place.
  let baseLane = Lane()
  let baseVerdicts = BaseVerdicts()
  /// Containers are prepared one at a time: an image is built once.
  let containerLane = Lane()
  let containers = Mutex(ContainerMemory())
  /// Agents that could not be started here, by name, with the time (milliseconds since 1970): where others may do their
  /// tasks, they are given none for a while.
  private let missingAgents = Mutex<[String: Int]>([:])
  /// How long an agent that could not be started is given nothing, in milliseconds: it may have been updating itself.
  static let missingMilliseconds = 300_000
  /// Whether commits could be signed.
  let signing = Mutex(SigningMemory())
  /// True to work also while the remote is away.
  let isOffline: Bool
  /// What was told of bases that were not fetched.
  let toldBases = Mutex(Set<String>())
  /// Claims and syncs; nil for a machine that works alone.
  let shared: SharedWork?

  init(
    options: EngineOptions, tasks: TaskStore, report: @escaping @Sendable (RunReport) -> Void
  ) throws {
    current = Mutex(options)
    isOffline = options.isOffline
    self.tasks = tasks
    lessonCache = LessonCache(tasks.state)
    self.report = report
    let brake = NetworkBrake()
    self.brake = brake
    git = GitProgram(
      directory: options.repository, environment: options.environment, brake: brake)
    code = try RepositoryActor(at: options.repository)
    forecasting = try RepositoryActor(at: options.repository)
    commonDirectory = code.commonDirectory
    folder = tasks.state.folder
    let clock = options.clock
    shared = try options.sharing.map {
      try SharedWork(
        options: $0, tasks: tasks,
        git: GitProgram(
          directory: options.repository, environment: options.environment, brake: brake),
        seconds: { Int64(clock() / 1000) }, report: report)
    }
  }

  /// What is configured now; an effect that runs long may see it change.
  var options: EngineOptions { current.withLock { $0 } }

  /// Goes on with another configuration.
  func use(_ options: EngineOptions) { current.withLock { $0 = options } }

  /// Carries one effect out; throws if it has to be tried again.
  func carryOut(_ effect: Effect) async throws {
    room.enter(effect.task)
    defer { room.leave(effect.task) }
    switch effect {
    case .adopt(let task): try await adopt(task)
    case .route(let task): try await route(task)
    case .start(let task, let purpose): try await start(task, purpose)
    case .supervise(let task, let token): try await supervise(task, token)
    case .publish(let task, let token): try await publish(task, token)
    case .pullRequest(let task, let effect): try await carryOut(effect, of: task)
    case .resumeReview(let task): try await resumeReview(task)
    case .report(let task): try await reportToIssue(task)
    case .cleanUp(let task): try await cleanUp(task)
    case .resume(let task): try await resume(task)
    case .block(let task, let reason): try await standStill(task, .blocked, reason)
    case .askPerson(let task, let reason): try await askPerson(task, reason)
    case .takeOver(let task, let token): try await takeOver(task, token)
    }
  }

  /// Records that a person must decide, and about what; `unpublished` is the attempt whose work that is.
  ///
  /// The watcher of an open pull request asks at its place then, unless that `isKnown` or cannot be done. The
  /// question is filed with the task's messages, unless nobody is asked: a person `hasIt` in hand.
  func askPerson(
    _ task: String, _ reason: String, unpublished: Int? = nil, isKnown: Bool = false,
    hasIt: Bool = false
  ) async throws {
    try await standStill(
      task, .needsReview, reason, unpublished: unpublished, isKnown: isKnown, hasIt: hasIt)
  }

  /// Records that a task stands still, and why.
  private func standStill(
    _ task: String, _ event: TaskEvent, _ reason: String, unpublished: Int? = nil,
    isKnown: Bool = false, hasIt: Bool = false
  ) async throws {
    let now = options.clock()
    try await tasks.record(task) { view in
      var change = TaskChange(event)
      change.reason = reason
      if event == .needsReview, !hasIt, AgentChoice.byLabels(view) != .person {
        change.ask(reason, of: view, at: now)
      }
      // An open pull request waits for the answer with its task.
      let isReviewed =
        view.status == .inReview || view.nextPurpose.isForPullRequest
        || view.pullRequest?.question != nil
      if event == .needsReview, isReviewed, view.hasOpenPullRequest {
        let asked: [PullRequestEvent] = isKnown ? [.personAsked] : []
        let question = Question(.worker, reason)
        change.fields = view.fields(after: [.escalated(question)] + asked, at: now)
      }
      change.fields["waits"] = .null
      change.fields[Field.unpublished] = unpublished.map { .number($0) } ?? .null
      return change
    }
  }

  /// Lets a parent go on after its children.
  private func resume(_ task: String) async throws {
    var change = TaskChange(.resumed)
    change.fields = ["waits": .null, "purpose": .string(AttemptPurpose.resume.rawValue)]
    change.detail = "children are over"
    try await tasks.record(task, change)
  }

  /// True if the remote answers now.
  func isRemoteThere() async -> Bool {
    let git = git.limited(toSeconds: Self.probeSeconds)
    return (try? await git.advertisedReferences(remote: options.remote, patterns: ["HEAD"])) != nil
  }

  /// How long a remote may take to answer before it counts as away, in seconds.
  private static let probeSeconds = 30

  /// Ends an attempt that could not be seen to its end; false if it has ended.
  func recordLoss(of id: String, _ token: Int, _ reason: String) async throws -> Bool {
    let task = try await task(id)
    guard let attempt = task.attempts.last, attempt.token == token, attempt.endedAt == nil else {
      return false
    }
    try await recordEnd(of: task, attempt, Collected(failure: .environment, error: reason))
    return true
  }

  /// The branch heads at the remote.
  func remoteHeads() async throws -> [String: String] {
    let prefix = "refs/heads/"
    let references = try await git.advertisedReferences(
      remote: options.remote, patterns: [prefix + "*"])
    room.notePublished(references.values)
    return Dictionary(
      references.filter { $0.key.hasPrefix(prefix) }.map {
        (String($0.key.dropFirst(prefix.count)), $0.value)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether each agent can be given work.
  func availability(tasks: [String: TaskView], now: Int) -> [AgentAvailability] {
    let spent = Spending(tasks.values, now: now)
    let missing = missingAgents.withLock {
      $0 = $0.filter { now - $0.value < Self.missingMilliseconds }
      return $0
    }
    return options.agents.map { agent in
      var availability = AgentAvailability(
        name: agent.name,
        isInstalled: adapter(agent).canBeFound && missing[agent.name] == nil,
        isEnabled: agent.isEnabled && !options.disabledAgents.contains(agent.name),
        coolingUntil: rest(of: agent, tasks: tasks.values, spent: spent, now: now))
      availability.isSpent = spent.isSpent(agent: agent.name, model: agent.model, options)
      return availability
    }
  }

  /// An agent's program is not here, whatever its name on the disk promised.
  func noteMissing(_ agent: String) {
    let now = options.clock()
    missingAgents.withLock { $0[agent] = now }
  }

  func adapter(_ agent: AgentConfiguration) -> AgentAdapter {
    var adapter = AgentAdapter(agent, path: options.environment["PATH"] ?? "")
    adapter.isInImage = options.sandbox.kind == .container
    return adapter
  }

  /// orch's signature at a time that is the same however often a step is repeated.
  func signature(seconds: Int64) -> Signature {
    Signature(name: options.identity.name, email: options.identity.email, seconds: seconds)
  }

  /// orch's signature now.
  var signatureNow: Signature { signature(seconds: Int64(options.clock() / 1000)) }

  /// The worktree of a task.
  func worktree(of task: TaskView) -> Worktree {
    let folder = Naming.folder(task: task.id, issue: task.issue, title: task.title)
    let isElsewhere = (task.attempts.last?.host ?? tasks.state.host) != tasks.state.host
    let recorded = isElsewhere ? nil : task.worktree
    // Two clones on one machine may share tasks: each has worktrees of its own.
    let isAnothers = recorded.map { ProjectFolder.isOfAnother($0, commonDirectory) } ?? true
    let own = "\(options.worktreesRoot)/\(options.project)/\(folder)"
    let path = isAnothers ? own : recorded ?? own
    return Worktree(
      path: path, name: Naming.administrativeName(task: task.id), branch: task.ownBranch,
      commonDirectory: commonDirectory)
  }

  /// The newest view of a task.
  func task(_ id: String) async throws -> TaskView { try await tasks.find(id) }

  /// Removes locks that a killed orch has left behind.
  func removeStaleLocks() async {
    await code.run { repository in repository.removeStaleLocks() }
  }
}

/// Why the engine cannot do its work in this repository.
public enum EngineError: Error, Sendable, Hashable {
  /// The repository has no remote of that name.
  case noRemote(String)
  /// The remote has no default branch, most likely because nothing was pushed yet.
  case noDefaultBranch(remote: String)
  /// The remote does not have the base branch.
  case noSuchBase(branch: String, remote: String)
  /// The issue that a task is linked with is not at the forge, or orch may not see it.
  case noSuchIssue(Int)
  /// Another `orch run` works on this repository; the text says who.
  case alreadyRunning(holder: String)
  /// What is left of some tasks needs the remote of that name, which is away; the detail says how that was seen.
  case waitsForRemote(String, tasks: [String], detail: String)
  /// Someone else pushed to a task's branch.
  case branchMoved(branch: String)
  /// Another machine writes under this one's name, which has a new one now: open the state anew.
  case renamed(to: String)
}
