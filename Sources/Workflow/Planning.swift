/// One run of the planner: the plan so far, and what is left to give out.
struct Planning {
  let world: World
  let ordered: [TaskView]
  var plan = Plan()
  /// What the newest looks call for; a pull request without a look is missing.
  let decisions: [String: WatchDecision]
  private let queue: [TaskView]
  private var freeSlots: Int
  private let busyTasks: Set<String>
  /// Tasks at work, those that this plan begins included.
  private var atWork: Set<String>
  /// Tasks that would collide with one at work: others of their priority go first.
  private var deferred: [(task: TaskView, purpose: AttemptPurpose)] = []

  init(world: World) {
    self.world = world
    ordered = Planner.order(world.tasks)
    busyTasks = Set(world.running.filter(\.occupiesTask).map(\.task))
    atWork = Set(world.tasks.values.filter { $0.status == .inProgress }.map(\.id))
      .union(world.running.map(\.task))
    let active = world.tasks.values.filter {
      $0.status == .inProgress && $0.attempts.last?.host == world.host
        && $0.attempts.last?.endedAt == nil
    }
    let isShared = world.shared != nil
    let starting = world.running.filter {
      switch $0 {
      case .start(let task, _): world.tasks[task]?.status != .inProgress
      // Where several machines share the work, each routes only what it can begin.
      case .route, .takeOver: isShared
      default: false
      }
    }
    freeSlots = world.jobs - active.count - starting.count
    let turns = MergeTurns(world, ordered: ordered)
    decisions = turns.decisions
    queue = ordered.filter { turns.isQueued($0, world) }
  }

  /// Begins what was put back, as far as there are slots: a slot that stays empty would cost something.
  mutating func considerDeferred() {
    for item in deferred { start(item.task, item.purpose) }
    deferred = []
  }

  mutating func consider(_ task: TaskView) {
    if let scope = world.scope, !scope.contains(task.id) { return }
    considerReport(task)
    if busyTasks.contains(task.id) { return }
    if let obstacle = world.claimObstacle(task) {
      if !task.status.isTerminal { plan.waiting[task.id] = obstacle }
      return
    }
    switch task.status {
    case .new: considerNew(task)
    case .routed: considerRouted(task)
    case .inProgress: considerRunning(task)
    case .inReview: considerReview(task)
    case .blocked: considerBlocked(task)
    case .needsReview: considerQuestion(task)
    case .done, .cancelled:
      let wasPrepared = task.worktree != nil || task.branch != nil
      if wasPrepared, !task.isCleanedUp { plan.effects.append(.cleanUp(task: task.id)) }
    }
  }

  /// An issue is told of every change, also while a worker is at it.
  private mutating func considerReport(_ task: TaskView) {
    guard world.reportsIssues, task.askedOn != nil, task.status != .new,
      task.reported != task.standing, !world.running.contains(.report(task: task.id)),
      world.claimObstacle(task) == nil
    else { return }
    plan.effects.append(.report(task: task.id))
  }

  private mutating func considerNew(_ task: TaskView) {
    if stops(task) { return }
    if task.watches != nil {
      plan.effects.append(.adopt(task: task.id))
      return
    }
    if let failed = cancelledDependency(of: task) {
      plan.effects.append(.block(task: task.id, reason: failed))
      return
    }
    if AgentChoice.byLabels(task) == .person {
      plan.effects.append(
        .askPerson(task: task.id, reason: "the label 'no-agent' leaves it to a person"))
      return
    }
    if waitsForAgent(task) { return }
    if world.shared != nil {
      if waitsForDependency(task) { return }
      if waitsForQueue(task) || waitsForSlot(task) { return }
    }
    plan.effects.append(.route(task: task.id))
  }

  /// True, and noted, if other tasks have to be done first: what it depends on, or parts that were made of it.
  private mutating func waitsForDependency(_ task: TaskView) -> Bool {
    let missing = TaskGraph.unfinished(task, in: world.tasks)
    if !missing.isEmpty {
      plan.waiting[task.id] = .dependency(missing.map(\.id))
    } else if task.pullRequest == nil, !isOver(task.children) {
      plan.waiting[task.id] = .children
    } else {
      return false
    }
    return true
  }

  private func isOver(_ children: [String]) -> Bool {
    children.allSatisfy { world.tasks[$0]?.status.isTerminal ?? true }
  }

  /// True, and noted, if so many pull requests of its base wait for their merge that nothing new is begun; what is
  /// more urgent than they are is.
  private mutating func waitsForQueue(_ task: TaskView) -> Bool {
    let limit = world.limits.maxWaiting
    guard limit > 0, task.attempts.isEmpty, task.pullRequest == nil else { return false }
    let before = queue.filter {
      $0.priority >= task.priority && (task.base == nil || $0.base == task.base)
    }
    guard before.count >= limit else { return false }
    plan.waiting[task.id] = .queue(before.count)
    return true
  }

  /// True, and noted, if no attempt can be begun now; else a slot is given out.
  private mutating func waitsForSlot(_ task: TaskView) -> Bool {
    guard freeSlots > 0 else {
      plan.waiting[task.id] = .slot
      return true
    }
    freeSlots -= 1
    return false
  }

