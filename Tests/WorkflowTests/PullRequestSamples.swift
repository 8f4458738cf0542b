import Workflow

/// A pull request in each status, brought there by events, and an event of each kind that fits it.
enum PullRequestSamples {
  static let check = FailedCheck(name: "test", run: "1", log: "error: expected 2")
  static let now = 1000

  static var open: PullRequestView { PullRequestView(id: "7", head: "h1", baseHead: "b1") }

  /// Applies events; throws if one is illegal.
  static func after(
    _ events: [PullRequestEvent], from view: PullRequestView = open
  ) throws -> PullRequestView {
    try events.reduce(view) { try PullRequestMachine.transition($0, on: $1, at: now) }
  }

  static func review(
    _ verdict: Review.Verdict, by reviewer: String = "ann", of head: String = "h1",
    id: String = "r1"
  ) -> PullRequestEvent {
    .reviewed(Review(id: id, reviewer: reviewer, verdict: verdict, head: head))
  }

  /// A view that stands in a status.
  static func view(_ status: PullRequestStatus) throws -> PullRequestView {
    let pair = open.pair
    let events: [PullRequestEvent] =
      switch status {
      case .open: []
      case .behind: [.baseMoved(to: "b2", onto: "b1")]
      case .rebasing: [.baseMoved(to: "b2", onto: "b1"), .rebaseStarted(token: nil)]
      case .conflicted: [.conflicted(pair, files: ["a.txt"])]
      case .failing: [.checksFailed(pair, [check])]
      case .repairing:
        [.checksFailed(pair, [check]), .repairStarted(token: 1, obligations: ["check:test@h1"])]
      case .green: [.checksPassed(pair)]
      case .approved: [.checksPassed(pair), review(.approved)]
      case .merging: [.checksPassed(pair), .mergeStarted(pair)]
      case .merged: [.merged(as: "m1")]
      case .closed: [.closed]
      case .escalated: [.escalated(Question(.worker, "which way?"))]
      }
    return try after(events)
  }

  /// An event of a kind, about the view's own heads and worker.
  static func event(_ kind: PullRequestEventKind, for view: PullRequestView) -> PullRequestEvent {
    let pair = view.pair
    let token = view.activity?.token ?? 1
    return switch kind {
    case .baseMoved: .baseMoved(to: "b9", onto: view.baseHead)
    case .branchMoved: .branchMoved(to: "h9", onto: view.targetBase)
    case .conflicted: .conflicted(pair, files: ["a.txt"])
    case .checksStarted: .checksStarted(pair)
    case .checksPassed: .checksPassed(pair)
    case .checksFailed: .checksFailed(pair, [check])
    case .checksRerun: .checksRerun(pair, [check])
    case .approved: review(.approved, by: "eve", of: view.head, id: "r9")
    case .changesRequested: review(.changesRequested, by: "eve", of: view.head, id: "r9")
    case .rejected: review(.rejected, by: "eve", of: view.head, id: "r9")
    case .commented: review(.commented, by: "eve", of: view.head, id: "r9")
    case .reviewWithdrawn: .reviewWithdrawn(reviewer: "ann")
    case .reviewAsked: .reviewAsked(head: view.head)
    case .rebaseStarted: .rebaseStarted(token: view.status == .behind ? nil : 1)
    case .rebased: .rebased(CommitPair(head: "h9", base: view.targetBase), token: nil)
    case .rebaseFailed: .rebaseFailed(token: view.activity?.token, reason: "lease")
    case .repairStarted:
      .repairStarted(token: token, obligations: view.obligations.open.map(\.id))
    case .repaired: .repaired(token: token, head: "h9", onto: view.targetBase)
    case .repairFailed: .repairFailed(token: token, reason: "crashed")
    case .mergeStarted: .mergeStarted(pair)
    case .mergeRefused: .mergeRefused(pair, reason: "405")
    case .held: .held(pair)
    case .released: .released
    case .merged: .merged(as: "m9")
    case .closed: .closed
    case .reopened: .reopened
    case .escalated: .escalated(Question(.worker, "which way?"))
    case .personAsked: .personAsked
    case .answered: .answered(reason: "go on")
    }
  }
}
