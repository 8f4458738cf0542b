/// What happened to a pull request: facts in the past tense, with what they carry.
public enum PullRequestEvent: Sendable, Hashable {
  /// The base's head moved; `onto` is the newest commit of the base that the branch contains.
  case baseMoved(to: String, onto: String)
  /// Someone else moved the branch's head; `onto` as before.
  case branchMoved(to: String, onto: String)
  /// The pair conflicts in some files.
  case conflicted(CommitPair, files: [String])
  /// Checks of the pair began, or are still to come.
  case checksStarted(CommitPair)
  /// Every check passed on the pair.
  case checksPassed(CommitPair)
  /// Checks failed on the pair.
  case checksFailed(CommitPair, [FailedCheck])
  /// Runs in doubt were asked for once more.
  case checksRerun(CommitPair, [FailedCheck])
  /// A reviewer spoke.
  case reviewed(Review)
  /// A reviewer's verdict was dismissed.
  case reviewWithdrawn(reviewer: String)
  /// The reviewing agent was asked about a head.
  case reviewAsked(head: String)
  /// A rebase began: by a worker with that token, or by orch itself.
  case rebaseStarted(token: Int?)
  /// The branch was brought onto the base: the new pair.
  case rebased(CommitPair, token: Int?)
  /// A rebase ended without a result.
  case rebaseFailed(token: Int?, reason: String)
  /// A worker began, and was told of obligations by their names.
  case repairStarted(token: Int, obligations: [String])
  /// The worker moved the head; `onto` as before.
  case repaired(token: Int, head: String, onto: String)
  /// The worker moved nothing; `answer` is why nothing has to be changed, if it said so.
  case repairFailed(token: Int, reason: String, answer: String? = nil)
  /// The merge of the pair began.
  case mergeStarted(CommitPair)
  /// The forge refused to merge the pair.
  case mergeRefused(CommitPair, reason: String)
  /// Nothing but a rule of the base keeps the pair from being merged.
  case held(CommitPair)
  /// The base's rules are met.
  case released
  /// It is part of the base as that commit, whoever merged it.
  case merged(as: String)
  /// Someone closed it.
  case closed
  /// Someone opened it again.
  case reopened
  /// A person must decide.
  case escalated(Question)
  /// The question has arrived.
  case personAsked
  /// The person decided, or the question answered itself.
  case answered(reason: String)

  /// Its name.
  public var kind: PullRequestEventKind {
    switch self {
    case .baseMoved: .baseMoved
    case .branchMoved: .branchMoved
    case .conflicted: .conflicted
    case .checksStarted: .checksStarted
    case .checksPassed: .checksPassed
    case .checksFailed: .checksFailed
    case .checksRerun: .checksRerun
    case .reviewed(let review): review.verdict.eventKind
    case .reviewWithdrawn: .reviewWithdrawn
    case .reviewAsked: .reviewAsked
    case .rebaseStarted: .rebaseStarted
    case .rebased: .rebased
    case .rebaseFailed: .rebaseFailed
    case .repairStarted: .repairStarted
    case .repaired: .repaired
    case .repairFailed: .repairFailed
    case .mergeStarted: .mergeStarted
    case .mergeRefused: .mergeRefused
    case .held: .held
    case .released: .released
    case .merged: .merged
    case .closed: .closed
    case .reopened: .reopened
    case .escalated: .escalated
    case .personAsked: .personAsked
    case .answered: .answered
    }
  }
}

extension Review.Verdict {
  /// The event that it is stored as.
  var eventKind: PullRequestEventKind {
    switch self {
    case .approved: .approved
    case .changesRequested: .changesRequested
    case .rejected: .rejected
    case .commented: .commented
    }
  }
}
