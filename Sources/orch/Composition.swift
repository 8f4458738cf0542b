internal import Agents
internal import Engine
internal import Forge
internal import Git2
internal import Hooks
internal import Schedules
internal import Settings
internal import Workflow
internal import Worktrees

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Builds what the engine is given: the only place that knows every room.
enum Composition {
  /// How much of a failing check's output is kept in the state, in characters.
  private static let maximumLogCharacters = 6000

  /// The engine's options from the configuration and the environment.
  static func options(_ session: Session) throws -> EngineOptions {
    let settings = session.settings
    let environment = Environment.all
    let texts = try PromptTexts(session)
    let hooks = try userHooks(session)
    let program = try ownProgram()
    let locked = settings.workflow.lockedPrograms
    var options = EngineOptions(
      repository: session.repository, worktreesRoot: root(settings.worktrees.root),
      project: ProjectFolder.name(
        of: session.repository, session.commonDirectory, below: root(settings.worktrees.root)),
      program: program, clock: Session.clock,
      makePrompt: { try texts.prompt($0) }, routing: texts.routing,
      workerGuard: { folder, branch, base in
        let keeper = WorkerGuard(
          folder: folder, gitDirectory: session.commonDirectory, branch: branch, base: base,
          userHooks: hooks)
        return WorkerGuardFiles(
          scripts: keeper.files(),
          programs: WorkerGuard.programs(orch: program, locked: locked),
          environment: keeper.environment())
      })
    options.remote = settings.forge.remote
    options.base = settings.forge.base
    options.agents = agents(settings)
    options.disabledAgents = Set(settings.router.disabledAgents)
    options.routesInTurn = settings.router.mode == .roundRobin
    options.routerAgent = settings.router.agent
    options.routerModel = settings.router.model
    options.routerTimeoutSeconds = settings.router.timeoutSeconds
    options.fallbackAgent = settings.router.fallbackExecutor
    options.limits = limits(settings)
    options.prices = settings.budget.prices.mapValues { price in
      TokenPrice(
        inputUSD: price.inputUSD, cachedInputUSD: price.cachedInputUSD, outputUSD: price.outputUSD)
    }
    options.secretPatterns = settings.redaction.patterns
    options.secretVariables = settings.redaction.variables
    options.jobs = settings.workflow.maxParallel
    let timeouts = settings.workflow.timeoutSeconds
    options.timeoutSeconds = { timeouts.seconds(complexity: $0) }
    let models = settings.modelMap
    options.model = { models.model(tier: $0, agent: $1) }
    options.setup = settings.worktrees.setup
    options.copiedFiles = settings.worktrees.copy
    options.pool.setupInputs = settings.worktrees.setupInputs
    options.pool.size = settings.worktrees.pool
    options.pool.minimumFiles = settings.worktrees.poolMinimumFiles
    options.pool.keepsIgnored = settings.worktrees.keepsIgnored
    options.stallSeconds = settings.workflow.stallSeconds
    options.graceSeconds = settings.workflow.graceSeconds
    options.checks = try settings.checks.map { check in
      guard ResourceLock.isName(check.lock) else {
        throw CommandError(
          "'\(check.lock)' is not a lock's name", causes: ["check '\(check.name)' asks for it"],
          hints: ["use letters, digits, '.', '_' and '-'"])
      }
      return CheckOption(
        name: check.name, command: ShellText.command(check.command), lock: check.lock,
        lockCapacity: settings.capacity(ofLock: check.lock), timeoutSeconds: check.timeoutSeconds)
    }
    options.reviewsByAgent = settings.workflow.enableReviewAgent
    options.requiredLabels = settings.forge.requiredLabels
    options.requiredChecks = settings.forge.requiredChecks
    options.lookSeconds = settings.forge.lookSeconds
    options.outageSeconds = settings.forge.outageSeconds
    let quiet = try settings.forge.quietHours.map(QuietHours.init(text:))
    options.isQuiet = { now in quiet.contains { $0.contains(now) } }
    options.sandbox = sandbox(settings.sandbox, session)
    options.memoryBytes = positive(settings.sandbox.memoryMegabytes << 20)
    options.processes = positive(settings.sandbox.processes)
    options.quotaBytes = positive(settings.worktrees.quotaMegabytes << 20)
    options.answerSeconds = settings.workflow.answerSeconds
    options.waitSeconds = settings.workflow.waitSeconds
    options.usdPerDayByAgent = settings.budget.agents
    options.usdPerDayByModel = settings.budget.models
    options.lockCapacities = settings.locks
    options.mergePolicy = MergePolicy(rawValue: settings.forge.merge.rawValue) ?? .never
    options.mergeBatch = settings.forge.mergeBatch
    options.mergeMethod = MergeMethod(rawValue: settings.forge.mergeMethod.rawValue) ?? .merge
    options.schedules = try settings.jobs.sorted { $0.key < $1.key }.map {
      try job($0.key, $0.value)
    }
    options.zone = ZoneDatabase.local(variable: Environment.value("TZ"))
    options.stateRemote = settings.sync.remote
    options.inboxRemote =
      settings.sync.isEnabled ? settings.sync.remote ?? settings.forge.remote : nil
    options.inboxSeconds = settings.sync.intervalSeconds
    options.idleInboxSeconds = settings.sync.idleIntervalSeconds
    options.identity = session.identity
    options.environment = environment
    options.isSuperuser = geteuid() == 0
    options.autoApprove = settings.workflow.autoApprove
    options.lessonRules.maximumBytes = settings.lessons.maxBytes
    options.lessonRules.holdOutPercent = settings.lessons.holdOutPercent
    options.looksBack = settings.lessons.retrospectives
    options.trustedHosts = Set(settings.sync.trustedHosts)
    if settings.forge.kind == .github {
      let access = GitHubAccess(
        git: session.git, environment: environment, settings: settings.forge)
      let source = ForgeSource.shared(for: settings.forge, in: session.repository) {
        try await access.forge()
      }
      options.readIssue = { number in
        GitHubAccess.material(try await source.forge().issue(number))
      }
      let owner = settings.workflow.reviewOwner
      options.place = ForgePlace(source, owner: owner, clock: Session.clock)
      options.desk = ForgeDesk(
        source, label: settings.forge.issueLabel, owner: owner,
        takesMentions: settings.forge.takesMentions)
    }
    options.trimLog = { log in
      log.count <= maximumLogCharacters
        ? log : ForgeTexts.cut(TrimmedLog(trimming: log).text, to: maximumLogCharacters)
    }
    return options
  }

