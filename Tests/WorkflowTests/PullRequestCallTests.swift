import TestSupport
import Testing
import Workflow

@Suite struct `What a pull request calls for` {
  private typealias Samples = PullRequestSamples

  /// One line of the recorded table: where it stands, what else is so, what it calls for.
  private struct Row {
    let view: PullRequestView
    let also: String
    let situation: PullRequestSituation

    var text: String {
      let call =
        switch PullRequestCall.of(view, in: situation) {
        case .act(let effect): "**\(effect.step)**"
        case .wait(let reason): reason.sentence
        case .ask(let question): "asks a person: " + question.text
        case .rest: "nothing: it is over"
        }
      return "| \(view.status.rawValue) | \(also) | \(call) |"
    }
  }

  private func row(
    _ view: PullRequestView, _ also: String = "",
    _ change: (inout PullRequestSituation) -> Void = { _ in }
  ) -> Row {
    var situation = PullRequestSituation(now: Samples.now)
    change(&situation)
    return Row(view: view, also: also, situation: situation)
  }

  private func failed(
    _ tries: Int = 0, afterRerun: Bool = true, wasGreen: Bool = false, answer: String? = nil
  ) throws -> PullRequestView {
    let pair = Samples.open.pair
    var events: [PullRequestEvent] = wasGreen ? [.checksPassed(pair)] : []
    events.append(.checksFailed(pair, [Samples.check]))
    if afterRerun {
      events += [
        .checksRerun(pair, [Samples.check]),
        .checksFailed(pair, [FailedCheck(name: "test", run: "2")]),
      ]
    }
    for token in 0..<tries {
      events += [
        .repairStarted(token: token, obligations: ["check:test@h1"]),
        .repairFailed(token: token, reason: "nothing done", answer: answer),
      ]
    }
    return try Samples.after(events)
  }

  private func rowsOfWork() throws -> [Row] {
    let conflicted = try Samples.view(.conflicted)
    let tried = try Samples.after(
      (1...2).flatMap { token -> [PullRequestEvent] in
        [.rebaseStarted(token: token), .rebaseFailed(token: token, reason: "no")]
      }, from: conflicted)
    let day = 24 * 60 * 60 * 1000
    return [
      row(Samples.open),
      row(Samples.open, "orch runs the checks") { $0.rules.runsChecks = true },
      row(Samples.open, "orch runs the checks, another is on its way") {
        $0.rules.runsChecks = true
        $0.hasTurn = false
      },
      row(try Samples.after([.checksStarted(Samples.open.pair)]), "for a day") { $0.now += day },
      row(try Samples.view(.behind)),
      row(try Samples.view(.behind), "another is on its way") { $0.hasTurn = false },
      row(try Samples.view(.rebasing), "by orch"),
      row(try Samples.after([.rebaseStarted(token: 3)], from: conflicted), "by a worker"),
      row(conflicted),
      row(tried, "two workers tried"),
      row(try failed(afterRerun: false), "first seen"),
      row(try failed(), "still, after a re-run"),
      row(try failed(wasGreen: true), "still, and passed on this pair"),
      row(try failed(afterRerun: false), "so does the base") { $0.failingOnBase = ["test"] },
      row(try failed(afterRerun: false), "the base is being checked") {
        $0.pendingOnBase = ["test"]
      },
      row(try failed(3), "three workers tried"),
      row(try failed(2, answer: "it is right as it is"), "two workers found nothing to change"),
      row(try Samples.after([Samples.review(.changesRequested)]), "a review asks for changes"),
      row(try Samples.view(.repairing)),
    ]
  }

