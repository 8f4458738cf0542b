public import Git2

/// What can be done about a task's claim.
public enum ClaimOffer: Sendable {
  /// Make this move, then look at the newest state before working.
  case move(ClaimMove)
  /// Its host is silent: end its heartbeat first (`ending(heartbeatOf:)`), read, ask again.
  case endHeartbeat(host: String)
  /// A live host, or one that was not silent for long enough, has it.
  case taken(host: String, token: Int)
  /// It was closed, and the state here does not know how: synchronise, ask again.
  case stateIsBehind(token: Int)
  /// Nothing is left to be done for the task.
  case terminal
  /// This host's heartbeat is not confirmed.
  case notAlive
  /// This host has it already.
  case held
  /// What is there cannot be read: a newer version wrote it, or nobody did.
  case unreadable
}

/// What the newest state says to whoever has won a claim.
public enum Verification: Sendable, Hashable {
  /// Work may begin.
  case proceed
  /// The task is over, or a later claim knows more: close the claim and walk away.
  case walkAway
}

extension ClaimProtocol {
  /// What can be done to get a task, by the last read and the state as it is known here.
  ///
  /// `nonce` is random; `seconds` since 1970 is for people.
  public func offer(
    _ task: RecordID, _ standing: TaskStanding, nonce: String, seconds: Int64,
    at now: MonotonicTime
  ) -> ClaimOffer {
    if standing.isTerminal { return .terminal }
    if held[task] != nil { return .held }
    guard isAlive(at: now) else { return .notAlive }
    guard let posted = view.claims[task] else {
      return .move(acquisition(of: task, after: nil, standing, nonce: nonce, seconds: seconds))
    }
    guard let claim = posted.content, claim.task == task else { return .unreadable }
    if let obstacle = obstacle(claim, standing, at: now) { return obstacle }
    return .move(acquisition(of: task, after: posted, standing, nonce: nonce, seconds: seconds))
  }

  /// What forbids to follow a claim; nil if nothing does.
  func obstacle(
    _ claim: Claim, _ standing: TaskStanding, at now: MonotonicTime
  ) -> ClaimOffer? {
    if !claim.isHeld {
      let isBehind = keeps(.stateCaughtUp) && standing.highestToken < claim.requiredToken
      return isBehind ? .stateIsBehind(token: claim.requiredToken) : nil
    }
    if claim.host == host {
      // Given up by this process, or left by one before it.
      let isOver =
        claim.incarnation == incarnation
        || mayContinue(HeldClaim(id: .zero, claim: claim, isInherited: true), at: now)
      return isOver ? nil : .taken(host: claim.host, token: claim.token)
    }
    if let beat = view.hosts[claim.host]?.content, beat.isEnded,
      beat.incarnation >= claim.incarnation || !keeps(.incarnations)
    {
      return nil
    }
    guard isSilent(claim.host, at: now) else {
      return .taken(host: claim.host, token: claim.token)
    }
    return keeps(.endHeartbeatFirst) ? .endHeartbeat(host: claim.host) : nil
  }

  /// True if this host has itself seen another's heartbeat stand still for long enough.
  public func isSilent(_ other: String, at now: MonotonicTime) -> Bool {
    let posted = view.hosts[other]
    guard other != host, posted?.content?.isEnded != true,
      let (milliseconds, reads) = watch.stillness(of: other, at: posted?.id, until: now)
    else { return false }
    let lifetime = keeps(.ownersLifetime) ? lifetime(of: other) : timing.lifetime
    let claimed = ClaimTiming(lifetime: lifetime)
    guard keeps(.longObservation) else { return true }
    return milliseconds >= claimed.expiry
      && reads >= (keeps(.severalReads) ? ClaimTiming.minimumReads : 1)
  }

