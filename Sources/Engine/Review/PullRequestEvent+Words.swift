internal import Workflow

extension PullRequestEvent {
  /// The word for people in the diary; nil for progress, which has no commit of its own.
  var verb: String? {
    switch self {
    case .branchMoved: "pushed"
    case .conflicted: "conflict"
    case .checksPassed, .checksFailed, .checksRerun: kind.words
    case .reviewed(let review): review.verdict.verb
    case .reviewWithdrawn: "review withdrawn"
    case .rebased: "rebased"
    case .mergeRefused: "not merged"
    case .merged: "merged"
    case .closed: "closed"
    case .reopened: "reopened"
    case .answered: "answered"
    case .baseMoved, .checksStarted, .reviewAsked, .rebaseStarted, .rebaseFailed, .repairStarted,
      .repaired, .repairFailed, .mergeStarted, .held, .released, .escalated, .personAsked:
      nil
    }
  }

  /// A remark for the subject of the commit.
  var detail: String? {
    switch self {
    case .conflicted(_, let files): Self.list(files)
    case .checksFailed(_, let failures): Self.list(failures.map(\.name))
    case .checksRerun(_, let runs): Self.list(runs.map(\.name))
    case .branchMoved(let head, _): "\(head.prefix(8)) by someone else"
    case .rebased(let pair, _): "onto \(pair.base.prefix(8))"
    case .reviewed(let review): "by \(review.reviewer)"
    case .reviewWithdrawn(let reviewer): "of \(reviewer)"
    case .baseMoved, .checksStarted, .checksPassed, .reviewAsked, .rebaseStarted, .rebaseFailed,
      .repairStarted, .repaired, .repairFailed, .mergeStarted, .mergeRefused, .held, .released,
      .merged, .closed, .reopened, .escalated, .personAsked, .answered:
      nil
    }
  }

  /// Why, in words.
  var reason: String? {
    switch self {
    case .rebaseFailed(_, let reason), .repairFailed(_, let reason, _),
      .mergeRefused(_, let reason),
      .answered(let reason):
      reason
    case .escalated(let question): question.text
    case .closed: "the pull request was closed without a merge"
    case .baseMoved, .branchMoved, .conflicted, .checksStarted, .checksPassed, .checksFailed,
      .checksRerun, .reviewed, .reviewWithdrawn, .reviewAsked, .rebaseStarted, .rebased,
      .repairStarted, .repaired, .mergeStarted, .held, .released, .merged, .reopened, .personAsked:
      nil
    }
  }

  /// True if it says that the pull request is part of the base, or closed.
  var isEnd: Bool {
    switch self {
    case .merged, .closed: true
    default: false
    }
  }

  /// The attempt that it speaks for.
  var token: Int? {
    switch self {
    case .rebaseStarted(let token), .rebased(_, let token), .rebaseFailed(let token, _): token
    case .repairStarted(let token, _), .repaired(let token, _, _), .repairFailed(let token, _, _):
      token
    case .baseMoved, .branchMoved, .conflicted, .checksStarted, .checksPassed, .checksFailed,
      .checksRerun, .reviewed, .reviewWithdrawn, .reviewAsked, .mergeStarted, .mergeRefused,
      .held, .released, .merged, .closed, .reopened, .escalated, .personAsked, .answered:
      nil
    }
  }

  /// The most names that a subject lists.
  private static let maximumNames = 3

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(maximumNames).joined(separator: ", ")
    return names.count > maximumNames ? "\(shown) and \(names.count - maximumNames) more" : shown
  }
}

extension Review.Verdict {
  fileprivate var verb: String {
    switch self {
    case .approved: "approved"
    case .changesRequested: "changes requested"
    case .rejected: "rejected"
    case .commented: "remarks"
    }
  }
}

extension PullRequestEventKind {
  /// What happened, in a few words.
  var words: String {
    switch self {
    case .baseMoved: "the base moved"
    case .branchMoved: "pushed by someone else"
    case .conflicted: "conflict"
    case .checksStarted: "checks began"
    case .checksPassed: "checks passed"
    case .checksFailed: "checks failed"
    case .checksRerun: "checks run again"
    case .approved: Review.Verdict.approved.verb
    case .changesRequested: Review.Verdict.changesRequested.verb
    case .rejected: Review.Verdict.rejected.verb
    case .commented: Review.Verdict.commented.verb
    case .reviewWithdrawn: "review withdrawn"
    case .reviewAsked: "a review was asked for"
    case .rebaseStarted: "rebase began"
    case .rebased: "rebased"
    case .rebaseFailed: "not rebased"
    case .repairStarted: "repair began"
    case .repaired: "repaired"
    case .repairFailed: "not repaired"
    case .mergeStarted: "merge began"
    case .mergeRefused: "not merged"
    case .held: "held back by a rule of the base"
    case .released: "the base's rules are met"
    case .merged: "merged"
    case .closed: "closed"
    case .reopened: "reopened"
    case .escalated: "for a person to decide"
    case .personAsked: "a person was asked"
    case .answered: "answered"
    }
  }
}
