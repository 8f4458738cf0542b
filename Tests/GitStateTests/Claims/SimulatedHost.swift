import Git2
import GitState
import TestSupport

/// One process of one machine in a simulated run: the protocol's value, driven as the keeper drives it.
final class SimulatedHost {
  unowned let world: Simulation
  /// Which process it is; a machine's name may be that of several.
  let process: String
  var claims: ClaimProtocol
  /// What the machine remembers when this process ends.
  var memory: IncarnationMemory?
  /// The tokens, by task, whose work was begun on this machine.
  var begun: [RecordID: Int] = [:]
  let predecessorIsOver: Bool
  var isDead = false
  var hasJoined = false
  var pausedUntil = 0
  var partitionedUntil = 0
  /// The last time at which this process could not do what it wanted.
  var lastTroubleAt: Int
  /// The state as this host knows it, and since when.
  var state = SimulatedState()
  var stateAt = -1_000_000
  /// Steps that are left to be made, by task.
  var work: [RecordID: Int] = [:]
  /// Tasks with a move under way.
  var busy: Set<RecordID> = []
  /// How often in a row a claim could not be renewed, by task.
  var refusals: [RecordID: Int] = [:]
  var closedSince: [ObjectID: Int] = [:]
  private var clockOffset: Int
  private let clockRate: Double
  private var nonces = 0

  init(
    _ name: String, in world: Simulation, memory: IncarnationMemory? = nil,
    predecessorIsOver: Bool = true
  ) {
    self.world = world
    process = "\(name)#\(world.hosts.count)"
    self.memory = memory
    self.predecessorIsOver = predecessorIsOver
    let faults = world.faults
    let mixed = faults.hasMixedLifetimes && Bool.random(using: &world.random)
    claims = ClaimProtocol(
      host: name, boot: process,
      timing: ClaimTiming(lifetime: mixed ? 4 * Simulation.lifetime : Simulation.lifetime))
    claims.rules = world.rules
    lastTroubleAt = world.now
    clockOffset = Int.random(in: 0...1_000_000, using: &world.random)
    let drift =
      faults.drift > 0 ? Int.random(in: -faults.drift...faults.drift, using: &world.random) : 0
    clockRate = 1 + Double(drift) / 1000
  }

  /// This machine's clock.
  var clock: MonotonicTime {
    MonotonicTime(milliseconds: clockOffset + Int(Double(world.now) * clockRate))
  }

  func nonce() -> String {
    nonces += 1
    return "\(process)-\(nonces)"
  }

  // MARK: Life

  func begin() {
    read { [self] result in
      guard let result else { return world.schedule(after: 2000, for: self) { self.begin() } }
      claims.join(
        result.view, memory: memory, predecessorIsOver: predecessorIsOver)
      claims.inherit(begun)
      lastTroubleAt = world.now
      hasJoined = true
      cycle()
      work(again: 3000)
    }
  }

  /// One heartbeat and one look, again and again.
  func cycle() {
    suffer()
    let started = world.now
    let again = { [self] (delay: Int) in
      let due = max(0, started + delay - world.now)
      world.schedule(after: due, for: self) { self.cycle() }
    }
    let beat = claims.nextBeat(seconds: 0)
    claims.beatStarted(beat, at: clock)
    push(beat.push) { [self] replies in
      let isOpen = claims.beatAnswered(beat, replies, at: clock)
      look { _ in again(isOpen ? 2000 : self.claims.timing.beat) }
    }
  }

  /// Reads and takes in.
  func look(then: @escaping (ArbiterView?) -> Void) {
    let start = clock
    read { [self] result in
      guard let result else { return then(nil) }
      let own = claims.saw(result.view, startedAt: start, endedAt: clock)
      if own == .foreign {
        memory = nil
        claims.rename(to: "host-n\(world.hosts.count)-\(nonces)")
      }
      memory = claims.memory ?? memory
      if world.now - stateAt > world.faults.stateAge * Simulation.lifetime / 1000 {
        state = result.state
        stateAt = world.now
      }
      then(result.view)
    }
  }

