extension PullRequestView {
  /// How many noticed reviews are remembered by name.
  public static let maximumSeenReviews = 200

  /// How many earlier heads of the same work are remembered.
  public static let maximumSameWork = 100

  /// What evidence must speak of: the branch's head, and the base's as last seen.
  public var pair: CommitPair { CommitPair(head: head, base: targetBase) }

  /// The pair that the last evidence speaks of.
  public var checkedPair: CommitPair? {
    guard let checkedHead, let checkedBase else { return nil }
    return CommitPair(head: checkedHead, base: checkedBase)
  }

  /// True if the base has commits that the branch does not contain.
  public var isBehind: Bool { baseHead != targetBase }

  /// True if it is known that the pair cannot be merged.
  public var isInConflict: Bool { conflictPair == pair }

  /// How the checks of this very pair ended; nil if that is not known.
  public var evidence: Bool? { checkedPair == pair ? checksPassed : nil }

  /// True if the checks of this head passed, on this base or on one that has moved since: while a person is asked
  /// nothing is rebased, so there is no other evidence.
  var hasPassed: Bool {
    checkedHead == head && checksPassed == true && (isBehind || evidence == true)
  }

  /// The reviewers whose last word stands against a merge.
  public var objectors: [String] { reviews.filter(\.isObjection).map(\.reviewer) }

  /// True if this pair may become part of the base as far as its facts go.
  public func isMergeable(_ candidate: CommitPair) -> Bool {
    candidate == pair && evidence == true && objectors.isEmpty && !isInConflict
      && obligations.openReviews.isEmpty
  }

  /// The open obligations about checks that failed on this pair.
  public var openFailures: [Obligation] {
    guard evidence == false else { return [] }
    let failed = Set(failedChecks.map(\.name))
    return obligations.open.filter { $0.check.map(failed.contains) == true && $0.pair == pair }
  }

  /// True if a check failed on the branch's head when checks last ran, on whatever base that was.
  public var standsFailed: Bool {
    mergedAs == nil && checkedHead == head && checksPassed == false
  }

  /// Where the facts put it: what is over first, then what is being done, then what is in the way.
  public var standing: PullRequestStatus {
    if mergedAs != nil { return .merged }
    if isClosed { return .closed }
    if question != nil { return .escalated }
    switch activity {
    case .rebasing: return .rebasing
    case .repairing: return .repairing
    case .merging(let merging) where isMergeable(merging): return .merging
    case .merging, nil: break
    }
    if isInConflict { return .conflicted }
    if !obligations.openReviews.isEmpty { return .failing }
    if evidence == true { return isApproved ? .approved : .green }
    if isBehind { return .behind }
    return evidence == false ? .failing : .open
  }
}
