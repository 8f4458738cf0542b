/// Something that the engine is to do for a pull request; never done twice at once, and looked for before it is done.
public enum PullRequestEffect: Sendable, Hashable {
  /// Bring the branch onto the base in memory, and push with a lease.
  case rebase(CommitPair)
  /// Let a worker settle the conflict of the pair.
  case settleConflict(CommitPair, files: [String])
  /// Run the checks on the pair.
  case runChecks(CommitPair)
  /// Ask once more for runs that are in doubt.
  case rerun(CommitPair, [FailedCheck])
  /// Let a worker answer obligations, given by their names.
  case repair(CommitPair, obligations: [String])
  /// Ask the reviewing agent, who is never the author.
  case askReviewer(head: String)
  /// Merge the pair.
  case merge(CommitPair)
  /// Ask a person.
  case askPerson(Question)

  /// The step's name, for plans and logs.
  public var step: String {
    switch self {
    case .rebase: "rebase"
    case .settleConflict: "settle the conflict"
    case .runChecks: "check"
    case .rerun: "run checks once more"
    case .repair: "repair"
    case .askReviewer: "ask the reviewer"
    case .merge: "merge"
    case .askPerson: "ask a person"
    }
  }

  /// True for the steps by which it comes to its merge.
  public var isOnTheWayToMerge: Bool {
    switch self {
    case .rebase, .runChecks, .merge: true
    case .settleConflict, .rerun, .repair, .askReviewer, .askPerson: false
    }
  }

  /// What happens to the pull request's task when it is carried out; nil if nothing does.
  public var taskEvent: TaskEvent? {
    switch self {
    case .settleConflict: .pullRequestConflicted
    case .repair: .checksFailed
    case .askPerson: .needsReview
    case .rebase, .runChecks, .rerun, .askReviewer, .merge: nil
    }
  }
}
