/// One decision of the watcher: the view as it changes, and the events that change it.
struct Watching {
  private(set) var view: PullRequestView
  private(set) var events: [PullRequestEvent] = []
  let look: Look
  let rules: PullRequestRules

  init(view: PullRequestView, look: Look, rules: PullRequestRules) {
    self.view = view
    self.look = look
    self.rules = rules
  }

  /// Brings everything that the look sees and the view does not know.
  mutating func compare() throws(IllegalPullRequestEvent) {
    switch look.state {
    case .merged(let commit):
      if view.mergedAs == nil { try bring(.merged(as: commit)) }
      return
    case .closed:
      if !view.isClosed, view.mergedAs == nil { try bring(.closed) }
      return
    case .open:
      if view.mergedAs != nil { return }
      if view.isClosed { try bring(.reopened) }
    }
    try compareWorkers()
    guard let pair = look.pair else { return try askForMissingHead() }
    try compareHeads(pair)
    try compareReviews()
    try compareMergeability(pair)
    try compareChecks(pair)
    try compareRules(pair)
    try compareQuestion()
  }

  /// What the pull request calls for now; a question is brought as an event first.
  mutating func settle() throws(IllegalPullRequestEvent) -> PullRequestCall {
    if let reason = look.leftAlone, view.mergedAs == nil, !view.isClosed {
      return .wait(.leftAlone(reason))
    }
    let call = PullRequestCall.of(view, in: situation)
    guard case .ask(let question) = call else { return call }
    try bring(.escalated(question))
    return PullRequestCall.of(view, in: situation)
  }

  private mutating func bring(_ event: PullRequestEvent) throws(IllegalPullRequestEvent) {
    view = try PullRequestMachine.transition(view, on: event, at: look.takenAt)
    events.append(event)
  }

  /// A worker that is gone without a word must not be waited for.
  private mutating func compareWorkers() throws(IllegalPullRequestEvent) {
    guard let live = look.liveWorkers, let token = view.activity?.token, !live.contains(token)
    else { return }
    switch view.activity {
    case .rebasing: try bring(.rebaseFailed(token: token, reason: "the worker is gone"))
    case .repairing: try bring(.repairFailed(token: token, reason: "the worker is gone"))
    case .merging, nil: break
    }
  }

  private mutating func askForMissingHead() throws(IllegalPullRequestEvent) {
    guard view.question == nil else { return }
    let question =
      look.baseHead == nil
      ? Question(.baseGone, "the base branch is gone from the remote: where should it go?")
      : Question(.branchGone, "its branch is gone from the remote: is the work given up?")
    try bring(.escalated(question))
  }

  private mutating func compareHeads(_ pair: CommitPair) throws(IllegalPullRequestEvent) {
    let isForeign = pair.head != view.head
    if isForeign {
      try bring(.branchMoved(to: pair.head, onto: look.contained))
    }
    // One that waits behind its base for its turn is behind, however far the base goes on.
    let waits = view.status == .behind && !look.hasTurn && !isForeign
    if (pair.base != view.targetBase && !waits) || look.contained != view.baseHead {
      try bring(.baseMoved(to: pair.base, onto: look.contained))
    }
    // Nothing is left to merge, and that is not the same as merged.
    if isForeign, look.contained == pair.head {
      let text =
        "somebody reset its branch to \(pair.head.prefix(8)), which the base has: is the work given up?"
      try bring(.escalated(Question(.branchEmptied, text)))
    }
  }

  private mutating func compareReviews() throws(IllegalPullRequestEvent) {
    for review in look.reviews where !view.seenReviews.contains(review.id) {
      try bring(.reviewed(review))
    }
    for review in view.reviews where look.dismissed.contains(review.id) {
      try bring(.reviewWithdrawn(reviewer: review.reviewer))
    }
  }

  private mutating func compareMergeability(_ pair: CommitPair) throws(IllegalPullRequestEvent) {
    guard case .conflicting(let files) = look.mergeability, !view.isInConflict else { return }
    try bring(.conflicted(pair, files: files))
  }

