import Foundation
import TestSupport
import Testing
import Workflow

@Suite struct `Pull requests in a world that changes` {
  /// Effects that may follow from one another without any change from outside.
  private static let mostEffects = 60
  /// Ticks after which everything must be at rest.
  private static let longestUnrest = 250
  /// Ticks without an event that count as rest: longer than any run of a check and than all patience.
  private static let quietTicks = 35
  private static let runs = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 20_000 : 1000

  private func report(_ simulation: PullRequestSimulation, _ seed: UInt64) -> String {
    "seed \(seed): \(simulation.violations.prefix(3))\n\(simulation.story)"
  }

  @Test func `nothing is ever merged, repaired, asked or counted wrongly`() {
    let first = TestSeed.next()
    var merged = 0
    for seed in first..<first + UInt64(Self.runs) {
      var simulation = PullRequestSimulation(seed: seed)
      for _ in 0..<80 { simulation.step() }
      guard simulation.violations.isEmpty, simulation.refolded() == simulation.view else {
        Issue.record("\(report(simulation, seed))")
        return
      }
      if simulation.view.mergedAs != nil { merged += 1 }
    }
    // The worlds are not so hostile that nothing is tested.
    #expect(merged > Self.runs / 20, "seeds from \(first): \(merged) merged")
  }

  @Test func `without outside change everything comes to rest with a reason`() {
    let first = TestSeed.next()
    for seed in first..<first + UInt64(Self.runs) {
      var simulation = PullRequestSimulation(seed: seed)
      for _ in 0..<40 { simulation.step() }
      simulation.calmDown()
      let end = simulation.clock + Self.longestUnrest * PullRequestSimulation.tick
      while simulation.clock < end, simulation.quietTicks <= Self.quietTicks { simulation.step() }
      guard simulation.violations.isEmpty, simulation.effects <= Self.mostEffects,
        simulation.quietTicks > Self.quietTicks, rests(simulation)
      else {
        let text = "\(simulation.effects) effects, \(simulation.view.status)"
        Issue.record("\(text) \(String(describing: simulation.wait())) \(report(simulation, seed))")
        return
      }
    }
  }

  /// True if only people can change anything, and every open obligation is theirs or the base's.
  private func rests(_ simulation: PullRequestSimulation) -> Bool {
    let hasOpen = !simulation.view.obligations.open.isEmpty
    switch simulation.wait() {
    case nil: return simulation.view.mergedAs != nil || simulation.view.isClosed
    case .checks, .worker, .turn, .baseVerdict, .staleLook, .reviewer, .hold(.rule): return false
    case .base, .leftAlone, .person: return true
    case .objection, .approval, .hold: return !hasOpen
    }
  }

  @Test func `every pull request ends once people answer`() {
    let first = TestSeed.next()
    for seed in first..<first + UInt64(Self.runs) {
      var simulation = PullRequestSimulation(seed: seed)
      for _ in 0..<40 { simulation.step() }
      simulation.calmDown()
      PeopleModel.putRight(&simulation.model)
      var answers = 0
      for _ in 0..<400 where simulation.view.mergedAs == nil {
        simulation.step()
        switch simulation.wait() {
        case .person:
          answers += simulation.view.question?.isDelivered == true ? 1 : 0
          simulation.answer()
        case .approval: simulation.approve(["ann"])
        case .objection(let reviewers): simulation.approve(reviewers)
        default: break
        }
      }
      guard simulation.view.mergedAs != nil, simulation.violations.isEmpty, answers <= 12,
        simulation.view.obligations.open.isEmpty
      else {
        Issue.record("\(answers) answers, \(simulation.view.status): \(report(simulation, seed))")
        return
      }
    }
  }
}
