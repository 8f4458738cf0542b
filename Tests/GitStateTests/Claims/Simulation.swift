import Git2
import GitState
import TestSupport

/// One run: hosts with their own clocks, an arbiter behind a faulty network, watched promises.
///
/// Everything follows from the seed.
final class Simulation {
  /// A claim's lifetime, in milliseconds.
  static let lifetime = 60_000
  /// How long the world exists.
  static let end = 16 * lifetime
  /// How long closed claims stay in this world: longer than anything lags in it.
  static let retention = 4 * lifetime

  struct Event {
    let time: Int
    let order: Int
    let host: SimulatedHost?
    let action: () -> Void
  }

  let seed: UInt64
  let rules: Set<SafetyRule>
  let faults: SimulatedFaults
  var random: SeededRandom
  var arbiter: SimulatedArbiter
  var hosts: [SimulatedHost] = []
  let tasks: [RecordID]
  private(set) var now = 0
  private var queue: [Event] = []
  private var order = 0
  private(set) var violation: String?
  private(set) var steps = 0
  /// Workers in the order of their first step, by task.
  private var workers: [RecordID: [String]] = [:]
  private(set) var outageUntil = 0
  private var outageBegan = 0

  init(seed: UInt64, without rule: SafetyRule? = nil, emphasising threat: SafetyRule? = nil) {
    self.seed = seed
    rules = Set(SafetyRule.allCases).subtracting(rule.map { [$0] } ?? [])
    random = SeededRandom(seed: seed)
    var drawn = SimulatedFaults(using: &random)
    // Not drawn, so that other worlds stay what they were.
    drawn.publishes = seed % 10 == 5
    if let threat { drawn.emphasise(threat) }
    faults = drawn
    arbiter = SimulatedArbiter(
      isAtomic: faults.isAtomic, comparesClaims: rules.contains(.compareAndSwap))
    tasks = (0..<faults.tasks).compactMap { RecordID("00000000000\($0)") }
  }

  /// Runs to the end of the world or to the first broken promise.
  func run() {
    arbiter.onEnd = { [unowned self] in self.judgeEnd(of: $0) }
    for number in 0..<faults.hosts { start(SimulatedHost("host-\(number)", in: self)) }
    while let event = pop(), event.time < Self.end, violation == nil {
      now = event.time
      if now > arbiter.lastResultAt + 6 * Self.lifetime, isOver { return }
      // The newest of the processes that ever had the name.
      guard let host = event.host else {
        event.action()
        continue
      }
      if host.isDead { continue }
      if host.pausedUntil > now {
        schedule(at: host.pausedUntil, for: host, event.action)
      } else {
        event.action()
      }
      violation = violation ?? arbiter.violation
    }
  }

  /// True if no task is left.
  private var isOver: Bool {
    let state = arbiter.state(arbiter.current(SimulatedArbiter.stateReference))
    return tasks.allSatisfy { state.standing($0).isTerminal }
  }

  func start(_ host: SimulatedHost, within time: Int = lifetime / 2) {
    hosts.append(host)
    schedule(after: Int.random(in: 0...time, using: &random), for: host) {
      host.begin()
    }
  }

  // MARK: Time

  func schedule(after delay: Int, for host: SimulatedHost?, _ action: @escaping () -> Void) {
    schedule(at: now + max(0, delay), for: host, action)
  }

  func schedule(at time: Int, for host: SimulatedHost?, _ action: @escaping () -> Void) {
    order += 1
    queue.append(Event(time: time, order: order, host: host, action: action))
    var index = queue.count - 1
    while index > 0, precedes(index, (index - 1) / 2) {
      queue.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (queue[left].time, queue[left].order) < (queue[right].time, queue[right].order)
  }

  private func pop() -> Event? {
    guard let first = queue.first else { return nil }
    let last = queue.removeLast()
    guard !queue.isEmpty else { return first }
    queue[0] = last
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < queue.count {
        if precedes(child, least) { least = child }
      }
      if least == index { return first }
      queue.swapAt(index, least)
      index = least
    }
  }

  func happens(_ thousandths: Int) -> Bool {
    thousandths > 0 && Int.random(in: 0..<1000, using: &random) < thousandths
  }

  func duration(upTo thousandths: Int) -> Int {
    Int.random(in: 0...max(1, thousandths), using: &random) * Self.lifetime / 1000
  }

  func beginOutage() {
    if now > outageUntil { outageBegan = now }
    outageUntil = max(outageUntil, now + duration(upTo: faults.longestOutage))
  }

  // MARK: Promises

  /// A worker makes a step of a task.
  func step(_ task: RecordID, token: Int, by host: SimulatedHost) {
    steps += 1
    let worker = "\(host.process) with token \(token)"
    let known = workers[task] ?? []
    if known.last == worker { return }
    if known.contains(worker) {
      fail("\(worker) works on \(task) after \(known.last ?? "")")
    }
    workers[task] = known + [worker]
  }

  /// Nobody may take over from a host that was awake and reached the arbiter all the time, nor right
  /// after the arbiter was out of reach for everybody.
  private func judgeEnd(of name: String) {
    // The newest of the processes that ever had the name.
    guard let host = hosts.last(where: { $0.claims.host == name && $0.hasJoined }), !host.isDead
    else { return }
    let quiet = now - max(host.lastTroubleAt, outageUntil)
    if quiet > host.claims.timing.lifetime * 6 / 10 {
      fail("\(host.process) was ended, although it was awake and in reach for \(quiet) ms")
    }
    let wasLong = outageUntil - outageBegan > Self.lifetime * 6 / 10
    if wasLong, now - outageUntil < Self.lifetime * 3 / 10, !faults.hasMixedLifetimes {
      fail("\(host.process) was ended \(now - outageUntil) ms after an outage for all")
    }
  }

  /// A host cannot move its own claim, although it is its own and the arbiter answers.
  func refused(_ task: RecordID, times: Int, to host: SimulatedHost) {
    guard faults.readStale == 0, times >= 5 else { return }
    fail("\(host.process) cannot move its claim of \(task): refused \(times) times in a row")
  }

  private func fail(_ text: String) { violation = violation ?? "at \(now) ms: \(text)" }
}
