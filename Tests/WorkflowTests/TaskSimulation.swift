import TestSupport
import Workflow

/// Many tasks, the planner, and an engine that carries plans out, crashes, and notes whatever must never happen.
struct TaskSimulation {
  struct Running {
    var effect: Effect
    var endsAt: Int
  }

  static let tick = 10 * 60_000
  static let day = 86_400_000

  var random: SeededRandom
  var clock = 0
  var tasks: [String: TaskView] = [:]
  var limits = Limits()
  var jobs: Int
  var violations: [String] = []
  /// True while people interfere and things go wrong.
  var isChaotic = true
  /// Effects that were begun since the last outside change.
  var begun = 0
  var running: [Running] = []
  /// What was planned last.
  var plan: Plan?
  var base = 0
  var heads = 0

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    jobs = Int.random(in: 1...4, using: &random)
    limits.maxAttempts = 5
    limits.retryLoop = 2
    limits.usdPerTask = 12
    limits.usdPerDay = 25
    for _ in 0..<Int.random(in: 3...12, using: &random) { add(parent: nil) }
  }

  func chance(_ one: Int, in many: Int, _ random: inout SeededRandom) -> Bool {
    Int.random(in: 0..<many, using: &random) < one
  }

  @discardableResult
  mutating func add(parent: String?) -> String {
    let id = "t\(tasks.count)"
    var task = TaskView(id: id, title: id)
    task.createdAt = clock
    task.parent = parent
    task.priority = Int.random(in: 0...2, using: &random)
    if chance(1, in: 8, &random) {
      task.labels = [["agent:a", "agent:b", "no-agent"].randomElement(using: &random) ?? ""]
    }
    if parent == nil, chance(1, in: 6, &random) { task.watches = "feature-\(id)" }
    // Only older tasks that wait for nobody's child: no circle can be made.
    if parent == nil, let other = tasks.keys.sorted().randomElement(using: &random),
      tasks[other]?.parent == nil, chance(1, in: 2, &random)
    {
      task.after = [other]
    }
    tasks[id] = task
    return id
  }

  // MARK: The world

  var spentToday: Double {
    let start = clock - clock % Self.day
    return tasks.values.flatMap(\.attempts).filter { ($0.endedAt ?? -1) >= start }
      .reduce(0) { $0 + ($1.costUSD ?? 0) }
  }

  var world: World {
    var world = World()
    world.now = clock
    world.tasks = tasks
    world.jobs = jobs
    world.limits = limits
    world.spentTodayUSD = spentToday
    world.agents = ["a", "b"].map {
      AgentAvailability(
        name: $0, coolingUntil: CoolDown.until($0, tasks: tasks.values, now: clock))
    }
    world.rules.runsChecks = true
    world.rules.limits = limits
    for task in tasks.values { world.looks[task.id] = look(task) }
    world.running = Set(running.map(\.effect))
    world.host = "h"
    return world
  }

  /// What a look of now sees of a task's pull request.
  func look(_ task: TaskView) -> Look? {
    guard let view = task.pullRequest else { return nil }
    var look = Look(
      takenAt: clock, revision: view.revision, baseHead: "b\(base)", branchHead: view.head,
      contained: view.baseHead)
    let isAtWork = task.status == .inProgress
    look.liveWorkers = Set(isAtWork ? [task.highestToken] : [])
    return look
  }

  /// One tick: people, what ends, a plan, and what is begun of it.
  mutating func step() {
    clock += Self.tick
    if isChaotic, chance(1, in: 6, &random) { interfere() }
    if isChaotic, chance(1, in: 25, &random) { running = [] }
    let due = running.filter { $0.endsAt <= clock }
    running.removeAll { $0.endsAt <= clock }
    for item in due where !(isChaotic && chance(1, in: 12, &random)) { finish(item.effect) }
    // With today's money spent nothing happens before tomorrow.
    if !isChaotic, running.isEmpty, let plan, plan.isIdle, isWaitingForMoney {
      clock += Self.day - clock % Self.day
    }
    for item in Planner.observations(world) {
      for event in item.events { store(event, item.task) }
    }
    let world = world
    if !Planner.observations(world).isEmpty { violations.append("a look brings the same twice") }
    let plan = Planner.plan(world)
    self.plan = plan
    check(plan, world)
    for effect in plan.effects {
      begun += 1
      let most = if case .supervise = effect { 6 } else { 2 }
      let time = Int.random(in: 0...most, using: &random) * Self.tick
      running.append(Running(effect: effect, endsAt: clock + time))
    }
  }

  /// True if the last plan has a task that only waits for the next day.
  var isWaitingForMoney: Bool { plan?.waiting.values.contains(.dayBudget) ?? false }

  // MARK: What must never happen

  mutating func check(_ plan: Plan, _ world: World) {
    let busy = Set(world.running.map(\.task))
    var seen: Set<String> = []
    for effect in plan.effects {
      if busy.contains(effect.task) || !seen.insert(effect.task).inserted {
        violations.append("\(effect.step) of a task that is busy")
      }
      if let task = tasks[effect.task] { check(effect, of: task, world) }
    }
    let merging = plan.effects.count { $0.isOnTheWayToMerge }
    if merging + world.running.count(where: \.isOnTheWayToMerge) > 1 {
      violations.append("two on their way into one base")
    }
    for task in tasks.values where plan.waiting[task.id] == nil && !seen.contains(task.id) {
      let isOver = task.status.isTerminal && (task.isCleanedUp || task.branch == nil)
      if !isOver, !busy.contains(task.id) { violations.append("\(task.status) is forgotten") }
    }
  }

  mutating func check(_ effect: Effect, of task: TaskView, _ world: World) {
    switch effect {
    case .start:
      if task.after.contains(where: { tasks[$0]?.status != .done }) {
        violations.append("started before what it depends on")
      }
      let agent = world.agents.first { $0.name == task.route?.executor }
      if agent?.isReady(at: clock) != true { violations.append("started with a resting agent") }
      if let most = limits.usdPerDay, world.spentTodayUSD >= most {
        violations.append("started beyond the day's budget")
      }
      if let most = limits.usdPerTask, task.costUSD >= most {
        violations.append("started beyond the task's budget")
      }
    case .takeOver: violations.append("took over without other machines")
    case .pullRequest(_, .merge(let pair)):
      if task.pullRequest?.isMergeable(pair) != true {
        violations.append("merged without evidence")
      }
    case .route where task.watches != nil && task.pullRequest == nil:
      violations.append("routed what is to be watched")
    case .adopt where task.watches == nil: violations.append("watches its own work as another's")
    case .adopt, .route, .supervise, .publish, .pullRequest, .resumeReview, .report, .cleanUp,
      .resume,
      .block, .askPerson:
      break
    }
  }

  mutating func checkRunning() {
    let active = tasks.values.filter { $0.attempts.contains { $0.endedAt == nil } }
    if active.count > jobs { violations.append("\(active.count) attempts in \(jobs) slots") }
    for task in active where task.attempts.count(where: { $0.endedAt == nil }) > 1 {
      violations.append("two attempts of one task")
    }
  }

  // MARK: What people do

  mutating func interfere() {
    begun = 0
    guard let id = tasks.keys.sorted().randomElement(using: &random) else { return }
    switch Int.random(in: 0..<6, using: &random) {
    case 0: stop(id)
    case 1: again(id, .retried)
    case 2: again(id, .unblocked)
    case 3: base += 1
    case 4: if tasks.count < 20 { add(parent: nil) }
    default: clock += Self.day / 4
    }
  }

  /// A person cancels a task.
  mutating func stop(_ id: String) {
    let now = clock
    record(id, .cancelled) { task in
      if !task.attempts.isEmpty, task.attempts[task.attempts.count - 1].endedAt == nil {
        task.attempts[task.attempts.count - 1].endedAt = now
      }
    }
  }

  /// A person wants a task to go on, from the start.
  mutating func again(_ id: String, _ event: TaskEvent) {
    guard let task = tasks[id], task.status != .inProgress else { return }
    let isStanding = task.status == .needsReview || task.status == .blocked
    let isItsOwn = task.pullRequest?.question != nil || task.nextPurpose.isForPullRequest
    if event == .unblocked, isStanding, isItsOwn, task.hasOpenPullRequest {
      store(.answered(reason: "go on"), id)
      if tasks[id]?.status != .inReview { record(id, .pullRequestResumed) }
      tasks[id]?.attemptsForgiven = task.attempts.count
      return
    }
    record(id, event) { task in
      task.attemptsForgiven = task.attempts.count
      task.waitsForChildren = false
      task.pullRequest = nil
      task.nextPurpose = .work
      task.isCleanedUp = false
    }
  }

  /// Nobody interferes from now on, and nothing goes wrong any more.
  mutating func calmDown() {
    isChaotic = false
    begun = 0
  }
}
