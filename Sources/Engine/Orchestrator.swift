internal import GitCLI
internal import GitState
public import Workflow

/// How long `orch run` goes on.
public enum RunMode: Sendable, Hashable {
  /// Until it is stopped.
  case forever
  /// Until nothing can happen without a person.
  case untilIdle
  /// What can be begun now, workers to their end.
  case once
}

/// Something that a person at the terminal may want to see.
public enum RunReport: Sendable {
  /// An effect was begun.
  case began(Effect, title: String)
  /// An effect ended.
  case ended(Effect, title: String)
  /// An effect could not be carried out; it will be tried again.
  case failed(Effect, title: String, error: any Error)
  /// Something was recorded of a task.
  case recorded(Happening)
  /// Something that happened beside the tasks: a job fired, the inbox was taken in.
  case note(String)
  /// The remote could not be looked at; said once until it is there again.
  case remoteUnreachable(any Error)
  /// The forge may not be asked before a time, in milliseconds since 1970; said once for each such time.
  case remoteWaits(until: Int, any Error)
  /// The remote answers again.
  case remoteReached
  /// There is no space left on a disk; said once until there is.
  case diskFull(any Error)
  /// Something could be written again.
  case diskHasRoom
  /// A worker said something.
  case progress(task: String, title: String, attempt: Attempt, line: String)
}

