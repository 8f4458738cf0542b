/// What stands between a green pull request and its merge.
struct MergeCall {
  let view: PullRequestView
  let situation: PullRequestSituation

  var call: PullRequestCall {
    let rules = situation.rules
    if let call = reviewCall { return call }
    if !view.objectors.isEmpty { return .wait(.objection(reviewers: view.objectors)) }
    switch rules.policy {
    case .never: return .wait(.hold(.policy))
    case .whenApproved where !view.isApproved: return .wait(.approval)
    case .whenApproved, .whenGreen: break
    }
    if let hold = situation.holds.first {
      return hold == .rule ? ruleCall : .wait(.hold(hold))
    }
    guard situation.hasTurn else { return .wait(.turn) }
    // One that is being merged is counted already; after a crash it is called for again.
    let tries = view.mergeTries - (view.status == .merging ? 1 : 0)
    guard tries < rules.limits.maxMergeTries else {
      let reason = view.lastFailure ?? "no reason was given"
      return .ask(Question(.mergeRefused, "the merge is refused (\(reason)): what should be done?"))
    }
    return .act(.merge(view.pair))
  }

  /// A rule that is not met may be about to be; one that has not been for long is a person's.
  private var ruleCall: PullRequestCall {
    let patience = situation.rules.limits.patienceMilliseconds
    guard view.heldTime.total(at: situation.now) > patience else { return .wait(.hold(.rule)) }
    return .ask(
      Question(
        .heldBack,
        "its checks have passed, and a rule of the base has kept it from being merged for "
          + "\(PullRequestCall.duration(patience)): a required check that nothing runs, an open "
          + "conversation, a missing signature, or who may merge there?"))
  }

  /// What the reviewing agent still owes, or is to be asked; a person's approval replaces what it does not give.
  private var reviewCall: PullRequestCall? {
    let limits = situation.rules.limits
    // A person's approval replaces the agent's, and does not wait for it.
    guard let agent = situation.rules.reviewAgent, !view.isApproved else { return nil }
    if view.reviews.contains(where: { $0.reviewer == agent && $0.head == view.head }) { return nil }
    guard view.reviewAskedHead != view.head else {
      let waited = situation.now - (view.reviewAskedAt ?? situation.now)
      if waited <= limits.patienceMilliseconds { return .wait(.reviewer) }
      return .ask(
        Question(.reviewer, "'\(agent)' was asked for a review and is silent: who reviews?"))
    }
    guard view.reviewRounds < limits.maxReviewRounds else {
      let rounds = limits.maxReviewRounds
      return .ask(
        Question(.reviewer, "'\(agent)' has reviewed it \(rounds) times and is not content: is it?")
      )
    }
    return .act(.askReviewer(head: view.head))
  }
}
