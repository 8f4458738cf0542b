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
    world.remoteHeads = ["main": "base1"]
    return world
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

  @Test func `a pull request is rebased, checked, then merged, one at a time per base`() {
    var world = world([inReview("1", head: "x", base: "base0")])
    world.hasChecks = true
    #expect(Planner.plan(world).effects == [.rebase(task: "1", onto: "base1")])
    world.tasks["1"] = inReview("1", head: "y", base: "base1")
    #expect(Planner.plan(world).effects == [.check(task: "1", head: "y", base: "base1")])
    var green = inReview("1", head: "y", base: "base1")
    green.pullRequest?.checkedHead = "y"
    green.pullRequest?.checkedBase = "base1"
    green.pullRequest?.checksPassed = true
    var other = green
    other.id = "2"
    world.tasks = ["1": green, "2": other]
    let plan = Planner.plan(world)
    #expect(plan.effects == [.merge(task: "1", head: "y", base: "base1")])
    #expect(plan.waiting["2"] == .mergeTurn)
    world.mergePolicy = .whenApproved
    #expect(Planner.plan(world).effects.isEmpty)
    #expect(Planner.plan(world).isIdle)
  }

  @Test func `evidence on another base does not count`() {
    var world = world([])
    world.hasChecks = true
    var stale = inReview("1", head: "y", base: "base1")
    stale.pullRequest?.checkedHead = "y"
    stale.pullRequest?.checkedBase = "base0"
    stale.pullRequest?.checksPassed = true
    world.tasks = ["1": stale]
    #expect(Planner.plan(world).effects == [.check(task: "1", head: "y", base: "base1")])
  }

  @Test func `an unreachable remote waits and is not idle`() {
    var world = world([inReview("1", head: "x", base: "base1")])
    world.remoteHeads = nil
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

  @Test func `random worlds never start too much, too early, or twice`() {
    let seed = UInt64.random(in: 0 ... .max)
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
