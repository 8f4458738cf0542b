internal import Git2

/// The claim protocol of one host: which claims it has, when it may work, what it may take over.
///
/// A value without clock or I/O. Instants come in as values, what is to be done goes out as values, and
/// the same code runs against a git server and in a simulator. Why it is safe:
///
/// - A host works only within 0.6 lifetimes after the *start* of its last confirmed heartbeat, and only
///   on claims that its own heartbeat's incarnation has written.
/// - A heartbeat replaces only the one before it. Whoever wants a silent host's tasks must first have seen
///   its heartbeat stand still for 1.2 lifetimes, and ends it by compare-and-swap: if it was not really
///   standing still, that fails, whatever old replica the reads came from. After it, the host cannot
///   confirm another heartbeat of that incarnation, and has stopped long before.
/// - An ended incarnation frees the claims of that incarnation and of those before it, no others.
public struct ClaimProtocol: Sendable {
  /// The timing that this host works by.
  public let timing: ClaimTiming
  /// Random, made by this process.
  public let boot: String
  /// True if no arbiter is asked: other hosts may make the same claims.
  public let isUnfenced: Bool
  /// This host's name.
  public private(set) var host: String
  /// The life of the heartbeat that this process is in; 0 before the first one.
  public internal(set) var incarnation = 0
  /// The claims of this host by task, those that wait for their renewal included.
  public internal(set) var held: [RecordID: HeldClaim] = [:]
  /// What the arbiter showed last.
  public internal(set) var view = ArbiterView()
  /// The rules that are kept: all of them, except in tests.
  package var rules = Set(SafetyRule.allCases)
  /// What this host has seen of the others' heartbeats.
  var watch = HostWatch()
  /// The own heartbeat at the arbiter, as far as known.
  var tip: ObjectID?
  /// Heartbeats whose answer is missing, by their object, with the start of their push.
  var sent: [ObjectID: MonotonicTime] = [:]
  /// The start of the push of the last heartbeat that is known to have arrived, in this incarnation.
  var confirmedAt: MonotonicTime?
  var beatNumber = 0
  /// True while the last heartbeat was not accepted.
  var isContested = false
  /// When this process's first heartbeat was confirmed: since then no earlier one can confirm another.
  var tookOverAt: MonotonicTime?
  /// True if the heartbeat that this process found had been ended: nobody was at work.
  var foundEnded = false
  /// The longest lifetime of heartbeats that this process has replaced.
  var replacedLifetime = 0
  /// Renewals of held claims whose answer is missing: one may be what the arbiter has now.
  var unanswered: [RecordID: Set<ObjectID>] = [:]
  /// Held claims in whose place another host's of the same token was seen: only a push can tell.
  var doubted: Set<RecordID> = []
  /// From this incarnation on, all were processes of this machine that are over.
  var ownSince = 1

  /// Own moves that reads which began before they ended may not show yet.
  var moved: [RecordID: Moved] = [:]

  /// A claim as this host has moved it.
  struct Moved: Sendable {
    /// What it is since.
    let posted: Posted<Claim>
    /// When that was known.
    let at: MonotonicTime
  }

  /// The protocol of a host that has not looked at the arbiter yet; `boot` is random for each process.
  public init(host: String, boot: String, timing: ClaimTiming, isUnfenced: Bool = false) {
    self.host = host
    self.boot = boot
    self.timing = timing
    self.isUnfenced = isUnfenced
  }

  /// True if a rule is kept.
  func keeps(_ rule: SafetyRule) -> Bool { rules.contains(rule) }

  // MARK: Working

  /// The instant at which all work has to stop unless another heartbeat is confirmed; nil: at once.
  public var workDeadline: MonotonicTime? { confirmedAt.map { $0 + timing.fence } }

  /// Claims of this incarnation that were won and not verified yet.
  public var unverified: [HeldClaim] {
    held.values.filter { !$0.isVerified && isOwn($0.claim) }
      .sorted { $0.claim.task < $1.claim.task }
  }

  /// True if the worker of a task may run at an instant; to be asked before every step.
  public func mayWork(_ task: RecordID, at now: MonotonicTime) -> Bool {
    guard let mine = held[task] else { return false }
    if keeps(.verifyAfterWinning), !mine.isVerified { return false }
    if keeps(.renewBeforeResuming), !isOwn(mine.claim) { return false }
    guard keeps(.selfFence) else { return true }
    guard let deadline = workDeadline else { return false }
    return now < deadline
  }

