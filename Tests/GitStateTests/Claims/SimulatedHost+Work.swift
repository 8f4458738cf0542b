import Git2
import GitState
import TestSupport

// What the engine does around an attempt: acquire, verify, work, finish.
extension SimulatedHost {
  /// Looks for something to do, again and again.
  func work(again delay: Int) {
    world.schedule(after: delay, for: self) { [self] in
      turn { self.work(again: Int.random(in: 2000...8000, using: &self.world.random)) }
    }
  }

  private func turn(then: @escaping () -> Void) {
    let now = clock
    if let waiting = claims.renewals(at: now).first(where: { !busy.contains($0.claim.task) }) {
      return settle(claims.renewal(of: waiting, nonce: nonce(), seconds: 0)) { _ in then() }
    }
    if let left = claims.leftovers(except: busy, at: now).first {
      let move = claims.ending(left, as: .released, nonce: nonce(), seconds: 0)
      return settle(move) { _ in then() }
    }
    for task in claims.held.keys.sorted() where work[task] == nil && !busy.contains(task) {
      if claims.mayWork(task, at: now) { startWorker(task) }
    }
    if let won = claims.unverified.first(where: { !busy.contains($0.claim.task) }) {
      verify(won.claim)
    }
    if tidy(then) { return }
    acquire(then)
  }

  /// Deletes closed claims that are old enough; true if there was one.
  private func tidy(_ then: @escaping () -> Void) -> Bool {
    // This world's retention is shorter than the real one.
    let time = clock.milliseconds * (ClaimTiming.retention / Simulation.retention)
    let closed = claims.view.claims.values.filter { $0.content?.isHeld == false }
    closedSince = closedSince.filter { seen in closed.contains { $0.id == seen.key } }
    for posted in closed where closedSince[posted.id] == nil { closedSince[posted.id] = time }
    let moves = claims.expiredClosedClaims(firstSeen: closedSince, now: time)
    guard let move = moves.first(where: { _ in !world.happens(500) }) else { return false }
    push(ArbiterPush([move])) { _ in then() }
    return true
  }

  private func acquire(_ then: @escaping () -> Void) {
    let open = world.tasks.filter { claims.held[$0] == nil && !busy.contains($0) }
    guard claims.held.count < 2, let task = open.randomElement(using: &world.random) else {
      return then()
    }
    let offer = claims.offer(
      task, state.standing(task), nonce: nonce(), seconds: 0, at: clock)
    switch offer {
    case .move(let move):
      settle(move) { _ in then() }
    case .endHeartbeat(let host):
      guard
        let ending = claims.ending(
          heartbeatOf: host, nonce: nonce(), seconds: 0, at: clock)
      else { return then() }
      push(ending) { _ in self.look { _ in then() } }
    case .stateIsBehind:
      stateAt = -1_000_000
      then()
    case .taken, .terminal, .notAlive, .held, .unreadable: then()
    }
  }

  /// Drives a move and tells the protocol how it ended.
  private func settle(_ move: ClaimMove, then: @escaping (ClaimMove.End) -> Void) {
    busy.insert(move.task)
    drive(move) { [self] end in
      busy.remove(move.task)
      claims.settled(move, end, at: clock)
      then(end)
    }
  }

  /// Looks at the newest state after winning; where moves are not atomic, records the token in it.
  private func verify(_ claim: Claim) {
    let task = claim.task
    busy.insert(task)
    read { [self] result in
      busy.remove(task)
      guard let result, let held = claims.held[task] else { return }
      state = result.state
      let token = claim.token
      let isRecorded = result.state.tasks[task]?.contains { $0.token == token } ?? false
      let mustRecord =
        !world.faults.isAtomic && !isRecorded && world.rules.contains(.recordBeforeWorking)
      var trial = claims
      guard trial.verify(task, result.state.standing(task), isRecorded: isRecorded) == .proceed
      else { return abandon(task, held) }
      if mustRecord {
        let next = result.state.adding(.started, token, to: task)
        return publish(next, over: result.stateID, holding: task) {}
      }
      claims = trial
      begun[task] = token
    }
  }

