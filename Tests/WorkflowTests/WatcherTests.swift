import TestSupport
import Testing
import Workflow

@Suite struct `Watching a pull request` {
  private typealias Samples = PullRequestSamples

  /// A look that sees what the view knows.
  private func look(_ view: PullRequestView, at time: Int = 2000) -> Look {
    Look(
      takenAt: time, revision: view.revision, baseHead: view.targetBase, branchHead: view.head,
      contained: view.baseHead)
  }

  /// Decides on a look that began with the view as it is.
  private func decide(
    _ view: PullRequestView, _ look: Look, rules: PullRequestRules = PullRequestRules()
  ) throws -> WatchDecision {
    var fresh = look
    fresh.revision = view.revision
    return try Watcher.decide(view, fresh, rules: rules)
  }

  private func check(
    _ state: CheckLook.State, _ pair: CommitPair, name: String = "test", run: String = "1"
  ) -> CheckLook {
    CheckLook(name: name, state: state, run: run, pair: pair)
  }

  @Test(arguments: PullRequestStatus.allCases)
  func `the same look twice brings nothing the second time`(status: PullRequestStatus) throws {
    let view = try Samples.view(status)
    var look = look(view)
    look.baseHead = "b5"
    look.checks = [check(.failed, CommitPair(head: "h1", base: "b5"))]
    look.reviews = [Review(id: "r8", reviewer: "eve", verdict: .changesRequested, head: "h1")]
    let first = try Watcher.decide(view, look)
    look.revision = first.view.revision
    let second = try Watcher.decide(first.view, look)
    #expect(second.events.isEmpty)
    #expect(second.view == first.view)
    #expect(second.call == first.call)
  }

  @Test func `a look that is older than the last event is not listened to`() throws {
    let view = try Samples.view(.green)
    var old = look(view)
    old.revision -= 1
    old.branchHead = "h0"
    let decision = try Watcher.decide(view, old)
    #expect(decision.events.isEmpty)
    #expect(decision.wait == .staleLook)
  }

  @Test func `a moved base is followed by a rebase, a check and a merge`() throws {
    var view = try Samples.view(.green)
    var look = look(view)
    look.baseHead = "b2"
    let moved = try decide(view, look)
    #expect(moved.events == [.baseMoved(to: "b2", onto: "b1")])
    #expect(moved.effects == [.rebase(CommitPair(head: "h1", base: "b2"))])
    let pair = CommitPair(head: "h2", base: "b2")
    view = try PullRequestMachine.transition(moved.view, on: .rebased(pair, token: nil), at: 2500)
    look = self.look(view, at: 3000)
    look.checks = [check(.passed, CommitPair(head: "h1", base: "b1")), check(.pending, pair)]
    let pending = try decide(view, look)
    #expect(pending.wait == .checks)
    look.checks = [check(.passed, pair)]
    let green = try decide(pending.view, look)
    #expect(green.events == [.checksPassed(pair)])
    #expect(green.effects == [.merge(pair)])
  }