  /// True if this host's heartbeat is confirmed, so that it may claim.
  public func isAlive(at now: MonotonicTime) -> Bool { workDeadline.map { now < $0 } ?? false }

  /// True for a claim that the current incarnation has written.
  func isOwn(_ claim: Claim) -> Bool { claim.host == host && claim.incarnation == incarnation }

  // MARK: Claims

  /// A move of a claim ended: what this host has now.
  ///
  /// A move that ended unknown changes nothing here; if it takes place later, `saw` or `leftovers` finds it.
  public mutating func settled(_ move: ClaimMove, _ end: ClaimMove.End, at now: MonotonicTime) {
    if [.won, .lost, .gone].contains(end) {
      unanswered[move.task] = nil
      doubted.remove(move.task)
    }
    if end == .won {
      let posted = Posted(id: move.id, content: move.claim)
      view.claims[move.task] = posted
      moved[move.task] = Moved(posted: posted, at: now)
    }
    switch end {
    case .won where !move.claim.isHeld: held[move.task] = nil
    case .won:
      let isRenewed = held[move.task]?.claim.token == move.claim.token
      held[move.task] = HeldClaim(
        id: move.id, claim: move.claim,
        isVerified: isRenewed && held[move.task]?.isVerified == true)
    case .lost, .gone: held[move.task] = nil
    case .unknown where move.claim.isHeld && held[move.task] != nil:
      unanswered[move.task, default: []].insert(move.id)
    case .refused, .unknown: break
    }
  }

  /// Claims of this host that have to be moved into the current incarnation before work on them goes on.
  public func renewals(at now: MonotonicTime) -> [HeldClaim] {
    guard isAlive(at: now) else { return [] }
    return held.values.filter {
      (!isOwn($0.claim) || doubted.contains($0.claim.task)) && mayContinue($0, at: now)
    }
    .sorted { $0.claim.task < $1.claim.task }
  }

  /// The move that renews a claim, with what becomes public at the same instant.
  ///
  /// `nonce` is random, `seconds` since 1970 is for people.
  public func renewal(
    of held: HeldClaim, with companions: [ArbiterMove] = [], nonce: String, seconds: Int64
  ) -> ClaimMove {
    move(
      from: held.id, held.claim, phase: .held, with: companions, nonce: nonce, seconds: seconds)
  }

  /// The move that ends an own claim, with what becomes public at the same instant.
  ///
  /// `nonce` is random; `seconds` since 1970 is for people.
  public func ending(
    _ held: HeldClaim, as phase: Claim.Phase, with companions: [ArbiterMove] = [], nonce: String,
    seconds: Int64
  ) -> ClaimMove {
    move(
      from: held.id, held.claim, phase: phase, with: companions, nonce: nonce, seconds: seconds)
  }

  /// Names the host anew: another machine has the same name.
  ///
  /// Claims of this process wait for their renewal; those of earlier ones belong to the other machine.
  public mutating func rename(to name: String) {
    host = name
    incarnation = 1
    ownSince = 1
    tip = nil
    sent = [:]
    confirmedAt = nil
    held = held.filter { !$0.value.isInherited }
  }

  /// A claim of this incarnation after another one of the same task.
  func move(
    from old: ObjectID?, _ claim: Claim, phase: Claim.Phase, with companions: [ArbiterMove] = [],
    nonce: String, seconds: Int64
  ) -> ClaimMove {
    let next = Claim(
      task: claim.task, token: claim.token, host: host, incarnation: incarnation, nonce: nonce,
      lifetime: timing.lifetime, stateToken: claim.stateToken, phase: phase,
      isUnfenced: claim.isUnfenced)
    return ClaimMove(
      from: old, to: next, with: companions, seconds: seconds, neverAssumes: keeps(.neverAssume))
  }

  /// True if work on a claim cannot be going on in another process any more.
  func mayContinue(_ held: HeldClaim, at now: MonotonicTime) -> Bool {
    guard held.isInherited, keeps(.predecessorIsOver) else { return true }
    if held.claim.host == host, held.claim.incarnation >= ownSince { return true }
    if foundEnded { return true }
    guard let tookOverAt else { return false }
    let lifetime = max(timing.lifetime, replacedLifetime, held.claim.lifetime)
    return now - tookOverAt >= ClaimTiming(lifetime: lifetime).expiry
  }
}
