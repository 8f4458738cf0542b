public import Git2

/// A heartbeat that is to be pushed.
public struct HeartbeatPush: Sendable, Hashable {
  /// Its commit.
  public let id: ObjectID
  /// The move that makes it this host's heartbeat.
  public let push: ArbiterPush
}

/// The incarnations that were processes of one machine, one after the other.
public struct IncarnationMemory: Sendable, Hashable {
  /// The last one whose heartbeat arrived.
  public let latest: Int
  /// The first one from which on no other machine came between.
  public let since: Int

  /// Both parts.
  public init(latest: Int, since: Int) {
    self.latest = latest
    self.since = since
  }
}

/// What a look at the arbiter says of this host's own heartbeat.
public enum OwnHeartbeat: Sendable, Hashable {
  /// It is this process's, or the look was of the past.
  case own
  /// Another host has ended it, or someone deleted it: a new incarnation has begun here, and all claims wait for their renewal.
  case ended
  /// It is of another process with this host's name, which must be on another machine: `rename`.
  case foreign
}

extension ClaimProtocol {
  /// The most heartbeats without an answer that are remembered.
  static let maximumSent = 16

  /// Begins an incarnation after the first successful read.
  ///
  /// `memory` is what this machine kept of the last one. `predecessorIsOver` says that the process that
  /// wrote it surely is over, and is not the original of a copied disk. Where that is not known, claims
  /// of earlier processes are continued only after the time in which those must have stopped.
  public mutating func join(
    _ view: ArbiterView, memory: IncarnationMemory?, predecessorIsOver: Bool
  ) {
    self.view = view
    let last = view.hosts[host]
    let seen = last?.content?.incarnation ?? 0
    tip = last?.id
    incarnation = max(seen, memory?.latest ?? 0) + 1
    let isKnown = predecessorIsOver && seen <= memory?.latest ?? 0
    ownSince = isKnown ? memory?.since ?? incarnation : incarnation
    replacedLifetime = last?.content?.lifetime ?? 0
    foundEnded = last?.content?.isEnded == true
  }

  /// What the machine shall remember for its next process; nil until a heartbeat is confirmed.
  public var memory: IncarnationMemory? {
    confirmedAt.map { _ in IncarnationMemory(latest: incarnation, since: ownSince) }
  }

  /// Takes over the claims of this host's earlier processes; they wait for their renewal.
  ///
  /// `begun` are the tokens, by task, whose work was begun on this machine: nothing else is continued.
  public mutating func inherit(_ begun: [RecordID: Int]) {
    for (task, posted) in view.claims where held[task] == nil {
      guard let claim = posted.content, claim.host == host, claim.isHeld,
        claim.incarnation < incarnation, begun[task] == claim.token
      else { continue }
      held[task] = HeldClaim(id: posted.id, claim: claim, isInherited: true, isVerified: true)
    }
  }

  /// The next heartbeat, whose push is to be reported with `beatStarted`.
  ///
  /// `seconds` since 1970 is for people.
  public mutating func nextBeat(seconds: Int64) -> HeartbeatPush {
    beatNumber += 1
    let beat = Heartbeat(
      host: host, incarnation: incarnation, boot: boot, number: beatNumber,
      lifetime: timing.lifetime)
    let commit = beat.commit(seconds: seconds)
    let id = ClaimContent.id(of: commit)
    let move = ArbiterMove(RefLayout.heartbeat(host), from: tip, to: id)
    return HeartbeatPush(id: id, push: ArbiterPush([move], commits: [commit]))
  }

  /// A heartbeat's push begins.
  public mutating func beatStarted(_ beat: HeartbeatPush, at now: MonotonicTime) {
    sent[beat.id] = now
    while sent.count > Self.maximumSent, let oldest = sent.min(by: { $0.value < $1.value }) {
      sent[oldest.key] = nil
    }
  }

  /// True if a heartbeat is known to have arrived, and to be the last one.
  public func isConfirmed(_ beat: HeartbeatPush) -> Bool {
    tip == beat.id && confirmedAt != nil && !isContested
  }

  /// A heartbeat's push was answered; true if the arbiter has to be read to know what became of it.
  public mutating func beatAnswered(
    _ beat: HeartbeatPush, _ replies: [String: MoveReply], at now: MonotonicTime
  ) -> Bool {
    let reply = beat.push.moves.first.flatMap { replies[$0.reference] } ?? .unknown
    guard reply == .accepted, let start = sent[beat.id] else {
      isContested = true
      return true
    }
    confirm(beat.id, start: keeps(.fenceFromStart) ? start : now, at: now)
    return false
  }