  /// Ends a silent host's heartbeat, if it is still the one that was seen; `seconds` is for people.
  ///
  /// Nil if the host is not silent.
  public func ending(
    heartbeatOf other: String, nonce: String, seconds: Int64, at now: MonotonicTime
  ) -> ArbiterPush? {
    guard isSilent(other, at: now) else { return nil }
    let posted = view.hosts[other]
    let claimed = view.claims.values.compactMap(\.content).filter { $0.host == other }
    let incarnations =
      claimed.map(\.incarnation) + [posted?.content?.incarnation ?? 1]
    let ended = Heartbeat(
      host: other, incarnation: incarnations.max() ?? 1, boot: nonce, number: 0,
      lifetime: lifetime(of: other), endedBy: host)
    let commit = ended.commit(seconds: seconds)
    let move = ArbiterMove(
      RefLayout.heartbeat(other), from: posted?.id, to: ClaimContent.id(of: commit))
    return ArbiterPush([move], commits: [commit])
  }

  /// What a claim that was won is worth, by a state that was fetched after winning it; with `proceed`, its
  /// worker may run.
  ///
  /// Where the arbiter cannot move several references at once, the claim's token has to be in the state
  /// *at the arbiter* before work begins; with `isRecorded` the standing includes it.
  public mutating func verify(
    _ task: RecordID, _ standing: TaskStanding, isRecorded: Bool = false
  ) -> Verification {
    guard let mine = held[task] else { return .walkAway }
    let limit = isRecorded ? mine.claim.token : mine.claim.token - 1
    guard !standing.isTerminal, standing.highestToken <= limit else { return .walkAway }
    held[task] = HeldClaim(
      id: mine.id, claim: mine.claim, isInherited: mine.isInherited, isVerified: true)
    return .proceed
  }

  /// Claims of this host that nobody here works on.
  ///
  /// They are pushes that arrived after they were given up, and what an earlier process left. `busy` are
  /// the tasks with a move under way.
  public func leftovers(except busy: Set<RecordID>, at now: MonotonicTime) -> [HeldClaim] {
    guard isAlive(at: now) else { return [] }
    return view.claims.values.compactMap { posted in
      guard let claim = posted.content, claim.host == host, claim.isHeld,
        held[claim.task] == nil, !busy.contains(claim.task)
      else { return nil }
      let isInherited = claim.incarnation != incarnation
      let left = HeldClaim(id: posted.id, claim: claim, isInherited: isInherited)
      return mayContinue(left, at: now) ? left : nil
    }.sorted { $0.claim.task < $1.claim.task }
  }

  /// Closed claims that are old enough to be deleted, each with its move.
  ///
  /// `firstSeen` says since when each commit was seen as closed here, `now` is of the same clock, both in
  /// milliseconds: a clock that survives this process, so a wall clock; nothing depends on it but tidiness
  /// and replicas that are behind for longer than `ClaimTiming.retention`.
  public func expiredClosedClaims(firstSeen: [ObjectID: Int], now: Int) -> [ArbiterMove] {
    let retention = keeps(.retention) ? ClaimTiming.retention : 0
    return view.claims.sorted { $0.key < $1.key }.compactMap { task, posted in
      guard posted.content?.isHeld == false, let seen = firstSeen[posted.id],
        now - seen >= retention
      else { return nil }
      return ArbiterMove(RefLayout.claim(task), from: posted.id, to: nil)
    }
  }

  private func acquisition(
    of task: RecordID, after old: Posted<Claim>?, _ standing: TaskStanding, nonce: String,
    seconds: Int64
  ) -> ClaimMove {
    let claim = Claim(
      task: task, token: max(old?.content?.token ?? 0, standing.highestToken) + 1, host: host,
      incarnation: incarnation, nonce: nonce, lifetime: timing.lifetime,
      stateToken: max(old?.content?.requiredToken ?? 0, standing.highestToken),
      isUnfenced: isUnfenced)
    return move(from: old?.id, claim, phase: .held, nonce: nonce, seconds: seconds)
  }

  /// The lifetime that a host works by: of its heartbeat, or of the longest of its claims.
  private func lifetime(of other: String) -> Int {
    if let beat = view.hosts[other]?.content { return beat.lifetime }
    let claimed = view.claims.values.compactMap(\.content).filter { $0.host == other }
    return claimed.map(\.lifetime).max() ?? timing.lifetime
  }
}