  @Test func `one that waits behind its base is told of a moved base when it has its turn`() throws
  {
    let view = try Samples.view(.behind)
    var look = look(view)
    look.baseHead = "b7"
    look.hasTurn = false
    let waiting = try decide(view, look)
    #expect(waiting.events.isEmpty)
    #expect(waiting.wait == .turn)
    look.hasTurn = true
    let called = try decide(view, look)
    #expect(called.events == [.baseMoved(to: "b7", onto: view.baseHead)])
    #expect(called.effects == [.rebase(CommitPair(head: view.head, base: "b7"))])
    // A push of somebody's, or a base that took a part of it in, is news all the same.
    look.hasTurn = false
    look.contained = "b7"
    let contained = try decide(view, look)
    #expect(
      contained.events == [
        .baseMoved(to: "b7", onto: "b7"), .checksStarted(CommitPair(head: view.head, base: "b7")),
      ])
    look.contained = view.baseHead
    look.branchHead = "h9"
    let pushed = try decide(view, look)
    #expect(
      pushed.events == [
        .branchMoved(to: "h9", onto: view.baseHead), .baseMoved(to: "b7", onto: view.baseHead),
      ])
  }

  @Test(arguments: [PullRequestStatus.open, .green, .conflicted, .failing])
  func `any other is told at once`(status: PullRequestStatus) throws {
    let view = try Samples.view(status)
    var look = look(view)
    look.baseHead = "b7"
    look.hasTurn = false
    #expect(try decide(view, look).events == [.baseMoved(to: "b7", onto: view.baseHead)])
  }

  @Test func `a flaky check is run once more and nobody repairs it`() throws {
    let view = Samples.open
    var look = look(view)
    look.checks = [check(.failed, view.pair)]
    let failed = try decide(view, look)
    let run = FailedCheck(name: "test", run: "1")
    #expect(failed.effects == [.rerun(view.pair, [run])])
    let asked = try PullRequestMachine.transition(
      failed.view, on: .checksRerun(view.pair, [run]), at: 2000)
    // The forge still shows the run in doubt.
    #expect(try decide(asked, look).wait == .checks)
    look.checks = [check(.passed, view.pair, run: "2")]
    let passed = try decide(asked, look)
    #expect(passed.view.status == .green)
    #expect(passed.view.obligations.open.isEmpty)
    #expect(passed.view.repairTries == 0)
  }

  @Test func `a failure that the base has too waits for the base and is then the base's no more`()
    throws
  {
    let view = Samples.open
    var look = look(view)
    look.checks = [check(.failed, view.pair), check(.passed, view.pair, name: "lint")]
    look.baseChecks = ["test": .failed]
    let waiting = try decide(view, look)
    #expect(waiting.wait == .base(checks: ["test"]))
    look.baseHead = "b2"
    let moved = try decide(waiting.view, look)
    #expect(moved.effects == [.rebase(CommitPair(head: "h1", base: "b2"))])
    look.baseHead = "b1"
    look.baseChecks = ["test": .passed]
    let own = try decide(waiting.view, look)
    #expect(own.effects == [.rerun(view.pair, [FailedCheck(name: "test", run: "1")])])
  }

  @Test func `a required check that never begins is waited for, and then a person is asked`() throws
  {
    let view = Samples.open
    var rules = PullRequestRules()
    rules.requiredChecks = ["deploy"]
    var look = look(view)
    look.checks = [check(.passed, view.pair)]
    let waiting = try decide(view, look, rules: rules)
    #expect(waiting.wait == .checks)
    look.takenAt += rules.limits.patienceMilliseconds + 1
    let asked = try decide(waiting.view, look, rules: rules)
    #expect(asked.view.question?.cause == .checksNeverEnded)
    #expect(asked.view.question?.text.contains("'deploy' is required") == true)
    guard case .askPerson = asked.effects.first else {
      Issue.record("\(asked.call)")
      return
    }
    look.checks.append(check(.passed, view.pair, name: "deploy"))
    #expect(try decide(asked.view, look, rules: rules).effects == [.merge(view.pair)])
  }

  @Test func `no checks at all are only green if none is expected`() throws {
    var look = look(Samples.open)
    #expect(try decide(Samples.open, look).wait == .checks)
    look.expectsChecks = false
    #expect(try decide(Samples.open, look).view.status == .green)
  }

  @Test func `what was green without any checks is checked once there are some`() throws {
    var rules = PullRequestRules()
    rules.runsChecks = true
    var unchecked = try Samples.after([.checksPassed(Samples.open.pair)])
    unchecked.isUnchecked = true
    var look = look(unchecked)
    look.checks = []
    look.expectsChecks = false
    #expect(try decide(unchecked, look, rules: rules).effects == [.merge(unchecked.pair)])
    look.expectsChecks = true
    let decision = try decide(unchecked, look, rules: rules)
    #expect(decision.events == [.checksStarted(unchecked.pair)])
    #expect(decision.effects == [.runChecks(unchecked.pair)])
    let passed = try PullRequestMachine.transition(
      decision.view, on: .checksPassed(unchecked.pair), at: 0)
    #expect(try decide(passed, look, rules: rules).effects == [.merge(unchecked.pair)])
  }

  @Test func `a person's push is accepted, drops approvals and answers what was asked`() throws {
    let approved = try Samples.view(.approved)
    var look = look(approved)
    look.branchHead = "h5"
    let pushed = try decide(approved, look)
    #expect(pushed.events.first == .branchMoved(to: "h5", onto: "b1"))
    #expect(!pushed.view.isApproved)
    let escalated = try Samples.after(
      [.conflicted(Samples.open.pair, files: ["a"]), .escalated(Question(.conflict, "which?"))])
    let answered = try decide(escalated, look)
    #expect(answered.view.question == nil)
    #expect(answered.view.obligations.open.isEmpty)
  }

  @Test func `a push during orch's own rebase or merge calls that off, a worker goes on`() throws {
    for status in [PullRequestStatus.rebasing, .merging] {
      let view = try Samples.view(status)
      var look = look(view)
      look.branchHead = "h5"
      look.contained = view.targetBase
      let pushed = try decide(view, look)
      #expect(pushed.view.activity == nil)
      #expect(pushed.wait == .checks)
    }
    let repairing = try Samples.view(.repairing)
    var look = look(repairing)
    look.branchHead = "h5"
    #expect(try decide(repairing, look).wait == .worker(token: 1))
  }

  @Test func `a rejection asks a person, and dismissing it goes on`() throws {
    let green = try Samples.view(.green)
    var look = look(green)
    look.checks = [check(.passed, green.pair)]
    look.reviews = [Review(id: "r1", reviewer: "eve", verdict: .rejected, head: "h1")]
    let rejected = try decide(green, look)
    #expect(rejected.view.status == .escalated)
    look.dismissed = ["r1"]
    let dismissed = try decide(rejected.view, look)
    #expect(dismissed.effects == [.merge(green.pair)])
  }

  @Test func `merged or closed by someone is accepted in every status`() throws {
    for status in PullRequestStatus.allCases where status != .merged {
      let view = try Samples.view(status)
      var look = look(view)
      look.state = .merged(as: "m5")
      #expect(try decide(view, look).view.status == .merged)
      look.state = .closed
      let closed = try decide(view, look)
      #expect(closed.view.status == .closed)
      #expect(closed.view.obligations.open.isEmpty)
      #expect(closed.call == .rest)
    }
  }

  @Test func `a gone base or branch is a question that answers itself`() throws {
    for (isBase, cause) in [(true, Question.Cause.baseGone), (false, .branchGone)] {
      let green = try Samples.view(.green)
      var look = look(green)
      look.checks = [check(.passed, green.pair)]
      if isBase { look.baseHead = nil } else { look.branchHead = nil }
      let asked = try decide(green, look)
      #expect(asked.view.question?.cause == cause)
      #expect(try decide(asked.view, look).events.isEmpty)
      look.baseHead = "b1"
      look.branchHead = "h1"
      #expect(try decide(asked.view, look).effects == [.merge(green.pair)])
    }
  }

  @Test func `a question about a review is not answered by checks that pass`() throws {
    let green = try Samples.view(.green)
    var look = look(green)
    look.checks = [check(.passed, green.pair)]
    look.reviews = [Review(id: "r8", reviewer: "eve", verdict: .changesRequested, head: "h1")]
    var rules = PullRequestRules()
    rules.limits.maxRepairTries = 0
    let asked = try decide(green, look, rules: rules).view
    #expect(asked.question?.cause == .repair)
    let told = try PullRequestMachine.transition(asked, on: .personAsked, at: 3000)
    #expect(try decide(told, look, rules: rules).events.isEmpty)
    look.reviews.append(Review(id: "r9", reviewer: "eve", verdict: .approved, head: "h1"))
    #expect(try decide(told, look, rules: rules).view.question == nil)
  }

  @Test func `a branch that somebody reset to the base is asked about, not merged`() throws {
    let green = try Samples.view(.green)
    var look = look(green)
    (look.branchHead, look.contained) = ("b1", "b1")
    let asked = try decide(green, look)
    #expect(asked.view.question?.cause == .branchEmptied)
    #expect(asked.effects.map(\.step) == ["ask a person"])
    #expect(try decide(asked.view, look).events.isEmpty)
    // Commits of its own again answer it.
    look.branchHead = "h7"
    #expect(try decide(asked.view, look).view.question == nil)
  }

  @Test func `a worker that is gone without a word is not waited for`() throws {
    let repairing = try Samples.view(.repairing)
    var look = look(repairing)
    look.checks = [check(.failed, repairing.pair)]
    look.liveWorkers = [1]
    #expect(try decide(repairing, look).wait == .worker(token: 1))
    look.liveWorkers = []
    let gone = try decide(repairing, look)
    #expect(gone.view.status == .failing)
    #expect(gone.view.repairTries == 1)
    #expect(gone.view.obligations.open.first?.deliveredTo == nil)
  }

  @Test func `what holds a merge is named`() throws {
    let green = try Samples.view(.green)
    var rules = PullRequestRules()
    rules.requiredLabels = ["ready"]
    var look = look(green)
    look.checks = [check(.passed, green.pair)]
    #expect(try decide(green, look, rules: rules).wait == .hold(.label("ready")))
    look.labels = ["ready"]
    look.isQuiet = true
    #expect(try decide(green, look, rules: rules).wait == .hold(.quietHours))
    look.isQuiet = false
    look.mergeability = .unknown
    #expect(try decide(green, look, rules: rules).wait == .hold(.unknownMergeability))
    look.mergeability = .clean
    // What was not read may be an objection.
    look.isCut = true
    #expect(try decide(green, look, rules: rules).wait == .hold(.unread))
    look.isCut = false
    #expect(try decide(green, look, rules: rules).effects == [.merge(green.pair)])
  }

  @Test func `a rule of the base that stays unmet is waited for, and then a person is asked`()
    throws
  {
    let green = try Samples.view(.green)
    let rules = PullRequestRules()
    let patience = rules.limits.patienceMilliseconds
    var look = look(green)
    look.checks = [check(.passed, green.pair)]
    look.mergeability = .blocked
    // It has been green for long when the rule comes up: what counts is how long the rule is in the way.
    look.takenAt += 10 * patience
    let held = try decide(green, look)
    #expect(held.events == [.held(green.pair)])
    #expect(held.wait == .hold(.rule))
    look.takenAt += patience
    let waiting = try decide(held.view, look)
    #expect(waiting.events.isEmpty)
    #expect(waiting.wait == .hold(.rule))
    look.takenAt += 1
    let asked = try decide(waiting.view, look)
    #expect(asked.view.question?.cause == .heldBack)
    #expect(asked.view.question?.text.contains("a required check that nothing runs") == true)
    // Once the rule is met, nobody has to answer.
    look.mergeability = .clean
    #expect(try decide(asked.view, look).effects == [.merge(green.pair)])
    // A person who says that it should wait on is not asked again at once.
    let answered = try PullRequestMachine.transition(
      asked.view, on: .answered(reason: "wait on"), at: look.takenAt)
    look.mergeability = .blocked
    #expect(try decide(answered, look).wait == .hold(.rule))
  }

  @Test func `a rule's time counts on over rebases, and not once it was met`() throws {
    let green = try Samples.view(.green)
    let patience = PullRequestRules().limits.patienceMilliseconds
    var look = look(green)
    look.checks = [check(.passed, green.pair)]
    look.mergeability = .blocked
    let held = try decide(green, look).view
    look.takenAt += patience / 2
    look.baseHead = "b2"
    let moved = CommitPair(head: "h2", base: "b2")
    var view = try decide(held, look).view
    view = try PullRequestMachine.transition(
      view, on: .rebaseStarted(token: nil), at: look.takenAt)
    view = try PullRequestMachine.transition(
      view, on: .rebased(moved, token: nil), at: look.takenAt)
    // Its checks run for long: the rule is not what is in the way.
    look.branchHead = moved.head
    look.contained = moved.base
    look.takenAt += 10 * patience
    look.checks = [check(.passed, moved)]
    let again = try decide(view, look)
    #expect(again.events == [.checksPassed(moved), .held(moved)])
    #expect(again.wait == .hold(.rule))
    var late = look
    late.takenAt += patience - patience / 2
    #expect(try decide(again.view, late).wait == .hold(.rule))
    late.takenAt += 1
    #expect(try decide(again.view, late).view.question?.cause == .heldBack)
    // Met in between, it is counted anew.
    look.mergeability = .clean
    look.isQuiet = true
    let met = try decide(again.view, look)
    #expect(met.events == [.released])
    late.mergeability = .blocked
    #expect(try decide(met.view, late).wait == .hold(.rule))
  }

  @Test func `what else is in the way is no rule's time`() throws {
    let green = try Samples.view(.green)
    var look = look(green)
    look.checks = [check(.passed, green.pair)]
    look.mergeability = .blocked
    var rules = PullRequestRules()
    rules.policy = .whenApproved
    #expect(try decide(green, look, rules: rules).events.isEmpty)
    rules.policy = .never
    #expect(try decide(green, look, rules: rules).events.isEmpty)
    look.isDraft = true
    #expect(try decide(green, look).wait == .hold(.draft))
    #expect(try decide(green, look).events.isEmpty)
    look.isDraft = false
    // A review that the base asks for is asked for by the forge.
    look.mergeability = .unreviewed
    #expect(try decide(green, look).wait == .hold(.review))
    #expect(try decide(green, look).events.isEmpty)
  }

  @Test func `where the base's rules ask for some checks, the others decide nothing`() throws {
    let pair = try Samples.view(.open).pair
    func verdict(
      _ checks: [(String, CheckLook.State, Bool)], settings: [String] = []
    ) throws -> ChecksVerdict {
      var look = look(try Samples.view(.open))
      look.checks = checks.map {
        CheckLook(name: $0.0, state: $0.1, run: "1", pair: pair, isRequired: $0.2)
      }
      return ChecksVerdict.of(look, pair, required: settings)
    }
    #expect(try verdict([("ci", .passed, true), ("lint", .failed, false)]) == .passed)
    #expect(try verdict([("ci", .passed, true), ("lint", .pending, false)]) == .passed)
    #expect(try verdict([("ci", .pending, true), ("lint", .failed, false)]) == .pending)
    let failed = ChecksVerdict.failed([FailedCheck(name: "lint", run: "1")])
    #expect(try verdict([("ci", .passed, false), ("lint", .failed, false)]) == failed)
    #expect(
      try verdict([("ci", .passed, true), ("lint", .failed, false)], settings: ["lint"]) == failed)
  }
}
