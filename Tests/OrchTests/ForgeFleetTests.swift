import Foundation
import TestSupport
import Testing

@testable import GitHubFake

@Suite(.timeLimit(.minutes(30))) struct `A hundred pull requests on GitHub for an hour` {
  /// How long it is: the hour with ORCH_PROVE=1.
  private static let minutes = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 60 : 12
  /// GitHub's limits: requests of an hour, and points of a minute.
  private static let hourly = 5000
  private static let pointsPerMinute = 900

  @Test func `cost the real client less than the forge allows`() async throws {
    let seed = TestSeed.next()
    let fleet = try await ForgeFleet(count: 100, seed: seed)
    let looks = Self.minutes * 60_000 / ForgeFleet.period
    for look in 1...looks {
      try await fleet.step(isBaseMoving: look % 3 == 0, comments: look % 9 == 0)
    }
    let cost = fleet.cost
    print(
      """
      100 pull requests, \(Self.minutes) minutes, a base that moves each minute: \(cost.counted) requests that count, \
      \(cost.free) that are free, at most \(cost.points) points in a minute, \(fleet.merges.count) merges, \
      \(fleet.failures) failures
      """)
    #expect(fleet.violations == [], "seed \(seed)")
    #expect(fleet.fake.problems == [], "seed \(seed)")
    #expect(Set(fleet.merges).count == fleet.merges.count, "seed \(seed)")
    // The base moves each minute by itself: a merge takes some three looks, and checks that fail take one.
    #expect(
      fleet.merges.count * 9 + fleet.failures * 3 >= looks * 2,
      "seed \(seed): \(fleet.merges.count) merges, \(fleet.failures) failures, \(looks) looks")
    #expect(cost.counted * 60 < Self.hourly * Self.minutes, "seed \(seed): \(cost)")
    #expect(cost.points < Self.pointsPerMinute, "seed \(seed): \(cost)")
  }
}
