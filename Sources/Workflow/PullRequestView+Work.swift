extension PullRequestView {
  mutating func noteRebaseStarted(_ token: Int?) {
    activity = .rebasing(token: token)
    guard let token else { return }
    rebaseTries += 1
    obligations.deliver(["conflict@\(head)"], to: token)
  }

  /// The branch is on the base: conflicts and failing checks of the old head are answered.
  mutating func noteRebased(_ moved: CommitPair, byWorker: Bool) {
    let old = head
    let wasApproved = isApproved
    let earlier = (sameWork + [head]).suffix(Self.maximumSameWork)
    activity = nil
    rebaseTries = 0
    moveHead(moved.head, onto: moved.base)
    obligations.end(.headMoved(to: moved.head)) { $0.reviewer == nil }
    // orch's own rebase changes no line of the work: what reviewers said of it still holds.
    guard !byWorker else { return }
    sameWork = Array(earlier)
    for index in reviews.indices where reviews[index].head == old {
      reviews[index].head = moved.head
    }
    if reviewAskedHead == old { reviewAskedHead = moved.head }
    isApproved = wasApproved
  }

  mutating func noteRepairStarted(_ token: Int, _ told: [String]) {
    activity = .repairing(token: token)
    repairTries += 1
    obligations.deliver(told, to: token)
  }

  mutating func noteRepaired(_ token: Int, _ moved: String, onto: String) {
    activity = nil
    moveHead(moved, onto: onto)
    obligations.end(.headMoved(to: moved)) { $0.deliveredTo == token || $0.reviewer == nil }
  }

  mutating func noteFailedWork(_ token: Int?, _ reason: String, answer: String? = nil) {
    activity = nil
    lastFailure = answer ?? reason
    unmovedRepairs = answer == nil ? 0 : unmovedRepairs + 1
    if let token { obligations.takeBack(from: token) }
  }

  mutating func noteMergeStarted(_ merging: CommitPair) {
    activity = .merging(merging)
    mergeTries += 1
  }

  mutating func noteRefusal(_ merging: CommitPair, _ reason: String) {
    if activity == .merging(merging) { activity = nil }
    lastFailure = reason
  }
}