  /// A limit, of which 0 is none.
  private static func positive(_ limit: Int) -> Int? { limit > 0 ? limit : nil }

  /// The agents of a configuration.
  static func agents(_ settings: Settings) -> [AgentConfiguration] {
    settings.agentNames.compactMap { name in
      settings.agent(named: name).map { agent(name, $0) }
    }
  }

  private static func agent(_ name: String, _ settings: AgentSettings) -> AgentConfiguration {
    var agent = AgentConfiguration(name: name, type: settings.kind.rawValue)
    agent.program = settings.program
    agent.command = settings.command
    agent.arguments = settings.args
    agent.environment = settings.env
    agent.model = settings.model
    agent.isEnabled = settings.isEnabled
    agent.resumes = settings.resumes
    return agent
  }

  /// A job of the configuration; its schedule and zone were checked when that was read.
  private static func job(_ name: String, _ settings: JobSettings) throws -> JobOption {
    let work: JobWork =
      settings.command.isEmpty
      ? .task(
        title: settings.title ?? name, body: settings.body ?? "", labels: settings.labels,
        agent: settings.agent)
      : .command(
        ShellText.command(settings.command), timeoutSeconds: settings.timeoutSeconds)
    let local = ZoneDatabase.local(variable: Environment.value("TZ"))
    return JobOption(
      name: name, schedule: try CronSchedule(settings.schedule),
      zone: settings.timeZone.flatMap(ZoneDatabase.zone(named:)) ?? local,
      zoneName: settings.timeZone, jitterSeconds: settings.jitterSeconds,
      catchUp: settings.catchUp, work: work, isEnabled: settings.isEnabled)
  }

  private static func sandbox(_ settings: SandboxSettings, _ session: Session) -> SandboxOption {
    var sandbox = SandboxOption()
    sandbox.kind = SandboxOption.Kind(rawValue: settings.kind.rawValue) ?? .none
    sandbox.network = SandboxNetwork(rawValue: settings.network.rawValue) ?? .filtered
    sandbox.hosts = settings.allowedHosts
    let absolute: (String) -> String = { path in
      path.hasPrefix("/") || path.hasPrefix("~") ? root(path) : session.repository + "/" + path
    }
    sandbox.readable = settings.readable.map(absolute)
    sandbox.writable = settings.writable.map(absolute)
    return sandbox
  }

  private static func limits(_ settings: Settings) -> Workflow.Limits {
    var limits = Workflow.Limits()
    limits.maxAttempts = settings.workflow.maxAttempts
    limits.retryLoop = settings.workflow.retryLoop
    limits.maxRebaseTries = settings.workflow.maxRebaseTries
    limits.maxRepairTries = settings.workflow.maxRepairTries
    limits.maxCheckReruns = settings.workflow.maxCheckReruns
    limits.maxMergeTries = settings.workflow.maxMergeTries
    limits.maxReviewRounds = settings.workflow.maxReviewRounds
    limits.patienceMilliseconds = settings.workflow.patienceSeconds * 1000
    limits.usdPerTask = settings.budget.usdPerTask > 0 ? settings.budget.usdPerTask : nil
    limits.usdPerDay = settings.budget.usdPerDay > 0 ? settings.budget.usdPerDay : nil
    limits.tokensPerTask = settings.budget.tokensPerTask > 0 ? settings.budget.tokensPerTask : nil
    return limits
  }

  /// The folder of the user's own hooks, which run beside the worker's guard.
  private static func userHooks(_ session: Session) throws -> String {
    let repository = try Repository(at: session.repository)
    return try repository.configurationText("core.hookspath") ?? session.commonDirectory + "/hooks"
  }

  /// An absolute path, with `~` for the home folder.
  private static func root(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = Environment.value("HOME") else { return path }
    return home + path.dropFirst(1)
  }

  /// This program's own path: what supervises workers is this binary.
  static func ownProgram() throws -> String {
    #if os(Linux)
      let path = "/proc/self/exe"
    #else
      let path = CommandLine.arguments[0]
    #endif
    guard let resolved = realpath(path, nil) else {
      throw CommandError("orch cannot find its own program", code: .fault)
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// Words as a shell command.
enum ShellText {
  /// One word is a command line as it is; several are quoted.
  static func command(_ words: [String]) -> String {
    if words.count == 1 { return words[0] }
    if words.count == 3, words[0] == "sh", words[1] == "-c" { return words[2] }
    return words.map(ShellCommand.quoted).joined(separator: " ")
  }
}