  private mutating func compareChecks(_ pair: CommitPair) throws(IllegalPullRequestEvent) {
    switch ChecksVerdict.of(look, pair, reruns: view.reruns, required: rules.requiredChecks) {
    case .pending:
      // orch's own checks are not waited for: they are called for until they have run.
      if rules.runsChecks {
        // There were none when it was said to be fine.
        if view.isUnchecked, view.evidence == true { try bring(.checksStarted(pair)) }
        return
      }
      let isKnown = view.evidence == nil && view.pendingPair == pair
      // While something else is in the way, nobody waits for checks.
      let matters = view.evidence != nil || view.status == .open
      if !isKnown, matters { try bring(.checksStarted(pair)) }
    case .passed:
      if view.evidence != true { try bring(.checksPassed(pair)) }
    case .failed(let failures):
      let known = Set(view.failedChecks.map { [$0.name, $0.run] })
      let seen = Set(failures.map { [$0.name, $0.run] })
      if view.evidence != false || known != seen { try bring(.checksFailed(pair, failures)) }
    }
  }

  /// How long a rule of the base is all that is in the way is counted from when that was seen.
  private mutating func compareRules(_ pair: CommitPair) throws(IllegalPullRequestEvent) {
    if look.mergeability == .clean, view.evidence == true, view.heldTime != WaitedTime() {
      return try bring(.released)
    }
    let isHeld = PullRequestCall.of(view, in: situation) == .wait(.hold(.rule))
    if isHeld, view.heldTime.since == nil { try bring(.held(pair)) }
  }

  /// A question that answered itself needs no person any more.
  private mutating func compareQuestion() throws(IllegalPullRequestEvent) {
    guard let question = view.question, let reason = answer(to: question.cause) else { return }
    try bring(.answered(reason: reason))
  }

  private func answer(to cause: Question.Cause) -> String? {
    switch cause {
    case .conflict:
      !view.isInConflict && look.mergeability == .clean ? "the conflict is gone" : nil
    case .repair, .flaky:
      // What a person was asked about is no obligation any more: a reviewer's objection stands all the same.
      view.hasPassed && view.obligations.openReviews.isEmpty && view.objectors.isEmpty
        ? "every check passes, and nobody objects" : nil
    case .rejection:
      view.reviews.contains { $0.verdict == .rejected } ? nil : "nobody rejects it any more"
    case .checksNeverEnded: view.evidence != nil ? "the checks have ended" : nil
    case .reviewer:
      view.reviews.contains { $0.verdict == .approved && $0.head == view.head }
        ? "it is approved" : nil
    case .heldBack: look.mergeability == .clean ? "the base's rules are met" : nil
    case .baseFails: view.isBehind ? "the base has moved" : nil
    case .baseGone: look.baseHead != nil ? "the base is there again" : nil
    case .branchGone: look.branchHead != nil ? "the branch is there again" : nil
    case .branchEmptied:
      look.branchHead != look.contained ? "the branch has commits of its own again" : nil
    case .mergeRefused, .worker: nil
    }
  }

  private var situation: PullRequestSituation {
    var situation = PullRequestSituation(rules, now: look.takenAt)
    situation.hasTurn = look.hasTurn
    for (name, state) in look.baseChecks {
      switch state {
      case .failed: situation.failingOnBase.insert(name)
      case .pending: situation.pendingOnBase.insert(name)
      case .passed: break
      }
    }
    let begun = Set(look.checks.map(\.name))
    situation.missingChecks = rules.requiredChecks.filter { !begun.contains($0) }
    if look.isDraft { situation.holds.append(.draft) }
    for label in rules.requiredLabels where !look.labels.contains(label) {
      situation.holds.append(.label(label))
    }
    if look.isCut { situation.holds.append(.unread) }
    if look.isQuiet { situation.holds.append(.quietHours) }
    switch look.mergeability {
    case .unreviewed: situation.holds.append(.review)
    case .blocked: situation.holds.append(.rule)
    case .unknown: situation.holds.append(.unknownMergeability)
    case .clean, .conflicting: break
    }
    return situation
  }
}