  private func rowsOfMerging() throws -> [Row] {
    let green = try Samples.view(.green)
    let objected = try Samples.after(
      [
        Samples.review(.changesRequested), .repairStarted(token: 2, obligations: ["review:r1"]),
        .repaired(token: 2, head: "h2", onto: "b1"),
        .checksPassed(CommitPair(head: "h2", base: "b1")),
      ])
    let refused = try Samples.after(
      (1...3).flatMap { _ -> [PullRequestEvent] in
        [.mergeStarted(green.pair), .mergeRefused(green.pair, reason: "405")]
      }, from: green)
    let agreed = try Samples.after([Samples.review(.approved, by: Review.agent)], from: green)
    var asked = try Samples.view(.escalated)
    let undelivered = asked
    asked = try Samples.after([.personAsked], from: asked)
    return [
      row(green),
      row(green, "forge.merge: never") { $0.rules.policy = .never },
      row(green, "forge.merge: when-approved") { $0.rules.policy = .whenApproved },
      row(green, "a draft") { $0.holds = [.draft] },
      row(green, "another is on its way") { $0.hasTurn = false },
      row(green, "with a reviewing agent") { $0.rules.reviewAgent = Review.agent },
      row(
        try Samples.after([.reviewAsked(head: "h1")], from: green), "the reviewing agent was asked"
      ) { $0.rules.reviewAgent = Review.agent },
      row(agreed, "the reviewing agent approved it") { $0.rules.reviewAgent = Review.agent },
      row(agreed, "so it did; forge.merge: when-approved") {
        $0.rules.reviewAgent = Review.agent
        $0.rules.policy = .whenApproved
      },
      row(objected, "a repaired objection stands"),
      row(refused, "refused three times"),
      row(try Samples.view(.approved), "forge.merge: when-approved") {
        $0.rules.policy = .whenApproved
      },
      row(try Samples.view(.merging)),
      row(try Samples.view(.merged)),
      row(try Samples.view(.closed)),
      row(undelivered),
      row(asked, "the question has arrived"),
    ]
  }

  @Test func `the calls are as recorded`() throws {
    var lines = ["| status | and | calls for |", "| --- | --- | --- |"]
    lines += try rowsOfWork().map(\.text) + rowsOfMerging().map(\.text)
    try Golden.expect(lines.joined(separator: "\n") + "\n", matches: "pull-request-calls.md")
  }

  @Test(arguments: [0, 1, 2, 5])
  func `rebase workers are as many as the limit says`(limit: Int) throws {
    var situation = PullRequestSituation(now: Samples.now)
    situation.rules.limits.maxRebaseTries = limit
    var view = try Samples.view(.conflicted)
    for token in 0..<limit {
      let call = PullRequestCall.of(view, in: situation)
      #expect(call == .act(.settleConflict(view.pair, files: ["a.txt"])))
      view = try Samples.after(
        [.rebaseStarted(token: token), .rebaseFailed(token: token, reason: "no")], from: view)
    }
    #expect(question(view, situation)?.cause == .conflict)
  }

  @Test(arguments: [0, 1, 3])
  func `repair workers are as many as the limit says`(limit: Int) throws {
    var situation = PullRequestSituation(now: Samples.now)
    situation.rules.limits.maxRepairTries = limit
    for tries in 0..<limit {
      guard case .act(.repair) = PullRequestCall.of(try failed(tries), in: situation) else {
        Issue.record("try \(tries) of \(limit)")
        return
      }
    }
    #expect(question(try failed(limit), situation)?.cause == .repair)
  }

  @Test func `what a worker finds right as it is, is asked of one more, and then of a person`()
    throws
  {
    let situation = PullRequestSituation(now: Samples.now)
    let once = try failed(1, answer: "the check is wrong")
    guard case .act(.repair) = PullRequestCall.of(once, in: situation) else {
      Issue.record("\(PullRequestCall.of(once, in: situation))")
      return
    }
    let twice = try failed(2, answer: "the check is wrong")
    let asked = try #require(question(twice, situation))
    #expect(asked.cause == .repair)
    #expect(asked.text.contains("said: the check is wrong"))
    // Whoever pushes, or lets it go on, has it tried again.
    let pushed = try Samples.after([.branchMoved(to: "h2", onto: "b1")], from: twice)
    #expect(pushed.unmovedRepairs == 0)
    let answered = try Samples.after(
      [.escalated(asked), .personAsked, .answered(reason: "go on")], from: twice)
    #expect(answered.unmovedRepairs == 0)
    // One that crashes in between is no answer.
    let mixed = try Samples.after(
      [
        .repairStarted(token: 7, obligations: ["check:test@h1"]),
        .repairFailed(token: 7, reason: "crashed"),
      ], from: once)
    #expect(mixed.unmovedRepairs == 0)
  }

