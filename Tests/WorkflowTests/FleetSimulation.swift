import TestSupport
import Workflow

/// Many open pull requests on one base that moves all the time, a forge that checks heads, and an engine.
///
/// Time passes in ticks; what the engine asks of the forge is counted as the forge's clients count it.
struct FleetSimulation {
  static let tick = 5000
  /// How long the forge needs to check a head, in milliseconds.
  static let checking = 5000
  /// How long a worker needs, in milliseconds.
  static let working = 60_000

  private struct Branch {
    var head: String
    var contained: String
    /// How many repairs it needs.
    var faults: Int
    /// When each head was pushed.
    var pushedAt: Int
    var run = 1
    var ranAt: Int
  }

  private(set) var tasks: [String: TaskView] = [:]
  private(set) var clock = 0
  private(set) var requests = 0
  private(set) var merges: [String] = []
  private(set) var violations: [String] = []
  private var branches: [String: Branch] = [:]
  private var workers: [String: Int] = [:]
  private var base = 0
  private var heads = 0
  private var seen: [String: String] = [:]

  init(count: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for number in 0..<count {
      let id = "t\(number)"
      heads += 1
      let isFaulty = Int.random(in: 0..<10, using: &random) == 0
      let faults = isFaulty ? [1, 1, 1, 9].randomElement(using: &random) ?? 1 : 0
      branches[id] = Branch(
        head: "h\(heads)", contained: "b0", faults: faults, pushedAt: 0, ranAt: 0)
      var task = TaskView(id: id, title: id)
      task.status = .inReview
      task.base = "main"
      task.createdAt = number
      task.route = Route(executor: "a", reason: "r")
      task.pullRequest = PullRequestView(id: "#\(number)", head: "h\(heads)", baseHead: "b0")
      tasks[id] = task
    }
  }

  /// One tick; `isBaseMoving` is true when somebody else pushes to the base.
  mutating func step(isBaseMoving: Bool) {
    clock += Self.tick
    if isBaseMoving { base += 1 }
    for (id, end) in workers where end <= clock { endWorker(id) }
    var world = world()
    for item in Planner.observations(world) {
      for event in item.events { store(event, item.task) }
    }
    world = self.world()
    let plan = Planner.plan(world)
    if plan.effects.count(where: \.isOnTheWayToMerge) > 1 {
      violations.append("two on their way into one base")
    }
    for effect in plan.effects { carryOut(effect) }
  }

  /// Those that are neither merged nor waiting for a person who was told why.
  var unsettled: [TaskView] {
    tasks.values.filter { $0.status != .done && !($0.status == .needsReview && $0.reason != nil) }
  }

  private mutating func world() -> World {
    var world = World()
    world.now = clock
    world.tasks = tasks
    world.agents = [AgentAvailability(name: "a")]
    world.jobs = 4
    world.host = "h"
    // A look: a list for each hundred, and a question for each twenty that moved.
    let watched = tasks.values.filter(\.isWatched)
    var moved = 0
    for task in watched {
      guard let look = look(task) else { continue }
      world.looks[task.id] = look
      let print = "\(look.branchHead ?? "") \(look.checks.map(\.state)) \(look.checks.map(\.run))"
      if seen[task.id] != print { moved += 1 }
      seen[task.id] = print
    }
    requests += moved == 0 ? 0 : (watched.count + 99) / 100 + (moved + 19) / 20
    return world
  }

  private func look(_ task: TaskView) -> Look? {
    guard let view = task.pullRequest, let branch = branches[task.id] else { return nil }
    var look = Look(
      takenAt: clock, revision: view.revision, baseHead: "b\(base)", branchHead: branch.head,
      contained: branch.contained)
    let isOver = clock - branch.ranAt >= Self.checking
    let end: CheckLook.State = branch.faults > 0 ? .failed : .passed
    look.checks = [
      CheckLook(
        name: "ci", state: isOver ? end : .pending, run: "\(branch.head)-\(branch.run)",
        pair: CommitPair(head: branch.head, base: branch.contained))
    ]
    look.liveWorkers = Set(task.status == .inProgress ? [task.highestToken] : [])
    return look
  }

  private mutating func carryOut(_ effect: Effect) {
    let id = effect.task
    switch effect {
    case .pullRequest(_, .rebase): push(id)
    case .pullRequest(_, .merge(let pair)): merge(id, pair)
    case .pullRequest(_, .rerun(let pair, let runs)):
      requests += 1
      branches[id]?.run += 1
      branches[id]?.ranAt = clock
      store(.checksRerun(pair, runs), id)
    case .pullRequest(_, .repair):
      requests += 3
      tasks[id]?.status = .routed
      tasks[id]?.nextPurpose = .repair
    case .pullRequest(_, .askPerson(let question)):
      requests += 2
      store(.personAsked, id)
      tasks[id]?.status = .needsReview
      tasks[id]?.reason = question.text
    case .start: start(id)
    case .resumeReview: tasks[id]?.status = .inReview
    case .supervise, .cleanUp: break
    default: violations.append("\(effect) is not expected")
    }
  }

  private mutating func push(_ id: String) {
    guard tasks[id]?.pullRequest != nil else { return }
    heads += 1
    branches[id]?.head = "h\(heads)"
    branches[id]?.contained = "b\(base)"
    branches[id]?.ranAt = clock
    store(.rebased(CommitPair(head: "h\(heads)", base: "b\(base)"), token: nil), id)
  }

  private mutating func merge(_ id: String, _ pair: CommitPair) {
    requests += 1
    guard let branch = branches[id], store(.mergeStarted(pair), id) else { return }
    if branch.faults > 0 || pair.base != "b\(base)" || branch.head != pair.head {
      violations.append("\(id) is merged without evidence")
    }
    base += 1
    merges.append(id)
    store(.merged(as: "b\(base)"), id)
    tasks[id]?.status = .done
    tasks[id]?.isCleanedUp = true
  }

  private mutating func start(_ id: String) {
    guard let view = tasks[id]?.pullRequest else { return }
    let token = (tasks[id]?.highestToken ?? 0) + 1
    var attempt = Attempt(number: token, token: token, agent: "a")
    attempt.purpose = .repair
    attempt.host = "h"
    tasks[id]?.attempts.append(attempt)
    tasks[id]?.highestToken = token
    tasks[id]?.status = .inProgress
    store(.repairStarted(token: token, obligations: view.openFailures.map(\.id)), id)
    workers[id] = clock + Self.working
  }

  private mutating func endWorker(_ id: String) {
    workers[id] = nil
    let token = tasks[id]?.highestToken ?? 0
    heads += 1
    branches[id]?.head = "h\(heads)"
    branches[id]?.faults -= 1
    branches[id]?.ranAt = clock
    let index = (tasks[id]?.attempts.count ?? 1) - 1
    tasks[id]?.attempts[index].endedAt = clock
    tasks[id]?.attempts[index].outcome = .succeeded
    let onto = branches[id]?.contained ?? ""
    store(.repaired(token: token, head: "h\(heads)", onto: onto), id)
    tasks[id]?.status = .inReview
  }

  @discardableResult
  private mutating func store(_ event: PullRequestEvent, _ id: String) -> Bool {
    guard let view = tasks[id]?.pullRequest,
      let next = try? PullRequestMachine.transition(view, on: event, at: clock)
    else { return false }
    tasks[id]?.pullRequest = next
    return true
  }
}
