internal import Git2

/// What a heartbeat brought.
public struct HeartbeatReport: Sendable, Hashable {
  /// True if it arrived.
  public let isConfirmed: Bool
  /// When all work has to stop unless another one arrives before; nil: at once.
  public let workDeadline: MonotonicTime?
  /// Tasks that are this host's no longer: stop their workers, keep their work aside, publish nothing.
  public let lost: [RecordID]
  /// Tasks whose claims somebody deleted at the arbiter: acquire them anew; their workers rest until then.
  public let gone: [RecordID]
  /// This host's new name, if another machine has the old one: open the state anew before writing.
  public let newName: String?
  /// Milliseconds until the next one is due.
  public let nextBeat: Int
}

extension ClaimKeeper {
  /// Pushes a heartbeat, looks at the arbiter, renews what needs it, gives up what nobody works on.
  public func beat() async -> HeartbeatReport {
    let name = claims.host
    let before = Set(claims.held.keys)
    var isConfirmed = false
    if !isBeating, claims.incarnation > 0 {
      isBeating = true
      isConfirmed = await pushBeat()
      isBeating = false
    }
    await look()
    var gone: Set<RecordID> = []
    for waiting in claims.renewals(at: clock.now()) where !busy.contains(waiting.claim.task) {
      let renewal = claims.renewal(of: waiting, nonce: nonce(), seconds: clock.seconds())
      if await settle(renewal) == .gone { gone.insert(waiting.claim.task) }
    }
    for left in claims.leftovers(except: busy, at: clock.now()) {
      _ = await settle(
        claims.ending(left, as: .released, nonce: nonce(), seconds: clock.seconds()))
    }
    let soon = min(claims.timing.beat, Self.firstPause * 10)
    return HeartbeatReport(
      isConfirmed: isConfirmed, workDeadline: claims.workDeadline,
      lost: before.subtracting(claims.held.keys).subtracting(busy).subtracting(gone).sorted(),
      gone: gone.sorted(),
      newName: claims.host == name ? nil : claims.host,
      nextBeat: isConfirmed ? claims.timing.beat : soon)
  }

  /// One heartbeat, and a second one if the first shows that a new incarnation or name has begun.
  private func pushBeat() async -> Bool {
    for _ in 0..<2 {
      let beat = claims.nextBeat(seconds: clock.seconds())
      claims.beatStarted(beat, at: clock.now())
      let replies = await arbiter.push(beat.push)
      if !claims.beatAnswered(beat, replies, at: clock.now()) {
        remember()
        return true
      }
      guard await look() != nil else { return false }
      if claims.isConfirmed(beat) {
        remember()
        return true
      }
    }
    return false
  }

  /// Deletes claims that ended long ago, by what was first seen when; returns what to remember.
  ///
  /// `firstSeen` and `now` are milliseconds of a wall clock; nothing but tidiness depends on them.
  public func deleteOldClaims(firstSeen: [String: Int], now: Int) async -> [String: Int] {
    let closed = claims.view.claims.values.filter { $0.content?.isHeld == false }
    let seen = Dictionary(
      closed.map { ($0.id, firstSeen[$0.id.hex] ?? now) }, uniquingKeysWith: { first, _ in first })
    for move in claims.expiredClosedClaims(firstSeen: seen, now: now) {
      _ = await arbiter.push(ArbiterPush([move]))
    }
    return Dictionary(seen.map { ($0.key.hex, $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}
