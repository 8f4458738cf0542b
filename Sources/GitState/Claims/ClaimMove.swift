public import Git2

/// One claim on its way to its next value: pushed, looked up, pushed again, until its fate is known.
///
/// A value without clock or I/O; whoever drives it does what `Next` says and reports back.
public struct ClaimMove: Sendable {
  /// The most pushes of one move.
  public static let maximumPushes = 5
  /// The most reads in a row that may fail.
  public static let maximumReads = 5

  /// What is to be done next.
  public enum Next: Sendable {
    /// Push this and report with `pushed`.
    case push(ArbiterPush)
    /// Read the arbiter and report with `saw`.
    case read
    /// It is over.
    case ended(End)
  }

  /// How a move ended.
  public enum End: Sendable, Hashable {
    /// The claim is what it should become, and everything that moved with it.
    case won
    /// The task belongs to another claim.
    case lost
    /// The claim stands unmoved; something that should move with it was refused, or the arbiter refuses
    /// all of it.
    case refused
    /// The claim that was to be moved is not there: somebody deleted it.
    case gone
    /// Nobody knows: the arbiter could not be reached for long enough. It may still take place.
    case unknown
  }

  /// The task.
  public let task: RecordID
  /// What the claim must be before.
  public let old: ObjectID?
  /// What it says after.
  public let claim: Claim
  /// The commit that says so.
  public let id: ObjectID
  private let push: ArbiterPush
  private let companions: Bool
  private let neverAssumes: Bool
  private var pushes = 0
  private var failedReads = 0
  private var isRefused = false

  /// A claim's move, and what moves with it; `seconds` since 1970 is for people.
  public init(
    from old: ObjectID?, to claim: Claim, with companions: [ArbiterMove] = [], seconds: Int64
  ) {
    self.init(from: old, to: claim, with: companions, seconds: seconds, neverAssumes: true)
  }

  package init(
    from old: ObjectID?, to claim: Claim, with companions: [ArbiterMove], seconds: Int64,
    neverAssumes: Bool
  ) {
    let commit = claim.commit(after: old, seconds: seconds)
    task = claim.task
    self.old = old
    self.claim = claim
    id = ClaimContent.id(of: commit)
    let own = ArbiterMove(RefLayout.claim(claim.task), from: old, to: id)
    push = ArbiterPush([own] + companions, commits: [commit], isAtomic: !companions.isEmpty)
    self.companions = !companions.isEmpty
    self.neverAssumes = neverAssumes
  }

  /// The first step.
  public mutating func begin() -> Next {
    pushes += 1
    return .push(push)
  }

  /// The answer to a push.
  public mutating func pushed(_ replies: [String: MoveReply]) -> Next {
    switch replies[RefLayout.claim(task)] ?? .unknown {
    case .accepted: return .ended(.won)
    case .refused: isRefused = true
    case .unknown:
      isRefused = false
      if !neverAssumes { return .ended(.won) }
    }
    return .read
  }

  /// What the arbiter shows, or nil if it could not be read.
  public mutating func saw(_ view: ArbiterView?) -> Next {
    guard let view else {
      failedReads += 1
      return failedReads < Self.maximumReads ? .read : .ended(.unknown)
    }
    failedReads = 0
    let posted = view.claims[task]
    if posted?.id == id { return .ended(.won) }
    if let posted, posted.id != old, supersedes(posted.content) { return .ended(.lost) }
    // What is there is old, or so old that the read must have been of the past: only a push can tell.
    if isRefused, companions, posted?.id == old { return .ended(.refused) }
    // An earlier move of this process has taken place after all: what comes next begins at that one.
    if isRefused, let other = posted?.content, isRelated(other) { return .ended(.refused) }
    guard pushes < Self.maximumPushes else {
      if isRefused, old != nil, posted == nil { return .ended(.gone) }
      return .ended(isRefused ? .refused : .unknown)
    }
    return begin()
  }

  /// True for a value of the same claim by the same process.
  private func isRelated(_ other: Claim) -> Bool {
    other.token == claim.token && other.host == claim.host
      && other.incarnation == claim.incarnation && other.isHeld
  }

  /// True if what is there shows that this move can no longer take place, or never did.
  private func supersedes(_ other: Claim?) -> Bool {
    guard let other else { return true }
    if other.token != claim.token { return other.token > claim.token }
    if other.host != claim.host || other.incarnation != claim.incarnation { return true }
    // An end of the same claim by the same process, from an earlier move whose answer was lost.
    return !other.isHeld
  }
}