  private func publish(
    _ state: SimulatedState, over old: ObjectID?, holding task: RecordID,
    then: @escaping () -> Void
  ) {
    let id = world.arbiter.upload(state)
    busy.insert(task)
    push(ArbiterPush([ArbiterMove(SimulatedArbiter.stateReference, from: old, to: id)])) { _ in
      self.busy.remove(task)
      then()
    }
  }

  // MARK: Working

  private func startWorker(_ task: RecordID) {
    guard claims.held[task] != nil, work[task] == nil else { return }
    work[task] = Int.random(in: 1...40, using: &world.random)
    tick(task)
  }

  private func tick(_ task: RecordID) {
    guard let held = claims.held[task], let left = work[task] else {
      work[task] = nil
      return
    }
    if claims.mayWork(task, at: clock) {
      world.step(task, token: held.claim.token, by: self)
      work[task] = left - 1
      if left <= 1 {
        let isDone = !world.happens(300)
        return finish(task, isDone ? .done : .failed)
      }
      if world.faults.publishes, world.faults.isAtomic, left.isMultiple(of: 2) {
        return publishProgress(of: task, held)
      }
    }
    world.schedule(after: Simulation.lifetime / 12, for: self) { self.tick(task) }
  }

  /// Moves a branch together with the claim's renewal, and works on whatever came of it.
  private func publishProgress(of task: RecordID, _ held: HeldClaim) {
    let branch = "refs/heads/\(task)"
    let move = ArbiterMove(
      branch, from: world.arbiter.current(branch), to: world.arbiter.upload(state))
    settle(claims.renewal(of: held, with: [move], nonce: nonce(), seconds: 0)) { [self] end in
      refusals[task] = end == .refused ? (refusals[task] ?? 0) + 1 : 0
      world.refused(task, times: refusals[task] ?? 0, to: self)
      world.schedule(after: Simulation.lifetime / 12, for: self) { self.tick(task) }
    }
  }

  /// Publishes a result together with the claim's end, as often as the state moves on meanwhile.
  private func finish(_ task: RecordID, _ kind: SimulatedState.Entry.Kind) {
    let again = { [self] in
      world.schedule(after: 1000, for: self) { self.finish(task, kind) }
    }
    guard let held = claims.held[task] else {
      work[task] = nil
      return
    }
    guard claims.mayWork(task, at: clock) else { return again() }
    busy.insert(task)
    look { [self] _ in
      read { [self] result in
        busy.remove(task)
        guard let result, claims.held[task] == held else { return again() }
        let token = held.claim.token
        let entries = result.state.tasks[task] ?? []
        let isThere = entries.contains { $0.token == token && $0.kind != .started }
        if isThere { return close(task, held) }
        if result.state.standing(task).highestToken > token { return abandon(task, held) }
        let next = result.state.adding(kind, token, to: task)
        guard world.faults.isAtomic, world.rules.contains(.fencedFinish) else {
          return publish(next, over: result.stateID, holding: task, then: again)
        }
        let companion = ArbiterMove(
          SimulatedArbiter.stateReference, from: result.stateID,
          to: world.arbiter.upload(next))
        let move = claims.ending(
          held, as: .closed, with: [companion], nonce: nonce(), seconds: 0)
        settle(move) { _ in again() }
      }
    }
  }

  private func close(_ task: RecordID, _ held: HeldClaim) {
    settle(claims.ending(held, as: .closed, nonce: nonce(), seconds: 0)) { [self] _ in
      world.schedule(after: 1000, for: self) {
        if let held = self.claims.held[task] {
          self.close(task, held)
        } else {
          self.work[task] = nil
        }
      }
    }
  }

  private func abandon(_ task: RecordID, _ held: HeldClaim) {
    work[task] = nil
    settle(claims.ending(held, as: .released, nonce: nonce(), seconds: 0)) { _ in }
  }
}
