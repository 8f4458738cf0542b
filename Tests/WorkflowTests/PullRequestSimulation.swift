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

  private(set) var worker: Worker?
  private var tokens = 0
  private var stored: [(event: PullRequestEvent, at: Int)] = []
  private var oldLook: Look?
  private(set) var lastLook: Look?
  private var greenPairs: Set<CommitPair> = []
  private var rebaseWorkers = 0
  private var repairWorkers = 0
  private var reruns: [CommitPair: [String: Int]] = [:]
  private var reviewDue: Int?

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    rules.limits.patienceMilliseconds = 30 * Self.tick
    rules.policy = Bool.random(using: &random) ? .whenGreen : .whenApproved
    rules.reviewAgent = Int.random(in: 0..<3, using: &random) == 0 ? "bot" : nil
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

  private mutating func decide(on look: Look) {
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
  private mutating func store(_ event: PullRequestEvent) -> Bool {
    guard (try? PullRequestMachine.transition(view, on: event, at: clock)) != nil else {
      return false
    }
    record(event, at: clock)
    return true
  }

  private mutating func record(_ event: PullRequestEvent, at time: Int) {
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
  private mutating func checkObligations(_ before: PullRequestView, _ event: PullRequestEvent) {
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

  private mutating func countAttempts(_ event: PullRequestEvent) {
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

  private mutating func begin(_ token: Int, isRebase: Bool) {
    if let worker, !worker.isStillborn { violations.append("two workers at once") }
    if isRebase { rebaseWorkers += 1 } else { repairWorkers += 1 }
    worker = Worker(
      token: token, isRebase: isRebase,
      endsAt: clock + Int.random(in: 1...4, using: &random) * Self.tick, base: model.base,
      isStillborn: isChaotic && chance(1, in: 8, &random))
  }

  // MARK: What the engine does

  private mutating func carryOut(_ effect: PullRequestEffect) {
    effects += 1
    lastActivity = clock
    if isChaotic, chance(1, in: 8, &random) { return }
    let forgets = isChaotic && chance(1, in: 10, &random)
    switch effect {
    case .rebase(let pair): rebase(pair, forgets: forgets)
    case .settleConflict(let pair, _):
      if pair != view.pair { violations.append("a conflict of another pair") }
      tokens += 1
      _ = store(.rebaseStarted(token: tokens))
    case .runChecks: violations.append("the forge runs the checks")
    case .rerun(let pair, let runs): rerun(pair, runs)
    case .repair(let pair, let ids): repair(pair, ids)
    case .askReviewer(let head):
      if store(.reviewAsked(head: head)) {
        reviewDue = chance(1, in: 8, &random) && isChaotic ? nil : clock + 2 * Self.tick
      }
    case .merge(let pair): merge(pair, forgets: forgets)
    case .askPerson(let question):
      if question.isDelivered { violations.append("a person is asked twice") }
      if chance(4, in: 5, &random) { _ = store(.personAsked) }
    }
  }

  private mutating func rebase(_ pair: CommitPair, forgets: Bool) {
    if Bool.random(using: &random), view.status == .behind { _ = store(.rebaseStarted(token: nil)) }
    guard model.state == .open, !model.isBaseGone, let head = model.branch else { return }
    if model.conflicts(head, with: model.base) {
      _ = store(.conflicted(pair, files: ["shared.txt"]))
      return
    }
    // The lease: somebody else has pushed.
    guard head == pair.head, let old = model.heads[head], old.contained < model.base else { return }
    let new = model.push(work: old.work, onto: model.base)
    if forgets { return }
    if !store(.rebased(CommitPair(head: new, base: "b\(model.base)"), token: nil)) {
      violations.append("a rebase that was pushed cannot be recorded in \(view.status)")
    }
  }

  private mutating func rerun(_ pair: CommitPair, _ runs: [FailedCheck]) {
    for run in runs {
      reruns[pair, default: [:]][run.name, default: 0] += 1
      if (reruns[pair]?[run.name] ?? 0) > rules.limits.maxCheckReruns {
        violations.append("'\(run.name)' is run too often on one pair")
      }
      model.begin(run.name, pair, at: clock, &random)
    }
    _ = store(.checksRerun(pair, runs))
  }

  private mutating func repair(_ pair: CommitPair, _ ids: [String]) {
    let reviews = ids.filter { $0.hasPrefix("review:") }
    for name in RepositoryModel.checkNames where ids.contains("check:\(name)@\(pair.head)") {
      if lastLook?.baseChecks[name] == .failed {
        violations.append("'\(name)' is repaired although the base fails too")
      }
      if greenPairs.contains(pair) { violations.append("a flaky check is repaired") }
    }
    if ids.isEmpty || (reviews.isEmpty && view.evidence != false) {
      violations.append("a repair of nothing")
    }
    tokens += 1
    _ = store(.repairStarted(token: tokens, obligations: ids))
  }

  private mutating func merge(_ pair: CommitPair, forgets: Bool) {
    guard view.status == .merging || store(.mergeStarted(pair)) else { return }
    if isChaotic, chance(1, in: 8, &random) { return }
    let isRefused = model.refusesMerges || model.isDraft || model.state != .open
    guard !isRefused, model.pair == pair, !model.isBaseGone else {
      _ = store(.mergeRefused(pair, reason: "405"))
      return
    }
    if !model.isGreen(pair, at: clock) { violations.append("merged without evidence of \(pair)") }
    let standing = Self.objections(lastLook)
    if !standing.isEmpty { violations.append("merged against \(standing)") }
    model.state = .merged(as: "m")
    if !forgets { _ = store(.merged(as: "m")) }
  }

  /// The reviewers who object as the forge shows it.
  private static func objections(_ look: Look?) -> [String] {
    guard let look else { return [] }
    var last: [String: Review] = [:]
    for review in look.reviews where review.verdict != .commented { last[review.reviewer] = review }
    return last.values.filter { $0.isObjection && !look.dismissed.contains($0.id) }
      .map(\.reviewer)
  }

  // MARK: What ends by itself

  private mutating func endWorker() {
    guard let ended = worker, ended.endsAt <= clock else { return }
    worker = nil
    if ended.isStillborn { return }
    let fate = Int.random(in: 0..<(isChaotic ? 10 : 8), using: &random)
    guard fate != 9 else { return }
    guard fate > 1, let old = model.branch, model.state == .open, old == view.head else {
      _ = store(
        ended.isRebase
          ? .rebaseFailed(token: ended.token, reason: "nothing done")
          : .repairFailed(token: ended.token, reason: "nothing done"))
      return
    }
    if fate == 8 {
      _ = store(.escalated(Question(.worker, "which design?")))
      return
    }
    let work = model.newWork()
    if chance(isChaotic ? 2 : 1, in: 5, &random) { model.broken[work] = ["test"] }
    let base = ended.isRebase ? ended.base : model.heads[old]?.contained ?? 0
    let head = model.push(work: work, onto: base)
    let event: PullRequestEvent =
      ended.isRebase
      ? .rebased(CommitPair(head: head, base: "b\(base)"), token: ended.token)
      : .repaired(token: ended.token, head: head, onto: "b\(base)")
    _ = store(event)
  }

  private mutating func reviewByAgent() {
    guard let agent = rules.reviewAgent, let due = reviewDue, due <= clock, let head = model.branch,
      model.state == .open
    else { return }
    reviewDue = nil
    let verdict: Review.Verdict = chance(1, in: 2, &random) ? .approved : .changesRequested
    PeopleModel.say(verdict, by: agent, of: head, &model)
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