  /// Draws what happens to this host in this interval.
  private func suffer() {
    let faults = world.faults
    if world.happens(faults.outage) { world.beginOutage() }
    if world.happens(faults.partition) {
      partitionedUntil = world.now + world.duration(upTo: faults.longestOutage)
      lastTroubleAt = max(lastTroubleAt, partitionedUntil)
    }
    if world.happens(faults.clockStep), !world.rules.contains(.monotonicClock) {
      clockOffset += world.duration(upTo: 4000) - 2 * Simulation.lifetime
    }
    if world.happens(faults.clone) { copy(predecessorIsOver: false) }
    if world.happens(faults.restart) {
      isDead = true
      copy(predecessorIsOver: true)
    }
    // At any moment of the interval, also between a check and what follows it.
    if world.happens(faults.pause) {
      world.schedule(after: world.duration(upTo: 250), for: self) { self.pause() }
    }
  }

  private func pause() {
    let length = world.duration(upTo: world.faults.longestPause)
    pausedUntil = world.now + length
    lastTroubleAt = max(lastTroubleAt, pausedUntil)
    if !world.rules.contains(.clockCountsSleep) { clockOffset -= Int(Double(length) * clockRate) }
  }

  private func copy(predecessorIsOver: Bool) {
    let copy = SimulatedHost(
      claims.host, in: world, memory: memory, predecessorIsOver: predecessorIsOver)
    copy.begun = begun
    world.start(copy, within: predecessorIsOver ? 3 * Simulation.lifetime : Simulation.lifetime / 2)
  }
}

// MARK: The network

extension SimulatedHost {
  private var isCutOff: Bool { world.now < partitionedUntil || world.now < world.outageUntil }

  private func latency(late: Int) -> Int {
    let short = Int.random(in: 20...400, using: &world.random)
    return world.happens(late) ? short + world.duration(upTo: world.faults.longestLateness) : short
  }

  private func trouble(until time: Int) { lastTroubleAt = max(lastTroubleAt, time) }

  /// Sends a request: `serve` runs at the server, `then` here with its result, or nil after the timeout.
  private func request<Result>(
    serve: @escaping () -> Result, then: @escaping (Result?) -> Void
  ) {
    let faults = world.faults
    var isAnswered = false
    let answer = { (result: Result?) in
      if isAnswered { return }
      isAnswered = true
      then(result)
    }
    let patience = world.faults.timeout * Simulation.lifetime / 1000
    world.schedule(after: patience, for: self) { [self] in
      if !isAnswered { trouble(until: world.now) }
      answer(nil)
    }
    if isCutOff || world.happens(faults.requestLost) { return trouble(until: world.now + patience) }
    let way = latency(late: faults.requestLate)
    let back = latency(late: faults.replyLate)
    if way + back > 1000 { trouble(until: world.now + way + back) }
    world.schedule(after: way, for: nil) { [self] in
      if world.now < world.outageUntil { return trouble(until: world.now + patience) }
      let result = serve()
      if isCutOff || world.happens(faults.replyLost) {
        return trouble(until: world.now + patience)
      }
      world.schedule(after: back, for: self) { answer(result) }
    }
  }

  func push(_ push: ArbiterPush, then: @escaping ([String: MoveReply]) -> Void) {
    request(serve: { [self] in world.arbiter.apply(push, at: world.now) }) { then($0 ?? [:]) }
  }

  typealias Reading = (view: ArbiterView, state: SimulatedState, stateID: ObjectID?)

  func read(then: @escaping (Reading?) -> Void) {
    request(
      serve: { [self] () -> Reading in
        let faults = world.faults
        let isStale = world.happens(faults.readStale)
        let lag = isStale ? world.duration(upTo: faults.longestStaleness) : 0
        let isMixed = isStale && Bool.random(using: &world.random)
        let (view, state) = world.arbiter.read(at: world.now) { _ in
          isMixed ? self.world.duration(upTo: faults.longestStaleness) : lag
        }
        return (view, world.arbiter.state(state), state)
      }, then: then)
  }

  /// Drives a move to its end.
  func drive(_ move: ClaimMove, then: @escaping (ClaimMove.End) -> Void) {
    var move = move
    func follow(_ next: ClaimMove.Next) {
      switch next {
      case .push(let batch): push(batch) { follow(move.pushed($0)) }
      case .read: look { follow(move.saw($0)) }
      case .ended(let end): then(end)
      }
    }
    follow(move.begin())
  }
}