/// Receives, decides, and has effects carried out, until there is nothing to do.
///
/// Nothing that matters lives here: after a crash, the state and the run directories say the same to
/// the next one.
public actor Orchestrator {
  /// How often the state is looked at when nobody rings, in milliseconds.
  static let pollMilliseconds = 1000
  /// The time between two rounds of upkeep, in milliseconds.
  static let upkeepMilliseconds = 86_400_000
  /// How often packs are counted, in milliseconds.
  static let packsMilliseconds = 15_000
  /// How soon the remote is looked at again after it could not be, in seconds.
  static let lookAgainSeconds = 5

  private let reload: @Sendable () -> EngineOptions?
  let tasks: TaskStore
  let runner: EffectRunner
  let report: @Sendable (RunReport) -> Void
  private let wakes: AsyncStream<Void>
  let wake: AsyncStream<Void>.Continuation
  var running: Set<Effect> = []
  var failures = EffectFailures()
  var watch = WatchMemory()
  /// What people ask for at the forge.
  var hearing = Inquiry<Heard>()
  /// A look at the pull requests.
  var looking = Inquiry<Seen>()
  var heardAt: Int?
  /// What a board was told of tasks.
  var board = BoardMemory()
  /// True if something happened at the forge that a question which is under way may not hear of.
  var hearsAgain = false
  private(set) var isStopping = false
  private var hasBegun = false
  private let errands: Errands
  /// How many tasks are on their way back to the other machines.
  private var givesBack = 0
  /// What was said of agents that this machine lacks.
  var saidToLack: Set<String> = []
  /// When the open branches were looked at.
  var pace = RadarPace()
  private var upkeepLookedAt = 0
  private var packsLookedAt = 0
  private var packing: Task<Void, Never>?

  var options: EngineOptions { runner.options }

  /// An orchestrator over a state.
  ///
  /// `reload` is asked before each turn whether the configuration has changed: it gives the new one, or nil
  /// to go on with the last good one.
  public init(
    options: EngineOptions, tasks: TaskStore,
    reload: @escaping @Sendable () -> EngineOptions? = { nil },
    report: @escaping @Sendable (RunReport) -> Void
  ) throws {
    self.reload = reload
    self.tasks = tasks
    let voice = RemoteVoice(report)
    let report: @Sendable (RunReport) -> Void = { voice.pass($0) }
    self.report = report
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    runner = try EffectRunner(options: options, tasks: tasks, report: report)
    errands = Errands(
      tasks, git: runner.git, network: runner.network, report: report,
      wake: { [wake] in wake.yield() })
  }

  /// Someone changed something: look again.
  public nonisolated func ring() {
    runner.supervision.ring()
    wake.yield()
  }

  /// Someone moved branches: look again, at the remote too.
  public func lookAgain() {
    watch.forget()
    wake.yield()
  }

  /// Begins nothing new, and asks running workers to stop at a checkpoint.
  public func stop() async {
    isStopping = true
    runner.brake.pull()
    runner.supervision.stop()
    wake.yield()
  }

  /// Runs until the mode says that it is over; `scope` limits it to some tasks.
  public func run(_ mode: RunMode, scope: Set<String>? = nil) async throws {
    let timer = Task { [wake] in
      while !Task.isCancelled {
        try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        wake.yield()
      }
    }
    defer { timer.cancel() }
    await runner.removeStaleLocks()
    await runner.tidyWorktrees()
    let sharing = runner.shared.map { shared in
      Task { [wake] in await share(shared) { wake.yield() } }
    }
    defer { sharing?.cancel() }
    defer { stopAsking() }
    var iterator = wakes.makeAsyncIterator()
    var left: EngineError?
    while true {
      try await checkOutages(mode)
      let errandsBefore = await errands.completed
      // What ended during the turn may not be in the plan yet either.
      let wasAtWork = !running.isEmpty
      let plan = try await turn(mode, scope: scope)
      // What an errand brought during the turn may not be in the plan yet.
      let isQuiet = await errands.isQuiet(since: errandsBefore)
      let isResting = await giveBack(plan)
      let hasLooked = await runner.shared?.hasTried ?? true
      let possible = await withoutRemote(plan)
      if running.isEmpty, plan.effects.isEmpty, mode == .forever { keepUp() }
      keepPacksFew()
      if !wasAtWork, running.isEmpty, isResting, isOver(possible, mode),
        isStopping || (isQuiet && hasLooked)
      {
        left = isStopping ? nil : leftForRemote(plan)
        break
      }
      _ = await iterator.next()
    }
    // A sync that hangs would keep the last one waiting.
    sharing?.cancel()
    stopAsking()
    packing?.cancel()
    await packing?.value
    await awaitAnswers()
    if scope == nil { await finishBoard() }
    await runner.shared?.finish(keeping: [])
    await runner.awaitUnwanted()
    if let name = await runner.shared?.newName { throw EngineError.renamed(to: name) }
    if let left { throw left }
  }

  /// Throws what a run with an end does not sit out; a worker is waited for whatever the remote does.
  private func checkOutages(_ mode: RunMode) async throws {
    let (patience, now) = (options.outageSeconds * 1000, options.clock())
    try failures.check(mode, at: now, patience: patience, isOffline: runner.isOffline)
    guard mode != .forever, !isStopping else { return }
    if let rest = failures.rest(at: now, patience: patience, besides: running) { throw rest }
    guard running.isEmpty else { return }
    guard let error = await runner.shared?.obstacle(after: patience) else { return }
    throw failures.cause(of: error)
  }

  private nonisolated func share(_ shared: SharedWork, _ changed: @escaping @Sendable () -> Void)
    async
  {
    await shared.begin()
    changed()
    await shared.keepGoing(changed)
  }

  /// Once a day, while there is nothing else to do.
  private func keepUp() {
    let now = options.clock()
    guard now - upkeepLookedAt >= Self.upkeepMilliseconds / 24 else { return }
    upkeepLookedAt = now
    Task { [runner] in await runner.keepUp(every: Self.upkeepMilliseconds) }
  }

  /// Beside everything else: each sync and each claim that is fetched is a pack, and after an hour's work with another
  /// machine a thousand of them made every git program wait half a second.
  private func keepPacksFew() {
    let now = options.clock()
    guard packing == nil, now - packsLookedAt >= Self.packsMilliseconds else { return }
    packsLookedAt = now
    packing = Task { [runner] in
      await runner.joinPacks()
      packing = nil
    }
  }

  /// Gives back the tasks that nothing is done for; true if none is on its way back.
  private func giveBack(_ plan: Plan) async -> Bool {
    // At the end all are given back one after another, until one cannot be.
    guard let shared = runner.shared, !isStopping else { return true }
    let needed = Set(running.map(\.task)).union(plan.effects.map(\.task))
      .union(plan.waiting.filter { $0.value.isShort }.map(\.key))
    for task in await shared.resting(except: needed) {
      givesBack += 1
      Task {
        await runner.giveBack(task)
        givesBack -= 1
        wake.yield()
      }
    }
    return givesBack == 0
  }

  /// What would be begun now.
  public func plan(scope: Set<String>? = nil) async throws -> Plan {
    await runner.shared?.look()
    let hasLooked = try await lookOnce(scope: scope)
    return Planner.plan(try await world(scope: scope, hasLooked: hasLooked))
  }

  private func isOver(_ plan: Plan, _ mode: RunMode) -> Bool {
    if isStopping { return true }
    switch mode {
    case .forever: return false
    case .once:
      return hasBegun ? !plan.effects.contains(where: \.continuesWork) : plan.effects.isEmpty
    // An answer that is on its way may bring work.
    case .untilIdle:
      let isSettled = runner.isOffline ? failures.areOfOutage : failures.isEmpty
      return plan.isIdle && isSettled && !isAsking
    }
  }

  private func turn(_ mode: RunMode, scope: Set<String>?) async throws -> Plan {
    if let changed = reload() { runner.use(changed) }
    if scope == nil, !isStopping {
      try await errands.turn(options, isActive: !running.isEmpty)
    }
    try await runner.keepState()
    let hasLooked = try await ask(mode, scope: scope)
    var world = try await world(scope: scope, hasLooked: hasLooked)
    if try await observe(world) { world = try await self.world(scope: scope, hasLooked: hasLooked) }
    // Learning never stops the work: what could not be recorded is tried again with the next change.
    if scope == nil, (try? await runner.learn(from: world)) == true {
      world = try await self.world(scope: nil, hasLooked: hasLooked)
    }
    await runner.stopUnwanted(world.tasks.values)
    if await runner.shared?.newName != nil, !isStopping { await stop() }
    await runner.attend(world.tasks.values)
    lookAround(world)
    if scope == nil { showBoard(world.tasks.values) }
    runner.stopSpenders(world.tasks.values)
    let plan = Planner.plan(world)
    sayLacking(plan)
    failures.keep { effect in
      plan.effects.contains(effect) || plan.waiting[effect.task]?.isForRoom == true
        || world.isUnseen(effect) || running.contains { $0.task == effect.task }
    }
    // A worker that was begun is seen to its end.
    let onlyContinues = isStopping || (mode == .once && hasBegun)
    for effect in plan.effects where isDue(effect, mode) {
      if onlyContinues, !effect.continuesWork { continue }
      begin(effect, title: world.tasks[effect.task]?.title ?? "")
    }
    if !plan.effects.isEmpty { hasBegun = true }
    return plan
  }

  private func isDue(_ effect: Effect, _ mode: RunMode) -> Bool {
    // A run offline with an end leaves what the remote was needed for to a later one.
    if runner.isOffline, mode != .forever, failures.isOfOutage(effect) { return false }
    return failures.isDue(effect, at: options.clock())
  }

  private func begin(_ effect: Effect, title: String) {
    running.insert(effect)
    Task {
      do {
        guard try await runner.claim(for: effect) else { return leave(effect) }
        report(.began(effect, title: title))
        try await runner.carryOut(effect)
        finish(effect, title: title)
      } catch {
        await fail(effect, title: title, error)
      }
    }
  }

  /// The task is another machine's, or is not what it was when this was planned.
  private func leave(_ effect: Effect) {
    running.remove(effect)
    wake.yield()
  }

  private func finish(_ effect: Effect, title: String) {
    running.remove(effect)
    failures.succeeded(effect)
    failures.full = nil
    report(.diskHasRoom)
    if effect.needsRemote(isOffline: runner.isOffline) { remoteAnswered() }
    if effect.movesBase {
      watch.forget()
    } else if effect.changesRemote {
      watch.forget(effect.task)
    }
    report(.ended(effect, title: title))
    wake.yield()
  }

  /// What the planner sees; looks that began before something was done are of use only to the turn that takes them.
  private func world(scope: Set<String>?, hasLooked: Bool) async throws -> World {
    let views = try await tasks.all()
    var world = World()
    world.now = options.clock()
    world.tasks = views
    world.agents = runner.availability(tasks: views, now: world.now)
    world.jobs = options.jobs
    world.limits = options.limits
    world.looks = hasLooked || watch.isCurrent ? watch.looks : [:]
    world.rules = runner.rules
    world.reportsIssues = options.desk != nil
    world.isStopping = isStopping
    world.running = running
    world.scope = scope
    world.host = tasks.state.host
    world.shared = await runner.shared?.world(views.values, now: world.now)
    world.spentTodayUSD = Spending.today(views.values, now: world.now)
    world.collisions = (try? await runner.collisions(views)) ?? [:]
    return world
  }

  /// Stores what the looks brought; true if they brought something.
  private func observe(_ world: World) async throws -> Bool {
    let observations = Planner.observations(world)
    guard !observations.isEmpty else { return false }
    watch.take(try await runner.observe(observations))
    return true
  }
}

