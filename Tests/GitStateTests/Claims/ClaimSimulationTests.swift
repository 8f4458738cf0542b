import Foundation
import GitState
import TestSupport
import Testing

/// Each run is a world of its own that follows from its seed; a broken promise is reported with it.
///
/// `ORCH_SEED=51 swift test --filter "one world is told"` prints what one world's arbiter accepted;
/// `ORCH_RULE` names a rule that is broken in it.
@Suite(.timeLimit(.minutes(60))) struct `The claim protocol in a simulated world` {
  /// Runs of the normal test; ten times as many with ORCH_PROVE=1.
  static let runs = isProof ? 10_000 : 1_000
  static let isProof = environment["ORCH_PROVE"] == "1"
  static let environment = ProcessInfo.processInfo.environment

  /// Worlds in which a promise was once broken while all rules were kept.
  static let onceBroken: [UInt64] = [12, 51, 286, 1720, 3501]

  @Test func `no two hosts ever work on one task, and no stale token is accepted`() {
    var steps = 0
    var accepted = 0
    var ended = 0
    for seed in Self.onceBroken + Array(1...UInt64(Self.runs)) {
      let world = Simulation(seed: seed)
      world.run()
      if let violation = world.violation {
        Issue.record("seed \(seed): \(violation)")
        return
      }
      steps += world.steps
      accepted += world.arbiter.accepted
      ended += world.arbiter.ended
    }
    print("\(Self.runs) worlds: \(steps) steps, \(accepted) results, \(ended) heartbeats ended")
    // The world is not so hostile that nothing happens in it.
    #expect(accepted > 2 * Self.runs)
    #expect(ended > Self.runs / 4)
  }

  /// The rules that random worlds break; `incarnations` needs a coincidence that has a test of its own, in
  /// `The claim protocol's values`.
  private static let breakable = SafetyRule.allCases.filter { $0 != .incarnations }

  @Test(arguments: breakable) func `each rule is needed`(_ rule: SafetyRule) {
    for seed in Self.seeds(without: rule) {
      let world = Simulation(seed: seed, without: rule, emphasising: rule)
      world.run()
      guard let violation = world.violation else { continue }
      print("without \(rule.rawValue): seed \(seed), \(violation)")
      // The same world with the rule.
      let control = Simulation(seed: seed, emphasising: rule)
      control.run()
      #expect(control.violation == nil, "seed \(seed) with \(rule.rawValue)")
      return
    }
    Issue.record("without \(rule.rawValue), nothing broke in \(Self.runs) worlds")
  }

  /// The seeds to try: first one that is known to break.
  private static func seeds(without rule: SafetyRule) -> [UInt64] {
    (known[rule].map { [$0] } ?? []) + Array(1...UInt64(runs))
  }

  private static let known: [SafetyRule: UInt64] = [
    .compareAndSwap: 4, .monotonicClock: 173, .clockCountsSleep: 37, .neverAssume: 3,
    .verifyAfterWinning: 19, .selfFence: 25, .fenceFromStart: 81, .renewBeforeResuming: 7,
    .longObservation: 1, .severalReads: 7, .endHeartbeatFirst: 12, .oneHostPerName: 7,
    .ownersLifetime: 38, .predecessorIsOver: 18, .stateCaughtUp: 1, .fencedFinish: 100,
    .recordBeforeWorking: 100, .retention: 55,
  ]

  @Test(.enabled(if: environment["ORCH_SEED"] != nil)) func `one world is told`() throws {
    let seed = try #require(UInt64(Self.environment["ORCH_SEED"] ?? ""))
    let rule = SafetyRule(rawValue: Self.environment["ORCH_RULE"] ?? "")
    let world = Simulation(seed: seed, without: rule, emphasising: rule)
    world.arbiter.isTelling = true
    world.run()
    print(world.faults)
    for line in world.arbiter.story { print(line) }
    print(world.violation ?? "every promise was kept")
    #expect(world.violation == nil)
  }
}
