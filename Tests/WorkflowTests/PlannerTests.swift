import TestSupport
import Testing
import Workflow

@Suite struct `Planning` {
  private func world(_ tasks: [TaskView], jobs: Int = 2) -> World {
    var world = World()
    world.tasks = Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, $0) })
    world.agents = [AgentAvailability(name: "a")]
    world.jobs = jobs
    world.host = "h"
    world.rules.runsChecks = true
    for task in tasks { world.looks[task.id] = look(task) }
    return world
  }

  /// A look that sees the pull request as it is, and the base at `base1`.
  private func look(_ task: TaskView, expectsChecks: Bool = true) -> Look? {
    guard let view = task.pullRequest else { return nil }
    var look = Look(
      takenAt: 1, revision: view.revision, baseHead: "base1", branchHead: view.head,
      contained: view.baseHead)
    look.expectsChecks = expectsChecks
    return look
  }

  private func task(_ id: String, _ status: TaskStatus, after: [String] = []) -> TaskView {
    var task = TaskView(id: id, title: id)
    task.status = status
    task.after = after
    task.base = "main"
    if status != .new { task.route = Route(executor: "a", reason: "r") }
    return task
  }

  private func inReview(_ id: String, head: String, base: String) -> TaskView {
    var task = task(id, .inReview)
    task.pullRequest = PullRequestView(id: "L", head: head, baseHead: base)
    return task
  }

  @Test func `a new task is routed, a routed one started while there are slots`() {
    let plan = Planner.plan(
      world([task("1", .new), task("2", .routed), task("3", .routed), task("4", .routed)]))
    #expect(plan.effects.contains(.route(task: "1")))
    #expect(plan.effects.contains(.start(task: "2", purpose: .work)))
    #expect(plan.effects.contains(.start(task: "3", purpose: .work)))
    #expect(plan.waiting["4"] == .slot)
  }

  @Test func `dependencies are waited for, and a cancelled one blocks`() {
    let plan = Planner.plan(
      world([task("1", .inReview), task("2", .routed, after: ["1"])]))
    #expect(plan.waiting["2"] == .dependency(["1"]))
    let blocked = Planner.plan(world([task("1", .cancelled), task("2", .new, after: ["1"])]))
    guard case .block("2", let reason) = blocked.effects.first else {
      Issue.record("\(blocked.effects)")
      return
    }
    #expect(reason.contains("cancelled"))
  }

  private func green(_ id: String, priority: Int = 0) throws -> TaskView {
    var task = inReview(id, head: "h\(id)", base: "base1")
    let view = try #require(task.pullRequest)
    task.pullRequest = try PullRequestMachine.transition(
      view, on: .checksPassed(view.pair), at: 1)
    task.priority = priority
    return task
  }

  private func effect(_ id: String, _ effect: PullRequestEffect) -> Effect {
    .pullRequest(task: id, effect)
  }

  @Test func `a pull request is rebased, checked, then merged, one at a time per base`() throws {
    let behind = inReview("1", head: "x", base: "base0")
    let pair = CommitPair(head: "x", base: "base1")
    #expect(Planner.plan(world([behind])).effects == [effect("1", .rebase(pair))])
    let open = inReview("1", head: "x", base: "base1")
    #expect(Planner.plan(world([open])).effects == [effect("1", .runChecks(pair))])
    let greens = [try green("1"), try green("2")]
    var world = world(greens)
    let plan = Planner.plan(world)
    #expect(
      plan.effects == [effect("1", .merge(CommitPair(head: "h1", base: "base1")))])
    #expect(plan.waiting["2"] == .pullRequest(.turn))
    world.rules.policy = .whenApproved
    #expect(Planner.plan(world).effects.isEmpty)
    #expect(Planner.plan(world).isIdle)
  }

  @Test func `the turn is the most urgent one's, then the one's that has come furthest`() throws {
    let open = inReview("1", head: "x", base: "base1")
    let plan = Planner.plan(world([open, try green("2")]))
    #expect(plan.effects.map(\.task) == ["2"])
    #expect(plan.waiting["1"] == .pullRequest(.turn))
    var urgent = open
    urgent.priority = 1
    #expect(Planner.plan(world([urgent, try green("2")])).effects.map(\.task) == ["1"])
    var busy = world([open, try green("2")])
    busy.running = [effect("1", .runChecks(CommitPair(head: "x", base: "base1")))]
    #expect(Planner.plan(busy).waiting["2"] == .pullRequest(.turn))
  }

  @Test func `one that orch does not merge is kept up to date whatever the others do`() throws {
    let behind = inReview("1", head: "x", base: "base0")
    var other = behind
    other.id = "2"
    var world = world([behind, other])
    #expect(Planner.plan(world).effects.count == 1)
    world.rules.policy = .whenApproved
    #expect(Planner.plan(world).effects.count == 2)
  }

  @Test func `evidence on another base does not count`() throws {
    var stale = inReview("1", head: "h1", base: "base0")
    let view = try #require(stale.pullRequest)
    let passed = PullRequestEvent.checksPassed(view.pair)
    stale.pullRequest = try PullRequestMachine.transition(view, on: passed, at: 1)
    let world = world([stale])
    let observed = Planner.observations(world)
    #expect(observed.map(\.events) == [[.baseMoved(to: "base1", onto: "base0")]])
    #expect(
      Planner.plan(world).effects == [effect("1", .rebase(CommitPair(head: "h1", base: "base1")))])
  }

  @Test func `what is being done to a pull request is not observed meanwhile`() throws {
    var stale = try green("1")
    stale.pullRequest?.targetBase = "base0"
    var world = world([stale])
    world.running = [effect("1", .merge(CommitPair(head: "h1", base: "base0")))]
    #expect(Planner.observations(world).isEmpty)
    world.running = [.supervise(task: "1", token: 1)]
    #expect(Planner.observations(world).count == 1)
  }

  @Test func `a worker is started only while its pull request calls for one`() throws {
    var waiting = try green("1")
    waiting.status = .routed
    waiting.nextPurpose = .repair
    #expect(Planner.plan(world([waiting])).effects == [.resumeReview(task: "1")])
    let view = try #require(waiting.pullRequest)
    let conflict = PullRequestEvent.conflicted(view.pair, files: ["a"])
    waiting.pullRequest = try PullRequestMachine.transition(view, on: conflict, at: 1)
    #expect(Planner.plan(world([waiting])).effects == [.start(task: "1", purpose: .rebase)])
  }

  @Test func `a question is asked also where the task waits for a person already`() throws {
    var asking = try green("1")
    let view = try #require(asking.pullRequest)
    let question = Question(.worker, "which?")
    asking.status = .needsReview
    asking.pullRequest = try PullRequestMachine.transition(view, on: .escalated(question), at: 1)
    #expect(Planner.plan(world([asking])).effects == [effect("1", .askPerson(question))])
    asking.pullRequest?.question?.isDelivered = true
    #expect(Planner.plan(world([asking])).effects == [])
  }

  @Test func `an unreachable remote waits and is not idle`() {
    var world = world([inReview("1", head: "x", base: "base1")])
    world.looks = [:]
    let plan = Planner.plan(world)
    #expect(plan.waiting["1"] == .remote)
    #expect(!plan.isIdle)
  }

  @Test func `a parent goes on when all its children are over`() {
    var parent = task("1", .blocked)
    parent.waitsForChildren = true
    parent.children = ["2", "3"]
    var world = world([parent, task("2", .done), task("3", .inReview)])
    #expect(Planner.plan(world).waiting["1"] == .children)
    world.tasks["3"]?.status = .cancelled
    #expect(Planner.plan(world).effects.contains(.resume(task: "1")))
  }

  @Test func `labels choose, and agents that cannot work are never chosen`() {
    var labelled = task("1", .new)
    labelled.labels = ["agent:b"]
    var world = world([labelled])
    guard case .block(_, let reason) = Planner.plan(world).effects.first else {
      Issue.record("an unknown agent must block")
      return
    }
    #expect(reason.contains("'b'"))
    world.tasks["1"]?.labels = ["no-agent"]
    guard case .askPerson = Planner.plan(world).effects.first else {
      Issue.record("no-agent is for a person")
      return
    }
    world.tasks["1"]?.labels = []
    world.agents = [AgentAvailability(name: "a", coolingUntil: 99)]
    #expect(Planner.plan(world).waiting["1"] != nil)
    #expect(!Planner.plan(world).isIdle)
    world.agents = [AgentAvailability(name: "a", isInstalled: false)]
    guard case .block = Planner.plan(world).effects.first else {
      Issue.record("nobody can do it")
      return
    }
  }

  @Test func `what this machine has no agent for is left to the others where they share the work`()
  {
    var labelled = task("2", .new)
    labelled.labels = ["agent:b"]
    var world = world([task("1", .new), labelled, task("3", .routed)])
    world.agents = [AgentAvailability(name: "a", isInstalled: false)]
    world.shared = SharedWorld()
    let plan = Planner.plan(world)
    #expect(plan.effects.isEmpty && plan.isIdle, "\(plan.effects)")
    #expect(plan.waiting["1"] == .agent("'a' is not installed", until: nil))
    #expect(plan.waiting["2"]?.sentence.contains("no agent 'b' in the configuration") == true)
    #expect(plan.waiting["3"] == plan.waiting["1"])
    // What was given to this machine nobody else may do.
    world.tasks["1"]?.pinnedHost = "h"
    #expect(
      Planner.plan(world).effects == [.block(task: "1", reason: "'a' is not installed")])
  }

  @Test func `what another machine has finished is published, and what it was at is taken over`() {
    var attempt = Attempt(number: 1, token: 3, agent: "a")
    attempt.host = "elsewhere"
    var left = task("1", .inProgress)
    var world = world([left])
    world.shared = SharedWorld()
    func effects(_ outcome: AttemptOutcome?) -> [Effect] {
      attempt.outcome = outcome
      attempt.endedAt = outcome.map { _ in 5 }
      left.attempts = [attempt]
      world.tasks["1"] = left
      return Planner.plan(world).effects
    }
    #expect(effects(.succeeded) == [])
    world.shared?.abandoned = ["1"]
    #expect(effects(.succeeded) == [.publish(task: "1", token: 3)])
    for outcome in [nil, AttemptOutcome.interrupted, .failed] {
      #expect(effects(outcome) == [.takeOver(task: "1", token: 3)])
    }
    world.jobs = 0
    #expect(effects(nil) == [])
    #expect(effects(.succeeded) == [.publish(task: "1", token: 3)])
  }

  @Test func `priority goes first, then what others wait for, then age`() {
    var urgent = task("3", .new)
    urgent.priority = 5
    var old = task("1", .new)
    old.createdAt = 1
    var wanted = task("2", .new)
    wanted.createdAt = 2
    let waiting = task("4", .new, after: ["2"])
    let all = [urgent, old, wanted, waiting]
    let order = Planner.order(Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) }))
    #expect(order.map(\.id) == ["3", "2", "4", "1"] || order.map(\.id) == ["3", "2", "1", "4"])
    #expect(order.first?.id == "3" && order[1].id == "2")
  }

  @Test func `budgets stop before anything is spent`() {
    var dear = task("1", .routed)
    var attempt = Attempt(number: 1, token: 1, agent: "a")
    attempt.costUSD = 5
    dear.attempts = [attempt]
    var world = world([dear, task("2", .routed)])
    world.limits.usdPerTask = 5
    guard case .askPerson("1", _) = Planner.plan(world).effects.first else {
      Issue.record("the task's budget is reached")
      return
    }
    world.limits.usdPerTask = nil
    world.limits.usdPerDay = 5
    world.spentTodayUSD = 5
    #expect(Planner.plan(world).waiting["2"] == .dayBudget)
  }

  @Test func `circles of waiting are found with their path`() {
    let tasks = [task("1", .new), task("2", .new, after: ["1"]), task("3", .new, after: ["2"])]
    let views = Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, $0) })
    #expect(TaskGraph.cycle(from: "1", waitingFor: "3", in: views) == ["1", "3", "2", "1"])
    #expect(TaskGraph.cycle(from: "3", waitingFor: "1", in: views) == nil)
    #expect(TaskGraph.cycle(from: "1", waitingFor: "1", in: views) == ["1", "1"])
  }

  @Test func `a person's pull request is watched, and routed when a worker is needed`() {
    var watched = task("1", .new)
    watched.watches = "#7"
    watched.labels = ["no-agent"]
    #expect(Planner.plan(world([watched])).effects == [.adopt(task: "1")])
    watched.status = .inReview
    watched.labels = []
    let pair = CommitPair(head: "h1", base: "base1")
    var view = PullRequestView(id: "#7", head: "h1", baseHead: "base1")
    view.checkedHead = pair.head
    view.checkedBase = pair.base
    watched.pullRequest = view
    watched.status = .routed
    watched.nextPurpose = .repair
    var world = world([watched])
    world.rules.runsChecks = false
    world.looks["1"]?.checks = [CheckLook(name: "t", state: .failed, run: "1", pair: pair)]
    world.rules.limits.maxCheckReruns = 0
    #expect(Planner.plan(world).effects == [.route(task: "1")])
    world.tasks["1"]?.route = Route(executor: "a", reason: "r")
    #expect(Planner.plan(world).effects == [.start(task: "1", purpose: .repair)])
    // A worker that says that there is more to do is followed by one for the same.
    world.tasks["1"]?.nextPurpose = .resume
    #expect(Planner.plan(world).effects == [.start(task: "1", purpose: .repair)])
    world.looks["1"]?.leftAlone = "it is a draft"
    #expect(Planner.plan(world).effects == [.resumeReview(task: "1")])
  }

  @Test func `what its author keeps from everybody is left alone, whatever it calls for`() {
    for isDraft in [false, true] {
      var watched = inReview("1", head: "h1", base: "base0")
      watched.watches = "#7"
      var world = world([watched])
      if isDraft { world.looks["1"]?.leftAlone = "it is a draft" }
      let plan = Planner.plan(world)
      let pair = CommitPair(head: "h1", base: "base1")
      #expect(plan.effects == (isDraft ? [] : [.pullRequest(task: "1", .rebase(pair))]))
      guard isDraft else { continue }
      #expect(plan.waiting["1"] == .pullRequest(.leftAlone("it is a draft")))
      #expect(plan.isIdle)
    }
  }

  @Test func `nothing new is begun while too many pull requests wait for their merge`() {
    // One is on its way, two wait for their turn.
    let waiting = (1...3).map { inReview("\($0)", head: "h\($0)", base: "base0") }
    var fresh = task("new", .routed)
    func plan(_ limit: Int, isShared: Bool = false) -> Plan {
      var world = world(waiting + [fresh])
      world.rules.limits.maxWaiting = limit
      world.limits.maxWaiting = limit
      if isShared { world.shared = SharedWorld() }
      return Planner.plan(world)
    }
    let start = Effect.start(task: "new", purpose: .work)
    for isShared in [false, true] {
      #expect(plan(3, isShared: isShared).effects.contains(start))
      #expect(plan(0, isShared: isShared).effects.contains(start))
      let full = plan(2, isShared: isShared)
      #expect(!full.effects.contains(start))
      #expect(full.waiting["new"] == .queue(2))
      #expect(!full.isIdle)
    }
    fresh.status = .new
    #expect(plan(2, isShared: true).waiting["new"] == .queue(2))
    fresh.status = .routed
    // What is more urgent, goes elsewhere, or was begun before is not held up.
    fresh.priority = 1
    #expect(plan(2).effects.contains(start))
    fresh.priority = 0
    fresh.base = "release"
    #expect(plan(2).effects.contains(start))
    fresh.base = nil
    #expect(plan(2).waiting["new"] == .queue(2))
    var again = Attempt(number: 1, token: 1, agent: "a")
    again.outcome = .failed
    again.endedAt = 2
    fresh.attempts = [again]
    #expect(plan(2).effects.contains(start))
  }

  @Test func `what was not looked at (again) waits for its merge as far as its record says`() throws
  {
    let fresh = task("new", .routed)
    var waiting = (1...3).map { inReview("\($0)", head: "h\($0)", base: "base0") }
    func plan(_ change: (inout World) -> Void = { _ in }) -> Plan {
      var world = world(waiting + [fresh])
      world.limits.maxWaiting = 3
      world.looks = [:]
      change(&world)
      return Planner.plan(world)
    }
    #expect(plan().waiting["new"] == .queue(3))
    // A look that is older than what is known says no more than none.
    let looks = world(waiting).looks.mapValues { look in
      var look = look
      look.revision -= 1
      return look
    }
    waiting = waiting.map { task in
      var task = task
      task.pullRequest?.revision += 1
      return task
    }
    #expect(plan { $0.looks = looks }.waiting["new"] == .queue(3))
    let start = Effect.start(task: "new", purpose: .work)
    #expect(plan { $0.rules.policy = .never }.effects.contains(start))
    // A person was asked about one.
    waiting[0].pullRequest?.status = .escalated
    #expect(plan().effects.contains(start))
  }

  @Test func `one of which something is known that was not looked at yet keeps its turn`() throws {
    let first = inReview("1", head: "h1", base: "base0")
    let second = inReview("2", head: "h2", base: "base0")
    var world = world([first, second])
    // Another machine has brought it onto the base a moment ago.
    func record(_ event: PullRequestEvent) throws {
      let view = try #require(world.tasks["1"]?.pullRequest)
      world.tasks["1"]?.pullRequest = try PullRequestMachine.transition(view, on: event, at: 1)
    }
    try record(.rebased(CommitPair(head: "h5", base: "base1"), token: nil))
    let plan = Planner.plan(world)
    #expect(plan.effects.isEmpty)
    #expect(plan.waiting["1"] == .pullRequest(.staleLook))
    #expect(plan.waiting["2"] == .pullRequest(.turn))
    // Not one that a person was asked about.
    try record(.escalated(Question(.worker, "how?")))
    let pair = CommitPair(head: "h2", base: "base1")
    #expect(Planner.plan(world).effects == [.pullRequest(task: "2", .rebase(pair))])
  }

  @Test func `checks that do not end keep the base from others for some time only`() {
    var stuck = inReview("1", head: "h1", base: "base1")
    stuck.priority = 5
    stuck.pullRequest?.pendingPair = CommitPair(head: "h1", base: "base1")
    stuck.pullRequest?.pendingTime.since = 1000
    let behind = inReview("2", head: "h2", base: "base0")
    var world = world([stuck, behind])
    world.rules.runsChecks = false
    let limit = world.rules.limits.turnMilliseconds
    for (now, hasTurn) in [(1000 + limit, false), (1001 + limit, true)] {
      world.now = now
      let plan = Planner.plan(world)
      let pair = CommitPair(head: "h2", base: "base1")
      #expect(plan.effects == (hasTurn ? [.pullRequest(task: "2", .rebase(pair))] : []))
      #expect(plan.waiting["1"] == .pullRequest(.checks))
    }
    // It comes back: once they have ended it is the next, as its priority says.
    world.looks["1"]?.checks = [
      CheckLook(name: "t", state: .passed, run: "1", pair: CommitPair(head: "h1", base: "base1"))
    ]
    let plan = Planner.plan(world)
    #expect(plan.waiting["2"] == .pullRequest(.turn))
  }

  @Test func `random worlds never start too much, too early, or twice`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for _ in 0..<500 {
      var tasks: [TaskView] = []
      for number in 0..<12 {
        var task = task(String(number), TaskStatus.allCases.randomElement(using: &random) ?? .new)
        if number > 0, Bool.random(using: &random) {
          task.after = [String(Int.random(in: 0..<number, using: &random))]
        }
        if task.status == .inReview {
          task.pullRequest = PullRequestView(id: "L", head: "x", baseHead: "base1")
        }
        tasks.append(task)
      }
      let jobs = Int.random(in: 1...4, using: &random)
      let plan = Planner.plan(world(tasks, jobs: jobs))
      let starts = plan.effects.filter { if case .start = $0 { true } else { false } }
      #expect(starts.count <= jobs, "seed \(seed)")
      #expect(Set(plan.effects.map(\.task)).count == plan.effects.count, "seed \(seed)")
      let views = Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, $0) })
      for start in starts {
        let task = views[start.task]
        #expect(task?.after.allSatisfy { views[$0]?.status == .done } == true, "seed \(seed)")
      }
    }
  }
}
