import TestSupport
import Testing
import Workflow

@Suite struct `Two hundred pull requests for an hour` {
  /// GitHub's limit of requests in an hour.
  private static let hourly = 5000

  @Test func `each ends merged or with a question, within the forge's limits`() {
    let seed = TestSeed.next()
    var fleet = FleetSimulation(count: 200, seed: seed)
    let ticks = 3600 * 1000 / FleetSimulation.tick
    for number in 1...ticks {
      let isMinute = number % (60_000 / FleetSimulation.tick) == 0
      fleet.step(isBaseMoving: isMinute)
    }
    let open = fleet.unsettled.map { "\($0.id) \($0.status) \($0.pullRequest?.status as Any)" }
    #expect(open == [], "seed \(seed)")
    #expect(fleet.violations == [], "seed \(seed)")
    #expect(Set(fleet.merges).count == fleet.merges.count, "seed \(seed)")
    #expect(fleet.merges.count >= 180, "seed \(seed)")
    #expect(fleet.requests < Self.hourly, "seed \(seed): \(fleet.requests) requests")
    for task in fleet.tasks.values where task.status == .needsReview {
      #expect(task.reason?.contains("'ci'") == true, "seed \(seed)")
    }
  }
}
