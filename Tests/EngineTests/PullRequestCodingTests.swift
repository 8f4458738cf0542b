import Engine
import JSON
import TestSupport
import Testing
import Workflow

@Suite struct `Pull requests in events` {
  /// The stories of pull requests whose every step is written and read again.
  private static let stories: [[PullRequestEvent]] = {
    let pair = CommitPair(head: "h1", base: "b1")
    let moved = CommitPair(head: "h2", base: "b2")
    let failure = FailedCheck(name: "test", run: "7", log: "expected 2")
    let review = Review(id: "r1", reviewer: "ann", verdict: .changesRequested, head: "h1")
    let approval = Review(id: "r2", reviewer: "ann", verdict: .approved, head: "h2")
    return [
      [
        .checksStarted(pair), .checksFailed(pair, [failure]), .checksRerun(pair, [failure]),
        .checksFailed(pair, [FailedCheck(name: "test", run: "8")]),
        .repairStarted(token: 3, obligations: ["check:test@h1"]),
        .repairFailed(token: 3, reason: "nothing done"),
        .repairStarted(token: 4, obligations: ["check:test@h1"]),
        .repaired(token: 4, head: "h5", onto: "b1"),
      ],
      [
        .checksStarted(pair), .baseMoved(to: "b2", onto: "b1"), .rebaseStarted(token: nil),
        .rebased(moved, token: nil),
        .checksStarted(moved), .checksPassed(moved), .reviewAsked(head: "h2"), .reviewed(approval),
        .held(moved), .checksRerun(moved, [failure]), .checksPassed(moved), .held(moved), .released,
        .mergeStarted(moved), .mergeRefused(moved, reason: "405"), .mergeStarted(moved),
        .merged(as: "m"),
      ],
      [
        .reviewed(review), .escalated(Question(.repair, "what?")), .personAsked,
        .answered(reason: "go on"), .reviewWithdrawn(reviewer: "ann"),
        .conflicted(pair, files: ["a.txt"]), .rebaseStarted(token: 9),
        .rebaseFailed(token: 9, reason: "no"), .closed, .reopened,
      ],
    ]
  }()

  @Test(arguments: stories.indices)
  func `every step of a story is read as it was written, and only what changed is written`(
    story: Int
  ) throws {
    var view = PullRequestView(id: "7", head: "h1", baseHead: "b1")
    var stored = view.fields(since: nil)
    for (step, event) in Self.stories[story].enumerated() {
      let next = try PullRequestMachine.transition(view, on: event, at: 1000 * (step + 1))
      let changed = next.fields(since: view)
      #expect(changed["pr.work"] != nil, "every event has a revision")
      #expect(changed.allSatisfy { stored[$0.key] != $0.value }, "\(event)")
      for (name, value) in changed { stored[name] = try JSONValue(parsing: value.canonicalText) }
      #expect(PullRequestView(fields: stored) == next, "\(event)")
      view = next
    }
  }

  @Test func `of parts that two machines wrote at once the facts decide where it stands`() throws {
    let begun = PullRequestView(id: "7", head: "h1", baseHead: "b1")
    let behind = try Self.after(begun, [.baseMoved(to: "b2", onto: "b1")])
    // One brings it onto the base and finds it green; the other, which has not heard of that, sees the base go on.
    let rebased = CommitPair(head: "h2", base: "b2")
    let green = try Self.after(behind, [.rebased(rebased, token: nil), .checksPassed(rebased)])
    let moved = try Self.after(behind, [.baseMoved(to: "b3", onto: "b1")])
    var stored = begun.fields(since: nil)
    for change in [behind.fields(since: begun), green.fields(since: behind)] {
      stored.merge(change) { $1 }
    }
    stored.merge(moved.fields(since: behind)) { $1 }
    let joined = try #require(PullRequestView(fields: stored))
    #expect(joined.head == "h2" && joined.targetBase == "b3")
    #expect(joined.status == .behind)
    var situation = PullRequestSituation(PullRequestRules(), now: 9)
    situation.hasTurn = true
    let call = PullRequestCall.of(joined, in: situation)
    #expect(call == .act(.rebase(CommitPair(head: "h2", base: "b3"))))
  }

  private static func after(
    _ view: PullRequestView, _ events: [PullRequestEvent]
  ) throws -> PullRequestView {
    try events.reduce(view) { try PullRequestMachine.transition($0, on: $1, at: 1000) }
  }

  @Test func `an older record without the newer parts is still read`() throws {
    let view = PullRequestView(id: "7", head: "h1", baseHead: "b1")
    let core = try #require(view.fields(since: nil)["pr"])
    #expect(PullRequestView(fields: ["pr": core]) == view)
    #expect(PullRequestView(fields: [:]) == nil)
  }
}