  private mutating func considerRouted(_ task: TaskView) {
    if stops(task) { return }
    var purpose = task.nextPurpose
    // Whatever became of a worker, a person's pull request is watched and nothing else.
    if task.pullRequest != nil, purpose.isForPullRequest || task.watches != nil {
      guard let called = calledPurpose(task) else { return }
      purpose = called
    }
    if let failed = cancelledDependency(of: task) {
      plan.effects.append(.block(task: task.id, reason: failed))
      return
    }
    if waitsForDependency(task) { return }
    if let reason = Budget.exhausted(task, limits: world.limits) {
      plan.effects.append(.askPerson(task: task.id, reason: reason))
      return
    }
    if let limit = world.limits.usdPerDay, world.spentTodayUSD >= limit {
      plan.waiting[task.id] = .dayBudget
      return
    }
    let isRouted = task.route != nil || task.watches == nil
    if !isRouted || task.route.map({ !isReady($0.executor) }) == true {
      if waitsForAgent(task) { return }
      plan.effects.append(.route(task: task.id))
      return
    }
    if let next = world.conditions[task.id],
      RetryRule.causes(for: task, purpose: purpose, under: next).isEmpty
    {
      plan.effects.append(.block(task: task.id, reason: RetryRule.refusal(task)))
      return
    }
    if let others = world.collisions[task.id], !others.isDisjoint(with: atWork) {
      deferred.append((task, purpose))
    } else {
      start(task, purpose)
    }
  }

  private mutating func start(_ task: TaskView, _ purpose: AttemptPurpose) {
    if waitsForQueue(task) || waitsForSlot(task) { return }
    atWork.insert(task.id)
    plan.effects.append(.start(task: task.id, purpose: purpose))
  }

  private mutating func considerRunning(_ task: TaskView) {
    guard let attempt = task.attempts.last else { return }
    guard attempt.host == world.host else {
      if stops(task) { return }
      guard isAbandoned(task) else {
        plan.waiting[task.id] = waitForOther(task, attempt.host)
        return
      }
      // What another machine has finished is not done again.
      if attempt.outcome == .succeeded {
        plan.effects.append(.publish(task: task.id, token: attempt.token))
      } else if !waitsForSlot(task) {
        plan.effects.append(.takeOver(task: task.id, token: attempt.token))
      }
      return
    }
    if attempt.endedAt == nil {
      plan.effects.append(.supervise(task: task.id, token: attempt.token))
    } else if attempt.outcome == .succeeded {
      plan.effects.append(.publish(task: task.id, token: attempt.token))
    }
  }

  private func isAbandoned(_ task: TaskView) -> Bool {
    world.shared?.abandoned.contains(task.id) ?? (task.pinnedHost == world.host)
  }

  /// Another machine's attempt; one that works alone cannot know whether that machine lives.
  private func waitForOther(_ task: TaskView, _ host: String) -> WaitReason {
    guard world.shared == nil else { return .elsewhere(host: host, until: nil) }
    let id = task.id.prefix(6)
    return .person(
      "'\(host)' has begun it, and nothing is heard of that machine without 'orch sync'; "
        + "'orch task move \(id) --to \(world.host)' goes on with it here")
  }

  private mutating func considerBlocked(_ task: TaskView) {
    guard task.waitsForChildren else {
      plan.waiting[task.id] = .person(task.reason ?? "it is blocked")
      return
    }
    if isOver(task.children) {
      plan.effects.append(.resume(task: task.id))
    } else {
      plan.waiting[task.id] = .children
    }
  }

  mutating func stops(_ task: TaskView) -> Bool {
    if world.isStopping { plan.waiting[task.id] = .stopping }
    return world.isStopping
  }

  private func cancelledDependency(of task: TaskView) -> String? {
    let cancelled = task.after.compactMap { world.tasks[$0] }.first { $0.status == .cancelled }
    return cancelled.map { "it depends on \($0.id.prefix(6)) '\($0.title)', which was cancelled" }
  }

  private func isReady(_ agent: String) -> Bool {
    world.agents.contains { $0.name == agent && $0.isReady(at: world.now) }
  }

  /// True, and noted, if no agent that may do the task can be given work now.
  private mutating func waitsForAgent(_ task: TaskView) -> Bool {
    var candidates = world.agents
    if case .agent(let name) = AgentChoice.byLabels(task) {
      candidates = world.agents.filter { $0.name == name }
      if candidates.isEmpty {
        leave(task, because: "there is no agent '\(name)' in the configuration")
        return true
      }
    }
    if candidates.contains(where: { $0.isReady(at: world.now) }) { return false }
    let usable = candidates.filter { $0.isInstalled && $0.isEnabled }
    if !usable.isEmpty, usable.allSatisfy(\.isSpent) {
      plan.waiting[task.id] = .dayBudget
      return true
    }
    let until = usable.compactMap(\.coolingUntil).min()
    let reason = AgentChoice.explainNone(candidates, at: world.now)
    if until == nil {
      leave(task, because: reason)
    } else {
      plan.waiting[task.id] = .agent(reason, until: until)
    }
    return true
  }

  /// No agent of this machine may do a task: another machine's may, where several share the work and it was not given to
  /// this one, and finds it as it is.
  private mutating func leave(_ task: TaskView, because reason: String) {
    if world.shared?.hasOthers != true || task.pinnedHost == world.host {
      plan.effects.append(.block(task: task.id, reason: reason))
    } else {
      plan.waiting[task.id] = .agent(reason, until: nil)
    }
  }
}
