import TestSupport
import Testing
import Workflow

@Suite struct `Obligations of a pull request` {
  private typealias Samples = PullRequestSamples

  @Test func `a failing check stays open while the base moves, and ends when the head does`() throws
  {
    let failing = try Samples.view(.failing)
    let moved = try Samples.after([.baseMoved(to: "b2", onto: "b1")], from: failing)
    #expect(moved.obligations.open.map(\.id) == ["check:test@h1"])
    let again = try Samples.after([.checksFailed(moved.pair, [Samples.check])], from: moved)
    #expect(again.obligations.entries.count == 1)
    let rebased = try Samples.after(
      [.rebased(CommitPair(head: "h2", base: "b2"), token: nil)], from: again)
    #expect(rebased.obligations.entries.map(\.end) == [.headMoved(to: "h2")])
  }

  @Test func `a worker that moved nothing leaves them open for the next`() throws {
    let failed = try Samples.after(
      [.repairFailed(token: 1, reason: "nothing done")], from: Samples.view(.repairing))
    let open = try #require(failed.obligations.open.first)
    #expect(open.deliveredTo == nil)
    #expect(open.tries == 1)
  }

  @Test func `orch's own rebase answers no review, a worker that was told does`() throws {
    let asked = try Samples.after([Samples.review(.changesRequested)])
    let rebased = try Samples.after(
      [
        .baseMoved(to: "b2", onto: "b1"), .rebased(CommitPair(head: "h2", base: "b2"), token: nil),
      ], from: asked)
    #expect(rebased.obligations.open.map(\.id) == ["review:r1"])
    let other = try Samples.after(
      [
        .repairStarted(token: 5, obligations: ["review:r1"]), Samples.review(.commented, id: "r2"),
        .repaired(token: 5, head: "h3", onto: "b2"),
      ], from: rebased)
    #expect(other.obligations.open.map(\.id) == ["review:r2"])
  }

  @Test
  func `asking ends them only when the question has arrived, and an answer opens what is true`()
    throws
  {
    let asking = try Samples.after(
      [Samples.review(.changesRequested), .escalated(Question(.repair, "what?"))],
      from: Samples.view(.failing))
    #expect(asking.obligations.open.count == 2)
    let asked = try Samples.after([.personAsked], from: asking)
    #expect(asked.obligations.open.isEmpty)
    #expect(asked.obligations.entries.allSatisfy { $0.end == .personAsked })
    let answered = try Samples.after([.answered(reason: "try again")], from: asked)
    #expect(Set(answered.obligations.open.map(\.id)) == ["check:test@h1", "review:r1"])
    #expect(answered.repairTries == 0)
    let withdrawn = try Samples.after(
      [.reviewWithdrawn(reviewer: "ann"), .answered(reason: "try again")], from: asked)
    #expect(withdrawn.obligations.open.map(\.id) == ["check:test@h1"])
  }

  @Test func `checks that pass again are taken back one by one`() throws {
    let pair = Samples.open.pair
    let lint = FailedCheck(name: "lint", run: "1")
    let one = try Samples.after(
      [.checksFailed(pair, [Samples.check, lint]), .checksFailed(pair, [lint])])
    #expect(one.obligations.open.map(\.id) == ["check:lint@h1"])
    #expect(one.obligations.entries.first?.end == .withdrawn("the check passed"))
  }

  @Test func `of those that are over only the newest are kept`() throws {
    var view = Samples.open
    for number in 0..<(2 * ObligationLedger.maximumOver) {
      view = try Samples.after(
        [
          .checksFailed(view.pair, [Samples.check]),
          .branchMoved(to: "head\(number)", onto: "b1"),
        ], from: view)
    }
    #expect(view.obligations.entries.count == ObligationLedger.maximumOver)
    let last = 2 * ObligationLedger.maximumOver - 1
    #expect(view.obligations.entries.last?.end == .headMoved(to: "head\(last)"))
  }

  @Test func `noticed reviews and earlier heads are bounded`() throws {
    var view = Samples.open
    for number in 0...PullRequestView.maximumSeenReviews {
      view = try Samples.after([Samples.review(.approved, id: "r\(number)")], from: view)
    }
    #expect(view.seenReviews.count == PullRequestView.maximumSeenReviews)
    #expect(view.reviews.count == 1)
    for number in 0...PullRequestView.maximumSameWork {
      let pair = CommitPair(head: "x\(number)", base: "b1")
      view = try Samples.after([.rebased(pair, token: nil)], from: view)
    }
    #expect(view.sameWork.count == PullRequestView.maximumSameWork)
    #expect(view.isApproved)
  }
}
