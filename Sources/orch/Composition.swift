internal import Agents
internal import Engine
internal import Forge
internal import Git2
internal import GitState
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
    var options = try place(session)
    setAgents(&options, session.settings)
    setWorktrees(&options, session.settings.worktrees)
    setWorkflow(&options, session.settings.workflow)
    options.checks = try checks(session.settings)
    options.lockCapacities = session.settings.locks
    setSandbox(&options, session)
    try setPullRequests(&options, session.settings.forge)
    setSharing(&options, session.settings.sync)
    try setSchedules(&options, session.settings)
    options.secretPatterns = session.settings.redaction.patterns
    options.secretVariables = session.settings.redaction.variables
    options.asksAboutSecrets = session.settings.redaction.commits == .ask
    options.allowedSecretPaths = session.settings.redaction.allow
    options.lessonRules.maximumBytes = session.settings.lessons.maxBytes
    options.lessonRules.holdOutPercent = session.settings.lessons.holdOutPercent
    options.looksBack = session.settings.lessons.retrospectives
    if session.settings.forge.kind == .github { setGitHub(&options, session) }
    return options
  }

  /// Where it works and with what programs.
  private static func place(_ session: Session) throws -> EngineOptions {
    let settings = session.settings
    let texts = try PromptTexts(session)
    let hooks = try userHooks(session)
    let program = try ownProgram()
    let locked = settings.workflow.lockedPrograms
    let signs = settings.git.sign == .never
    var options = EngineOptions(
      repository: session.repository, worktreesRoot: root(settings.worktrees.root),
      project: ProjectFolder.name(
        of: session.repository, session.commonDirectory, below: root(settings.worktrees.root)),
      program: program, clock: Session.clock,
      makePrompt: { try texts.prompt($0) }, routing: texts.routing,
      workerGuard: { folder, branch, base in
        let keeper = WorkerGuard(
          folder: folder, gitDirectory: session.commonDirectory, branch: branch, base: base,
          userHooks: hooks, signs: signs)
        return WorkerGuardFiles(
          scripts: keeper.files(),
          programs: WorkerGuard.programs(orch: program, locked: locked),
          environment: keeper.environment())
      })
    options.identity = session.identity
    options.signsCommits = settings.git.sign == .auto
    options.environment = session.gitEnvironment
    options.isSuperuser = geteuid() == 0
    options.trimLog = { log in
      log.count <= maximumLogCharacters
        ? log : ForgeTexts.cut(TrimmedLog(trimming: log).text, to: maximumLogCharacters)
    }
    return options
  }

  private static func setAgents(_ options: inout EngineOptions, _ settings: Settings) {
    options.agents = agents(settings)
    options.disabledAgents = Set(settings.router.disabledAgents)
    options.routesInTurn = settings.router.mode == .roundRobin
    options.routerAgent = settings.router.agent
    options.routerModel = settings.router.model
    options.routerTimeoutSeconds = settings.router.timeoutSeconds
    options.fallbackAgent = settings.router.fallbackExecutor
    let models = settings.modelMap
    options.model = { models.model(tier: $0, agent: $1) }
    options.limits = limits(settings)
    options.prices = settings.budget.prices.mapValues { price in
      TokenPrice(
        inputUSD: price.inputUSD, cachedInputUSD: price.cachedInputUSD, outputUSD: price.outputUSD)
    }
    options.usdPerDayByAgent = settings.budget.agents
    options.usdPerDayByModel = settings.budget.models
  }

  private static func setWorktrees(
    _ options: inout EngineOptions, _ settings: WorktreeSettings
  ) {
    options.setup = settings.setup
    options.copiedFiles = settings.copy
    options.pool.setupInputs = settings.setupInputs
    options.pool.size = settings.pool
    options.pool.minimumFiles = settings.poolMinimumFiles
    options.pool.keepsIgnored = settings.keepsIgnored
    options.quotaBytes = positive(settings.quotaMegabytes << 20)
  }

  private static func setWorkflow(_ options: inout EngineOptions, _ settings: WorkflowSettings) {
    options.jobs = settings.maxParallel
    let timeouts = settings.timeoutSeconds
    options.timeoutSeconds = { timeouts.seconds(complexity: $0) }
    options.stallSeconds = settings.stallSeconds
    options.graceSeconds = settings.graceSeconds
    options.answerSeconds = settings.answerSeconds
    options.waitSeconds = settings.waitSeconds
    options.reviewsByAgent = settings.enableReviewAgent
    options.autoApprove = settings.autoApprove
  }

  private static func checks(_ settings: Settings) throws -> [CheckOption] {
    try settings.checks.map { check in
      guard ResourceLock.isName(check.lock) else {
        throw CommandError(
          "'\(check.lock)' is not a lock's name", causes: ["check '\(check.name)' asks for it"],
          hints: ["use letters, digits, '.', '_' and '-'"])
      }
      return CheckOption(
        name: check.name, command: ShellText.command(check.command), lock: check.lock,
        lockCapacity: settings.capacity(ofLock: check.lock), timeoutSeconds: check.timeoutSeconds)
    }
  }

  private static func setSandbox(_ options: inout EngineOptions, _ session: Session) {
    let settings = session.settings.sandbox
    options.sandbox = sandbox(settings, session)
    options.controlGroups = try? ControlGroupPlace.find(configured: settings.controlGroup).path
    options.memoryBytes = positive(settings.memoryMegabytes << 20)
    options.processes = positive(settings.processes)
  }

  private static func setPullRequests(
    _ options: inout EngineOptions, _ settings: ForgeSettings
  ) throws {
    options.remote = settings.remote
    options.base = settings.base
    options.requiredLabels = settings.requiredLabels
    options.requiredChecks = settings.requiredChecks
    options.lookSeconds = settings.lookSeconds
    options.outageSeconds = settings.outageSeconds
    let quiet = try settings.quietHours.map(QuietHours.init(text:))
    options.isQuiet = { now in quiet.contains { $0.contains(now) } }
    options.mergePolicy = MergePolicy(rawValue: settings.merge.rawValue) ?? .never
    options.mergeBatch = settings.mergeBatch
    options.mergeMethod = MergeMethod(rawValue: settings.mergeMethod.rawValue) ?? .merge
  }

  private static func setSharing(_ options: inout EngineOptions, _ settings: SyncSettings) {
    options.stateRemote = settings.remote
    options.inboxRemote = settings.isEnabled ? settings.remote ?? options.remote : nil
    options.inboxSeconds = settings.intervalSeconds
    options.idleInboxSeconds = settings.idleIntervalSeconds
    options.trustedHosts = Set(settings.trustedHosts)
  }

  private static func setSchedules(_ options: inout EngineOptions, _ settings: Settings) throws {
    options.schedules = try settings.jobs.sorted { $0.key < $1.key }.map {
      try job($0.key, $0.value)
    }
    options.zone = ZoneDatabase.local(variable: Environment.value("TZ"))
  }

  private static func setGitHub(_ options: inout EngineOptions, _ session: Session) {
    let settings = session.settings
    let access = GitHubAccess(session)
    let source = ForgeSource.shared(for: settings.forge, in: session.repository) {
      try await access.forge()
    }
    options.readIssue = { number in
      let forge = try await source.forge()
      do throws(ForgeError) {
        return GitHubAccess.material(try await forge.issue(number))
      } catch {
        throw error.isNotFound ? EngineError.noSuchIssue(number) : error
      }
    }
    let owner = settings.workflow.reviewOwner
    let people = ForgePeople(allowed: settings.forge.allowed, clock: Session.clock)
    options.place = ForgePlace(
      source, owner: owner, assigns: settings.forge.assigns, people: people, clock: Session.clock)
    options.desk = ForgeDesk(
      source, label: settings.forge.issueLabel,
      watchLabel: settings.forge.watchLabel.isEmpty ? nil : settings.forge.watchLabel,
      owner: owner, assigns: settings.forge.assigns,
      takesMentions: settings.forge.takesMentions, people: people)
    if settings.forge.project.place != nil {
      let isApp = settings.forge.app.name != nil
      options.board = ForgeBoard(
        source, settings.forge.project,
        needed: isApp ? "the permission organization_projects (write)" : "the scope 'project'",
        file: BoardFile(commonDirectory: session.commonDirectory))
    }
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
    sandbox.image = settings.image
    sandbox.engines = engines(settings)
    let absolute: (String) -> String = { path in
      path.hasPrefix("/") || path.hasPrefix("~") ? root(path) : session.repository + "/" + path
    }
    sandbox.readable = settings.readable.map(absolute)
    sandbox.writable = settings.writable.map(absolute)
    return sandbox
  }

  /// The images that were built for containers of the repository.
  static func builtImages(_ session: Session, _ tasks: TaskStore) -> BuiltImages {
    let settings = session.settings.sandbox
    return BuiltImages(
      tasks.state.folder, commonDirectory: session.commonDirectory,
      engines: settings.kind == .container ? engines(settings) : [], environment: Environment.all)
  }

  /// The engines that are looked for.
  static func engines(_ settings: SandboxSettings) -> [String] {
    settings.engine == .any ? ContainerEngine.names : [settings.engine.rawValue]
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
    limits.maxWaiting = settings.workflow.maxWaiting
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
  static func root(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = Environment.value("HOME") else { return path }
    return home + path.dropFirst(1)
  }

  /// This program's own path: what supervises workers is this binary.
  static func ownProgram() throws -> String {
    #if os(Linux)
      // Inside a container the kernel names the loader.
      let path = Environment.value(ContainerSettings.programVariable) ?? "/proc/self/exe"
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