extension World {
  /// True for what depends on a look that is still to come: whether it is wanted is not known.
  fileprivate func isUnseen(_ effect: Effect) -> Bool {
    guard looks[effect.task] == nil, tasks[effect.task]?.isWatched == true else { return false }
    switch effect {
    case .pullRequest, .start: return true
    case .adopt, .publish, .cleanUp, .route, .supervise, .resumeReview, .report, .resume, .block,
      .askPerson, .takeOver:
      return false
    }
  }
}

extension Effect {
  /// True for what sees work to its end that was begun before.
  var continuesWork: Bool {
    switch self {
    case .supervise: true
    default: false
    }
  }

  /// True if it may have moved heads at the remote.
  var changesRemote: Bool {
    switch self {
    case .publish, .pullRequest, .cleanUp: true
    case .adopt, .route, .start, .supervise, .resumeReview, .report, .resume, .block, .askPerson,
      .takeOver:
      false
    }
  }

  /// True if it may have moved a base, which others stand on.
  var movesBase: Bool {
    if case .pullRequest(_, .merge) = self { true } else { false }
  }

  /// True if it only records.
  var isRecording: Bool {
    switch self {
    case .resume, .resumeReview, .report, .block, .askPerson: true
    case .adopt, .publish, .pullRequest, .cleanUp, .route, .start, .supervise, .takeOver: false
    }
  }
}
