/// Another host's claim, as it looks from here.
public struct RivalClaim: Sendable, Hashable {
  /// The host.
  public let host: String
  /// The token.
  public let token: Int
  /// True if the task may be taken now: given up, or its host is silent or was ended.
  public let isFree: Bool
  /// Milliseconds until the host may be given up if nothing is heard of it; nil if that is not known.
  public let remaining: Int?
}

extension ClaimProtocol {
  /// The claims that are not this host's, by task, as they look at an instant.
  public func rivals(at now: MonotonicTime) -> [RecordID: RivalClaim] {
    var result: [RecordID: RivalClaim] = [:]
    // A state that knows everything: what is asked here is whether the host is in the way.
    let standing = TaskStanding(isTerminal: false, highestToken: Claim.maximumNumber)
    for (task, posted) in view.claims where held[task] == nil {
      guard let claim = posted.content else { continue }
      var isFree = true
      if case .taken = obstacle(claim, standing, at: now) { isFree = false }
      result[task] = RivalClaim(
        host: claim.host, token: claim.token, isFree: isFree,
        remaining: claim.isHeld && !isFree ? remaining(of: claim, at: now) : nil)
    }
    return result
  }

  /// Milliseconds until a claim's host may be given up if its heartbeat goes on standing still.
  private func remaining(of claim: Claim, at now: MonotonicTime) -> Int? {
    let posted = view.hosts[claim.host]
    guard claim.host != host,
      let (stood, _) = watch.stillness(of: claim.host, at: posted?.id, until: now)
    else { return nil }
    let lifetime = posted?.content?.lifetime ?? claim.lifetime
    return max(0, ClaimTiming(lifetime: lifetime).expiry - stood)
  }

  /// True if a host cannot be at work: it has ended, or stood still for long enough.
  public func isGone(_ other: String, at now: MonotonicTime) -> Bool {
    view.hosts[other]?.content?.isEnded == true || isSilent(other, at: now)
  }
}

extension ClaimKeeper {
  /// The claims that are not this host's, by task.
  public var rivals: [RecordID: RivalClaim] { claims.rivals(at: clock.now()) }

  /// True if another host cannot be at work.
  public func isGone(_ other: String) -> Bool { claims.isGone(other, at: clock.now()) }

  /// Reads the arbiter without a heartbeat; false if it could not be read.
  @discardableResult
  public func refresh() async -> Bool { await look() != nil }

  /// Moves references outside while the claim stays: all or nothing with the claim's own renewal, so that
  /// a host that has lost the task changes nothing.
  ///
  /// Where the arbiter cannot move several references at once, the claim is renewed before: what another host does
  /// between the two only the moves' own expectations can see.
  public func publish(_ task: RecordID, _ moves: [ArbiterMove]) async -> FinishOutcome {
    guard var mine = claims.held[task] else { return .lost }
    guard claims.mayWork(task, at: clock.now()) else { return .suspended }
    guard let isAtomic = try? await arbiter.movesAtomically() else { return .unknown }
    while true {
      let renewal = claims.renewal(
        of: mine, with: isAtomic ? moves : [], nonce: nonce(), seconds: clock.seconds())
      switch await settle(renewal) {
      case .won where isAtomic: return .published
      case .won:
        // The renewal may have taken long.
        return claims.mayWork(task, at: clock.now()) ? await outcome(of: moves) : .suspended
      case .lost: return .lost
      case .gone: return .gone
      case .refused:
        // The claim is further than was known: an earlier answer was lost.
        guard let known = claims.held[task], known.id != mine.id else { return .outdated }
        mine = known
      case .unknown: return .unknown
      }
    }
  }

  /// Moves references without a claim's.
  func outcome(of moves: [ArbiterMove]) async -> FinishOutcome {
    let replies = await arbiter.push(ArbiterPush(moves))
    let answers = moves.map { replies[$0.reference] ?? .unknown }
    if answers.contains(.refused) { return .outdated }
    return answers.contains(.unknown) ? .unknown : .published
  }
}
