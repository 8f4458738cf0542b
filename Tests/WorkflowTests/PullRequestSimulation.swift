import TestSupport
import Workflow

/// One pull request, from its opening to its end, with an engine that crashes and looks that are late.
///
/// The watcher decides; this carries out what it says against the model, and notes whatever must never happen.
struct PullRequestSimulation {
  /// A worker that is running.
  struct Worker {
    var token: Int
    var isRebase: Bool
    var endsAt: Int
    var base: Int
    /// True if it was recorded and never ran.
    var isStillborn: Bool
  }

  static let tick = 60_000

  var random: SeededRandom
  var model = RepositoryModel()
  var view = PullRequestView(id: "7", head: "h0", baseHead: "b0")
  var rules = PullRequestRules()
  var clock = tick
  /// True while people act and things go wrong.
  var isChaotic = true
  var violations: [String] = []
  /// Effects that were begun since the last outside change.
  var effects = 0
  /// The time of the last event or effect.
  var lastActivity = 0

  var worker: Worker?
  var tokens = 0
  var stored: [(event: PullRequestEvent, at: Int)] = []
  var oldLook: Look?
  var lastLook: Look?
  var greenPairs: Set<CommitPair> = []
  var rebaseWorkers = 0
  var repairWorkers = 0
  var reruns: [CommitPair: [String: Int]] = [:]
  var reviewDue: Int?

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    rules.limits.patienceMilliseconds = 30 * Self.tick
    rules.policy = Bool.random(using: &random) ? .whenGreen : .whenApproved
    rules.reviewAgent = Int.random(in: 0..<3, using: &random) == 0 ? Review.agent : nil
    if Bool.random(using: &random) { model.broken[0] = ["test"] }
  }

  /// Ticks since the last event or effect.
  var quietTicks: Int { (clock - lastActivity) / Self.tick }

  func chance(_ one: Int, in many: Int, _ random: inout SeededRandom) -> Bool {
    Int.random(in: 0..<many, using: &random) < one
  }

  /// One tick: people, the forge, workers, a look, and what follows from it.
  mutating func step() {
    clock += Self.tick
    model.mayStick = isChaotic
    if isChaotic, chance(1, in: 3, &random) {
      PeopleModel.act(on: &model, &random)
      effects = 0
    }
    model.beginChecks(at: clock, &random)
    endWorker()
    reviewByAgent()
    if isChaotic, chance(1, in: 5, &random) { return }
    var look = model.look(at: clock, revision: view.revision)
    look.liveWorkers = Set([worker].compactMap { $0 }.filter { !$0.isStillborn }.map(\.token))
    if isChaotic, let oldLook, chance(1, in: 5, &random) { look = oldLook }
    if chance(1, in: 3, &random) { oldLook = look }
    decide(on: look)
  }

  mutating func decide(on look: Look) {
    do {
      let decision = try Watcher.decide(view, look, rules: rules)
      for event in decision.events { record(event, at: look.takenAt) }
      if view != decision.view { violations.append("the stored events give another view") }
      if decision.wait == .staleLook { return }
      lastLook = look
      if view.evidence == true { greenPairs.insert(view.pair) }
      for effect in decision.effects { carryOut(effect) }
    } catch {
      violations.append("an event of the watcher is illegal: \(error.sentence)")
    }
  }

  /// Stores an event of the engine's own; one that is illegal by now is dropped.
  mutating func store(_ event: PullRequestEvent) -> Bool {
    guard (try? PullRequestMachine.transition(view, on: event, at: clock)) != nil else {
      return false
    }
    record(event, at: clock)
    return true
  }

  mutating func record(_ event: PullRequestEvent, at time: Int) {
    let before = view
    do {
      view = try PullRequestMachine.transition(view, on: event, at: time)
    } catch {
      violations.append("illegal: \(error.sentence)")
      return
    }
    stored.append((event, time))
    lastActivity = clock
    checkObligations(before, event)
    countAttempts(event)
  }

  /// What ended an obligation must be true.
  mutating func checkObligations(_ before: PullRequestView, _ event: PullRequestEvent) {
    let open = Set(view.obligations.open.map(\.id))
    for old in before.obligations.open where !open.contains(old.id) {
      guard let now = view.obligations.entries.last(where: { $0.id == old.id }) else {
        violations.append("\(old.id) is gone without an end")
        continue
      }
      switch now.end {
      case .headMoved(let to):
        if to != view.head || to == before.head { violations.append("\(old.id): no move") }
      case .personAsked:
        if view.question?.isDelivered != true { violations.append("\(old.id): nobody asked") }
      case .over:
        if view.mergedAs == nil, !view.isClosed { violations.append("\(old.id): not over") }
      case .withdrawn, nil: break
      }
    }
  }

  mutating func countAttempts(_ event: PullRequestEvent) {
    switch event.kind {
    case .branchMoved, .answered, .reopened: (rebaseWorkers, repairWorkers, reruns) = (0, 0, [:])
    case .rebased: rebaseWorkers = 0
    case .checksPassed: repairWorkers = 0
    case .baseMoved: reruns = [:]
    default: break
    }
    if case .rebaseStarted(let token?) = event { begin(token, isRebase: true) }
    if case .repairStarted(let token, _) = event { begin(token, isRebase: false) }
    if rebaseWorkers > rules.limits.maxRebaseTries { violations.append("too many rebase workers") }
    if repairWorkers > rules.limits.maxRepairTries { violations.append("too many repair workers") }
  }

  mutating func begin(_ token: Int, isRebase: Bool) {
    if let worker, !worker.isStillborn { violations.append("two workers at once") }
    if isRebase { rebaseWorkers += 1 } else { repairWorkers += 1 }
    worker = Worker(
      token: token, isRebase: isRebase,
      endsAt: clock + Int.random(in: 1...4, using: &random) * Self.tick, base: model.base,
      isStillborn: isChaotic && chance(1, in: 8, &random))
  }

  // MARK: The end

  /// From now on nobody acts and nothing goes wrong.
  mutating func calmDown() {
    isChaotic = false
    effects = 0
    lastActivity = clock
  }

  /// The person that was asked lets it go on.
  mutating func answer() {
    guard view.question?.isDelivered == true else { return }
    _ = store(.answered(reason: "go on"))
  }

  /// Approves what is there now, in the name of those that are waited for.
  mutating func approve(_ reviewers: [String]) {
    guard let head = model.branch else { return }
    for reviewer in reviewers { PeopleModel.say(.approved, by: reviewer, of: head, &model) }
  }

  /// What the pull request waits for as a look of now sees it.
  func wait() -> PullRequestWait? {
    try? Watcher.decide(view, model.look(at: clock, revision: view.revision), rules: rules).wait
  }

  /// The stored events, folded anew, as after a restart.
  func refolded() -> PullRequestView? {
    try? stored.reduce(PullRequestView(id: "7", head: "h0", baseHead: "b0")) {
      try PullRequestMachine.transition($0, on: $1.event, at: $1.at)
    }
  }

  /// The last events, for a report.
  var story: String {
    stored.suffix(25).map { "\($0.at / Self.tick) \($0.event)" }.joined(separator: "\n")
  }
}
