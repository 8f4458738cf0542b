import TestSupport
import Workflow

@testable import Engine
@testable import Forge
@testable import GitHubFake
@testable import orch

/// Many open pull requests on a GitHub whose base moves all the time: the planner, the place, the desk and the
/// client are the real ones, git and the workers are not.
///
/// Time passes in looks; what the client asks of the forge is counted as the forge counts it.
final class ForgeFleet {
  /// The time between two looks, in milliseconds.
  static let period = 20_000
  /// How long CI runs, in milliseconds: less than the base stands still, or nothing would ever be merged.
  static let checking = 20_000
  /// How long a worker needs, in milliseconds.
  static let working = 60_000

  private struct Branch {
    let name: String
    var contained: String
    /// How many repairs it needs.
    var faults: Int
    /// When its checks were begun.
    var ranAt: Int
  }

  /// What was asked of the forge in one look and what followed from it.
  private struct Cost {
    var counted = 0
    var free = 0
    var points = 0
  }

  let fake: FakeGitHub
  private let clock = ManualClock()
  private let place: ForgePlace
  private let desk: ForgeDesk
  private var tasks: [String: TaskView] = [:]
  private var branches: [String: Branch] = [:]
  private var workers: [String: Int] = [:]
  private var base = FakeState.sha(0)
  private var commits = 100_000
  private var costs: [Cost] = []
  private(set) var merges: [String] = []
  /// How often checks were seen to fail: each time, whoever had the turn had it for nothing.
  private(set) var failures = 0
  private(set) var violations: [String] = []

  init(count: Int, seed: UInt64) async throws {
    let fake = try await FakeGitHub.start()
    self.fake = fake
    let clock = self.clock
    let source = ForgeSource {
      var configuration = try GitHubConfiguration(repository: "acme/demo", api: fake.url)
      configuration.pace = SurveyPace(unsettledSeconds: 20, settledSeconds: 200)
      return try GitHubForge(
        configuration, tokens: .fixed(AccessToken("good")), budget: APIBudget(clock: clock.clock),
        clock: clock.clock)
    }
    place = ForgePlace(source, owner: nil, clock: { clock.now })
    desk = ForgeDesk(source, label: "orch", watchLabel: "orch", owner: nil)
    var random = SeededRandom(seed: seed)
    for index in 0..<count {
      let number = fake.edit { $0.addPull("b\(index)") }
      let isFaulty = Int.random(in: 0..<10, using: &random) == 0
      let faults = isFaulty ? [1, 1, 1, 9].randomElement(using: &random) ?? 1 : 0
      var task = TaskView(id: "\(number)", title: "T\(number)")
      task.status = .inReview
      task.base = "main"
      task.createdAt = number
      task.route = Route(executor: "a", reason: "r")
      let head = fake.state.pulls[number]?.sha ?? ""
      task.pullRequest = PullRequestView(id: "#\(number)", head: head, baseHead: base)
      tasks[task.id] = task
      branches[task.id] = Branch(
        name: "b\(index)", contained: base, faults: faults, ranAt: clock.now)
      queueChecks(task.id)
    }
  }

  /// One look and what follows from it; somebody else pushes to the base, and somebody comments, if wanted.
  func step(isBaseMoving: Bool, comments: Bool) async throws {
    let start = clock.now
    fake.clearLog()
    if isBaseMoving { moveBase() }
    if comments { comment() }
    runChecks()
    for (id, end) in workers where end <= clock.now { try await endWorker(id) }
    let survey = try await desk.survey(of: IssueLinks(tasks.values))
    try await desk.heard()
    if comments, survey.orders.isEmpty { violations.append("an order was not heard") }
    var world = try await world()
    for item in Planner.observations(world) {
      for event in item.events { store(event, item.task) }
      world.looks[item.task]?.revision = tasks[item.task]?.pullRequest?.revision ?? 0
    }
    world.tasks = tasks
    for effect in Planner.plan(world).effects { try await carryOut(effect) }
    count()
    clock.advance(max(0, Self.period - (clock.now - start)))
  }

  /// What the whole time has cost: requests that count, requests that are free, and the most points of a minute.
  var cost: (counted: Int, free: Int, points: Int) {
    let looks = 60_000 / Self.period
    let minutes = costs.indices.map { index in
      costs[max(0, index - looks + 1)...index].reduce(0) { $0 + $1.points }
    }
    return (
      costs.reduce(0) { $0 + $1.counted }, costs.reduce(0) { $0 + $1.free }, minutes.max() ?? 0
    )
  }

  private func count() {
    var cost = Cost()
    for entry in fake.log {
      if entry.isCounted { cost.counted += 1 } else { cost.free += 1 }
      cost.points += entry.points
    }
    costs.append(cost)
  }

  private func commit() -> String {
    commits += 1
    return FakeState.sha(commits)
  }

  private func moveBase() {
    base = commit()
    fake.edit { [base] in $0.branches["main"] = base }
  }

  private func comment() {
    guard let task = tasks.values.filter({ $0.status == .inReview }).min(by: { $0.id < $1.id }),
      let number = task.pullRequest?.number
    else { return }
    fake.edit { state in
      let text = FakeState.Text(
        id: state.next(), author: "ann", body: "@orch go on", association: "MEMBER")
      state.pulls[number]?.comments.append(text)
      state.pulls[number]?.updates += 1
    }
  }

  /// CI ends on what was pushed long enough ago.
  private func runChecks() {
    for (id, branch) in branches where clock.now - branch.ranAt >= Self.checking {
      guard let number = Int(id) else { continue }
      fake.edit { state in
        guard let checks = state.pulls[number]?.checks else { return }
        for index in checks.indices where checks[index].status != "COMPLETED" {
          state.pulls[number]?.checks[index].status = "COMPLETED"
          state.pulls[number]?.checks[index].conclusion =
            branch.faults > 0 ? "FAILURE" : "SUCCESS"
        }
      }
    }
  }

