extension PullRequestView {
  /// Takes in what happened; where that puts it is computed afterwards.
  mutating func record(_ event: PullRequestEvent, at now: Int) {
    switch event {
    case .baseMoved(let to, let onto):
      pauseWait(at: now)
      noteBase(to, onto: onto)
    case .branchMoved(let to, let onto):
      noteForeignPush(to, onto: onto)
      beginWork(at: now)
    case .conflicted(let conflict, let files): noteConflict(conflict, files, at: now)
    case .checksStarted(let checked): noteChecksStarted(checked, at: now)
    case .checksPassed(let checked): noteChecksPassed(checked)
    case .checksFailed(let checked, let failures): noteFailures(checked, failures, at: now)
    case .checksRerun(let checked, let runs): noteRerun(checked, runs, at: now)
    case .reviewed(let review): noteReview(review, at: now)
    case .reviewWithdrawn(let reviewer): noteWithdrawal(of: reviewer)
    case .reviewAsked(let asked): noteReviewAsked(asked, at: now)
    case .rebaseStarted(let token): noteRebaseStarted(token)
    case .rebased(let moved, let token):
      pauseWait(at: now)
      noteRebased(moved, byWorker: token != nil)
      if token != nil { beginWork(at: now) }
    case .rebaseFailed(let token, let reason): noteFailedWork(token, reason)
    case .repairStarted(let token, let obligations): noteRepairStarted(token, obligations)
    case .repaired(let token, let head, let onto):
      noteRepaired(token, head, onto: onto)
      beginWork(at: now)
    case .repairFailed(let token, let reason, let answer):
      noteFailedWork(token, reason, answer: answer)
    case .mergeStarted(let merging): noteMergeStarted(merging)
    case .mergeRefused(let merging, let reason): noteRefusal(merging, reason)
    case .held(let held): if held == pair { heldTime.begin(at: now) }
    case .released: heldTime = WaitedTime()
    case .merged(let commit):
      mergedAs = commit
      activity = nil
      noteEnd()
    case .closed:
      isClosed = true
      noteEnd()
    case .reopened:
      isClosed = false
      startAfresh(at: now)
    case .escalated(let asked): noteQuestion(asked)
    case .personAsked: notePersonAsked()
    case .answered: noteAnswer(at: now)
    }
    if case .merging(let merging) = activity, !isMergeable(merging) { activity = nil }
    revision += 1
    status = standing
  }

  /// The branch has other work: nothing was waited for yet.
  private mutating func beginWork(at now: Int) {
    workSince = now
    pendingPair = nil
    pendingTime = WaitedTime()
    heldTime = WaitedTime()
  }

  private mutating func noteBase(_ to: String, onto: String) {
    targetBase = to
    baseHead = onto
    mergeTries = 0
    reruns = []
  }

  private mutating func noteForeignPush(_ to: String, onto: String) {
    if activity?.isWorker != true { activity = nil }
    // Whoever pushes has looked at it: what was asked and tried before is about another head.
    question = nil
    rebaseTries = 0
    repairTries = 0
    moveHead(to, onto: onto)
    obligations.end(.headMoved(to: to)) { _ in true }
  }

  private mutating func noteConflict(_ conflict: CommitPair, _ files: [String], at now: Int) {
    if activity?.isWorker != true { activity = nil }
    guard conflict == pair else { return }
    conflictPair = conflict
    conflictFiles = files
    obligations.raise(Obligation(.conflict, at: pair, since: now))
  }

  /// Another head: what was said of the old one counts no more.
  mutating func moveHead(_ to: String, onto: String) {
    head = to
    baseHead = onto
    isApproved = reviews.contains { $0.isPersonsApproval(of: to) }
    sameWork = []
    reruns = []
    mergeTries = 0
    lastFailure = nil
    unmovedRepairs = 0
  }

  private mutating func noteEnd() {
    // A worker that is at it has not ended: if it is opened again, there must not be two.
    if activity?.isWorker != true { activity = nil }
    question = nil
    obligations.end(.over) { _ in true }
  }

  private mutating func noteQuestion(_ asked: Question) {
    question = asked
    // A worker that asks has ended; one that a reviewer or a look interrupts goes on.
    if asked.cause == .worker || activity?.isWorker != true { activity = nil }
  }

  private mutating func noteAnswer(at now: Int) {
    // A reviewing agent that was silent is asked once more.
    if question?.cause == .reviewer { reviewAskedHead = nil }
    question = nil
    startAfresh(at: now)
  }

  private mutating func notePersonAsked() {
    question?.isDelivered = true
    obligations.end(.personAsked) { _ in true }
  }

  /// A person wants it to go on: everything may be tried again, and what is still true is open again.
  private mutating func startAfresh(at now: Int) {
    rebaseTries = 0
    repairTries = 0
    mergeTries = 0
    unmovedRepairs = 0
    reviewRounds = 0
    reruns = []
    pendingTime.restart(at: now)
    heldTime.restart(at: now)
    let failed = Set(evidence == false ? failedChecks.map(\.name) : [])
    let pair = pair
    let standingObjectors = Set(objectors)
    let isInConflict = isInConflict
    obligations.reopen { obligation in
      switch obligation.subject {
      case .check(let name): failed.contains(name) && obligation.pair == pair
      case .review(_, let reviewer): standingObjectors.contains(reviewer)
      case .conflict: isInConflict && obligation.pair == pair
      }
    }
  }
}