  /// Takes a successful read in: the others' heartbeats, the own one, claims that were lost.
  public mutating func saw(
    _ view: ArbiterView, startedAt start: MonotonicTime, endedAt end: MonotonicTime
  ) -> OwnHeartbeat {
    self.view = view
    keepNewer(than: start)
    var hosts: [String: ObjectID?] = view.hosts.mapValues { $0.id }
    for claim in view.claims.values.compactMap(\.content) where claim.isHeld {
      if hosts[claim.host] == nil { hosts.updateValue(nil, forKey: claim.host) }
    }
    hosts[host] = nil
    let intervals =
      keeps(.ownersLifetime) ? view.hosts.mapValues { $0.content?.lifetime ?? 0 } : [:]
    let own = timing
    watch.saw(hosts, startedAt: start, endedAt: end) { host in
      max(own.beat, ClaimTiming(lifetime: intervals[host] ?? 0).beat)
    }
    compareHeldClaims()
    return ownHeartbeat(view.hosts[host], at: end)
  }

  private mutating func confirm(_ id: ObjectID, start: MonotonicTime, at now: MonotonicTime) {
    tip = id
    tookOverAt = tookOverAt ?? now
    confirmedAt = max(confirmedAt ?? start, start)
    sent = sent.filter { $0.value > start }
    isContested = false
  }

  private mutating func ownHeartbeat(
    _ posted: Posted<Heartbeat>?, at now: MonotonicTime
  ) -> OwnHeartbeat {
    // Whoever only looks has no heartbeat: that of this name is the process's that works.
    guard incarnation > 0 else { return .own }
    if let posted, let start = sent[posted.id] {
      confirm(posted.id, start: keeps(.fenceFromStart) ? start : now, at: now)
      return .own
    }
    guard posted?.id != tip else { return .own }
    if let posted, let beat = posted.content, beat.incarnation >= incarnation {
      if beat.isEnded {
        begin(beat.incarnation + 1, after: posted.id)
        return .ended
      }
      if beat.boot != boot {
        if keeps(.oneHostPerName) { return .foreign }
        incarnation = beat.incarnation
      }
    }
    // A look at the past, unless the last heartbeat was refused: then what is there is tried.
    guard isContested else { return .own }
    if posted == nil, confirmedAt != nil {
      begin(incarnation + 1, after: nil)
      return .ended
    }
    tip = posted?.id
    replacedLifetime = max(replacedLifetime, posted?.content?.lifetime ?? 0)
    if posted?.content?.isEnded != true { foundEnded = false }
    return .own
  }

  /// The incarnation after one that was ended, or whose heartbeat was deleted.
  private mutating func begin(_ next: Int, after id: ObjectID?) {
    incarnation = next
    tip = id
    sent = [:]
    confirmedAt = nil
  }

  /// Puts back what this host has moved since a read began: such a read is of the past there.
  private mutating func keepNewer(than start: MonotonicTime) {
    moved = moved.filter { start - $0.value.at < timing.lifetime }
    for (task, own) in moved where start <= own.at {
      guard let mine = own.posted.content else { continue }
      let shown = view.claims[task]?.content
      // Another host's of the same token is no past of this one.
      let isPast = shown.map {
        $0.token < mine.token || $0.host == mine.host && $0.token == mine.token
      }
      if isPast ?? true { view.claims[task] = own.posted }
    }
  }

  /// Takes in what the arbiter shows of the own claims: moves whose answer was lost, and early notice of
  /// claims in other hands, whose finish would fail anyway.
  private mutating func compareHeldClaims() {
    for (task, mine) in held {
      guard let posted = view.claims[task], posted.id != mine.id, let other = posted.content else {
        continue
      }
      if other.token > mine.claim.token {
        held[task] = nil
      } else if other.token == mine.claim.token,
        keeps(.lostRenewals), unanswered[task]?.remove(posted.id) != nil
      {
        held[task] = HeldClaim(
          id: posted.id, claim: other, isInherited: mine.isInherited, isVerified: mine.isVerified)
      } else if other.token == mine.claim.token, ![host, mine.claim.host].contains(other.host) {
        doubted.insert(task)
      } else if other.token == mine.claim.token, other.host == host {
        // Only a confirmed incarnation is this process's own, and so are its claims.
        guard other.incarnation == incarnation, confirmedAt != nil else { continue }
        if !other.isHeld {
          held[task] = nil
        } else if !isOwn(mine.claim) {
          held[task] = HeldClaim(
            id: posted.id, claim: other, isVerified: mine.isVerified)
        }
      }
    }
  }
}