  private func queueChecks(_ id: String) {
    guard let number = Int(id) else { return }
    fake.edit { state in
      let (id, run) = (state.next(), state.next())
      state.pulls[number]?.checks = [
        .init(id: id, name: "ci", status: "QUEUED", conclusion: nil, workflowRun: run)
      ]
      state.pulls[number]?.updates += 1
    }
    branches[id]?.ranAt = clock.now
  }

  private func watched(_ task: TaskView) -> WatchedPullRequest {
    WatchedPullRequest(
      task: task, branch: branches[task.id]?.name ?? "", base: "main",
      branchHead: task.pullRequest?.head, baseHead: base,
      contained: branches[task.id]?.contained)
  }

  private func world() async throws -> World {
    var world = World()
    world.now = clock.now
    world.tasks = tasks
    world.agents = [AgentAvailability(name: "a")]
    world.jobs = 4
    world.host = "h"
    let seen = try await place.survey(tasks.values.filter(\.isWatched).map(watched))
    for (id, part) in seen {
      guard let task = tasks[id], let view = task.pullRequest else { continue }
      var look = Look(
        takenAt: clock.now, revision: view.revision, baseHead: base, branchHead: view.head,
        contained: branches[id]?.contained ?? view.baseHead)
      look.state = part.state
      look.checks = part.checks
      look.expectsChecks = part.expectsChecks
      look.baseChecks = part.baseChecks
      look.reviews = part.reviews
      look.mergeability = part.mergeability
      look.liveWorkers = Set(task.status == .inProgress ? [task.highestToken] : [])
      world.looks[id] = look
    }
    return world
  }

  private func carryOut(_ effect: Effect) async throws {
    let id = effect.task
    guard let task = tasks[id] else { return }
    switch effect {
    case .pullRequest(_, .rebase):
      let head = push(id)
      branches[id]?.contained = base
      store(.rebased(CommitPair(head: head, base: base), token: nil), id)
    case .pullRequest(_, .merge(let pair)): try await merge(task, pair)
    case .pullRequest(_, .rerun(let pair, let runs)):
      let asked = try await place.rerun(runs, of: watched(task))
      if asked != runs { violations.append("\(id) could not be run again") }
      queueChecks(id)
      store(.checksRerun(pair, runs), id)
    case .pullRequest(_, .repair):
      _ = try await place.evidence(of: task.pullRequest?.failedChecks ?? [], in: watched(task))
      tasks[id]?.status = .routed
      tasks[id]?.nextPurpose = .repair
    case .pullRequest(_, .askPerson(let question)):
      try await place.ask(question, about: watched(task))
      store(.personAsked, id)
      tasks[id]?.status = .needsReview
      tasks[id]?.reason = question.text
    case .start: try await start(task)
    case .resumeReview: tasks[id]?.status = .inReview
    case .supervise, .cleanUp: break
    default: violations.append("\(effect) is not expected")
    }
  }

  @discardableResult
  private func push(_ id: String) -> String {
    let head = commit()
    guard let number = Int(id) else { return head }
    fake.edit { state in
      state.pulls[number]?.sha = head
      if let name = state.pulls[number]?.head { state.branches[name] = head }
    }
    queueChecks(id)
    return head
  }

  private func merge(_ task: TaskView, _ pair: CommitPair) async throws {
    guard pair.base == base, store(.mergeStarted(pair), task.id) else { return }
    if branches[task.id]?.faults ?? 0 > 0 {
      violations.append("\(task.id) is merged without evidence")
    }
    let text = PullRequestText(title: task.title, body: "")
    let order = PlaceMerge(pair: pair, method: .merge, message: text)
    guard case .merged(let commit) = try await place.merge(watched(task), order) else {
      return violations.append("\(task.id) is not merged")
    }
    moveBase()
    merges.append(task.id)
    store(.merged(as: commit), task.id)
    tasks[task.id]?.status = .done
    _ = try await place.close(watched(tasks[task.id] ?? task))
    tasks[task.id]?.isCleanedUp = true
  }

  private func start(_ task: TaskView) async throws {
    guard let view = task.pullRequest else { return }
    _ = try await place.remarks(on: watched(task))
    let token = task.highestToken + 1
    var attempt = Attempt(number: token, token: token, agent: "a")
    attempt.purpose = .repair
    attempt.host = "h"
    tasks[task.id]?.attempts.append(attempt)
    tasks[task.id]?.highestToken = token
    tasks[task.id]?.status = .inProgress
    store(.repairStarted(token: token, obligations: view.openFailures.map(\.id)), task.id)
    workers[task.id] = clock.now + Self.working
  }

  private func endWorker(_ id: String) async throws {
    workers[id] = nil
    guard let task = tasks[id], let last = task.attempts.indices.last else { return }
    let head = push(id)
    branches[id]?.faults -= 1
    tasks[id]?.attempts[last].endedAt = clock.now
    tasks[id]?.attempts[last].outcome = .succeeded
    _ = try await place.publish(
      watched(task), text: PullRequestText(title: task.title, body: "repaired"))
    let onto = branches[id]?.contained ?? ""
    store(.repaired(token: task.highestToken, head: head, onto: onto), id)
    tasks[id]?.status = .inReview
  }

  @discardableResult
  private func store(_ event: PullRequestEvent, _ id: String) -> Bool {
    guard let view = tasks[id]?.pullRequest,
      let next = try? PullRequestMachine.transition(view, on: event, at: clock.now)
    else { return false }
    tasks[id]?.pullRequest = next
    if case .checksFailed = event { failures += 1 }
    return true
  }
}