  @Test(arguments: [0, 1, 2])
  func `a failing run is asked for once more as often as the limit says`(limit: Int) throws {
    var situation = PullRequestSituation(now: Samples.now)
    situation.rules.limits.maxCheckReruns = limit
    var view = try failed(afterRerun: false)
    for run in 0..<limit {
      guard case .act(.rerun(let pair, let runs)) = PullRequestCall.of(view, in: situation) else {
        Issue.record("re-run \(run) of \(limit)")
        return
      }
      let next = FailedCheck(name: "test", run: "again \(run)")
      view = try Samples.after([.checksRerun(pair, runs), .checksFailed(pair, [next])], from: view)
    }
    #expect(
      PullRequestCall.of(view, in: situation)
        == .act(.repair(view.pair, obligations: ["check:test@h1"])))
  }

  @Test func `patience ends after its time, not before`() throws {
    let waiting = try Samples.after([.checksStarted(Samples.open.pair)])
    var situation = PullRequestSituation(now: Samples.now)
    situation.now += situation.rules.limits.patienceMilliseconds
    #expect(PullRequestCall.of(waiting, in: situation) == .wait(.checks))
    situation.now += 1
    #expect(question(waiting, situation)?.cause == .checksNeverEnded)
  }

  @Test func `checks that begin anew with each rebase are not waited for the longer`() throws {
    let situation = PullRequestSituation(now: 0)
    let patience = situation.rules.limits.patienceMilliseconds
    func after(
      _ event: PullRequestEvent, at now: Int, _ view: PullRequestView
    ) throws -> PullRequestView {
      try PullRequestMachine.transition(view, on: event, at: now)
    }
    func call(_ view: PullRequestView, at now: Int) -> PullRequestCall {
      var situation = situation
      situation.now = now
      return PullRequestCall.of(view, in: situation)
    }
    // The base moves three times within the patience; what waits for its turn is not counted.
    var view = try after(.checksStarted(Samples.open.pair), at: 0, Samples.open)
    let step = patience / 3
    let gap = 10 * patience
    var now = 0
    for number in 2...4 {
      let pair = CommitPair(head: "h\(number)", base: "b\(number)")
      now += step
      #expect(call(view, at: now) == .wait(.checks))
      view = try after(.baseMoved(to: pair.base, onto: view.baseHead), at: now, view)
      now += gap
      view = try after(.rebaseStarted(token: nil), at: now, view)
      view = try after(.rebased(pair, token: nil), at: now, view)
      view = try after(.checksStarted(pair), at: now, view)
    }
    #expect(call(view, at: now) == .wait(.checks))
    guard case .ask(let question) = call(view, at: now + step) else {
      Issue.record("\(call(view, at: now + step))")
      return
    }
    #expect(question.cause == .checksNeverEnded)
    // Whatever ends, or is other work, or a person who says so, begins the wait anew.
    let pair = view.pair
    let ended = try after(.checksFailed(pair, [Samples.check]), at: now, view)
    let rerun = try after(.checksRerun(pair, [Samples.check]), at: now, ended)
    #expect(call(rerun, at: now + patience) == .wait(.checks))
    let pushed = try after(.branchMoved(to: "h9", onto: pair.base), at: now, view)
    let begun = try after(
      .checksStarted(CommitPair(head: "h9", base: pair.base)), at: now + step, pushed)
    #expect(call(begun, at: now + step + patience) == .wait(.checks))
    let asked = try after(.escalated(question), at: now + step, view)
    let answered = try after(.answered(reason: "wait on"), at: now + step, asked)
    #expect(call(answered, at: now + step + patience) == .wait(.checks))
  }

  @Test func `the reviewing agent is asked about each head, and not for ever`() throws {
    var situation = PullRequestSituation(now: Samples.now)
    situation.rules.reviewAgent = Review.agent
    var view = try Samples.view(.green)
    for round in 1...situation.rules.limits.maxReviewRounds {
      #expect(PullRequestCall.of(view, in: situation) == .act(.askReviewer(head: view.head)))
      let id = "r\(round)"
      let next = "h\(round + 1)"
      view = try Samples.after(
        [
          .reviewAsked(head: view.head),
          Samples.review(.changesRequested, by: Review.agent, of: view.head, id: id),
          .repairStarted(token: round, obligations: ["review:\(id)"]),
          .repaired(token: round, head: next, onto: "b1"),
          .checksPassed(CommitPair(head: next, base: "b1")),
        ], from: view)
    }
    #expect(question(view, situation)?.cause == .reviewer)
  }

  private func question(
    _ view: PullRequestView, _ situation: PullRequestSituation
  ) -> Question? {
    if case .ask(let question) = PullRequestCall.of(view, in: situation) { question } else { nil }
  }
}
