import GitState
import TestSupport

/// What can go wrong in one simulated run, and how often; drawn from the run's seed.
///
/// Times are in thousandths of a claim's lifetime.
struct SimulatedFaults {
  /// Chances in a thousand, for each request.
  var requestLost = 0
  var replyLost = 0
  var requestLate = 0
  var replyLate = 0
  var readStale = 0
  /// The longest lateness and staleness.
  var longestLateness = 0
  var longestStaleness = 0
  /// The time after which a request is given up.
  var timeout = 100
  /// Chances in a thousand, for each heartbeat's interval of a host.
  var pause = 0
  var outage = 0
  var partition = 0
  var restart = 0
  var clone = 0
  var clockStep = 0
  /// The longest of these.
  var longestPause = 0
  var longestOutage = 0
  /// The drift of clocks, in thousandths.
  var drift = 20
  /// True if the arbiter moves several references as one.
  var isAtomic = true
  /// True if hosts work by different lifetimes.
  var hasMixedLifetimes = false
  var hosts = 2
  var tasks = 2
  /// How old a host's idea of the state may be before it looks again.
  var stateAge = 0
  /// True if hosts publish something with a renewal of their claim while they work.
  var publishes = false

  /// Draws a run's faults; each kind is absent in about half of the runs.
  init(using random: inout SeededRandom) {
    func chance(_ most: Int) -> Int {
      Bool.random(using: &random) ? Int.random(in: 0...most, using: &random) : 0
    }
    requestLost = chance(150)
    replyLost = chance(150)
    requestLate = chance(60)
    replyLate = chance(60)
    readStale = chance(500)
    longestLateness = Int.random(in: 50...1500, using: &random)
    longestStaleness = Int.random(in: 20...2000, using: &random)
    timeout = Int.random(in: 50...1000, using: &random)
    pause = chance(60)
    outage = chance(20)
    partition = chance(60)
    restart = chance(30)
    clone = chance(20)
    clockStep = chance(200)
    // Each run has a trouble that is frequent in it.
    switch Int.random(in: 0..<6, using: &random) {
    case 0: pause = 200
    case 1: partition = 200
    case 2: restart = 80
    case 3: clone = 50
    case 4:
      pause = 150
      readStale = 600
    default: break
    }
    longestPause = Int.random(in: 800...6000, using: &random)
    longestOutage = Int.random(in: 800...4000, using: &random)
    drift = chance(50)
    isAtomic = Int.random(in: 0..<3, using: &random) > 0
    hasMixedLifetimes = Int.random(in: 0..<4, using: &random) == 0
    hosts = Int.random(in: 2...4, using: &random)
    tasks = Int.random(in: 1...4, using: &random)
    stateAge = chance(9000)
  }

  /// Makes what a rule protects from frequent, where that is a rare coincidence otherwise.
  mutating func emphasise(_ rule: SafetyRule) {
    switch rule {
    case .ownersLifetime:
      (hosts, hasMixedLifetimes, partition, longestOutage) = (4, true, 150, 4000)
    case .retention: (stateAge, readStale, longestStaleness) = (0, 700, 2000)
    case .fencedFinish: (isAtomic, pause, hosts, longestPause) = (true, 250, 4, 4000)
    case .recordBeforeWorking: (isAtomic, pause, hosts, longestPause) = (false, 250, 4, 4000)
    case .monotonicClock: (clockStep, partition, longestOutage) = (300, 200, 3000)
    case .lostRenewals:
      (publishes, isAtomic, readStale, replyLost) = (true, true, 0, 300)
      (partition, longestOutage, timeout) = (300, 500, 50)
    default: break
    }
  }
}
