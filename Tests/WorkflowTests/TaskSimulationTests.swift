import Foundation
import TestSupport
import Testing
import Workflow

@Suite struct `Tasks in a world that changes` {
  private static let runs = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 10_000 : 150
  /// Ticks after which every plan must be idle.
  private static let longestUnrest = 2000

  @Test func `no plan starts too much, too early, twice, or beyond a budget`() {
    let first = TestSeed.next()
    var done = 0
    for seed in first..<first + UInt64(Self.runs) {
      var simulation = TaskSimulation(seed: seed)
      for _ in 0..<120 { simulation.step() }
      guard simulation.violations.isEmpty else {
        Issue.record("seed \(seed): \(simulation.violations.prefix(3))")
        return
      }
      done += simulation.tasks.values.count { $0.status == .done }
    }
    #expect(done > Self.runs, "seeds from \(first): only \(done) tasks were done")
  }

  @Test func `without people every plan comes to rest`() {
    let first = TestSeed.next()
    for seed in first..<first + UInt64(Self.runs) {
      var simulation = TaskSimulation(seed: seed)
      for _ in 0..<60 { simulation.step() }
      simulation.calmDown()
      var ticks = 0
      // A spent day's budget is waited for until the next day.
      while ticks < Self.longestUnrest, !isAtRest(simulation) {
        simulation.step()
        ticks += 1
      }
      guard simulation.violations.isEmpty, ticks < Self.longestUnrest else {
        let open = simulation.tasks.values.filter { !$0.status.isTerminal }.map(\.status)
        Issue.record("seed \(seed): \(open) after \(ticks): \(simulation.violations.prefix(3))")
        return
      }
    }
  }

  private func isAtRest(_ simulation: TaskSimulation) -> Bool {
    simulation.plan?.isIdle == true && simulation.running.isEmpty && !simulation.isWaitingForMoney
  }

  @Test func `every task ends once people answer`() {
    let first = TestSeed.next()
    for seed in first..<first + UInt64(Self.runs) {
      var simulation = TaskSimulation(seed: seed)
      for _ in 0..<60 { simulation.step() }
      simulation.calmDown()
      var answers: [String: Int] = [:]
      var ticks = 0
      while ticks < Self.longestUnrest, !isOver(simulation) {
        simulation.step()
        ticks += 1
        for task in simulation.tasks.values where waitsForPerson(task) {
          answers[task.id, default: 0] += 1
          if answers[task.id, default: 0] > 3 {
            simulation.stop(task.id)
          } else {
            simulation.again(task.id, .unblocked)
          }
        }
      }
      guard isOver(simulation), simulation.violations.isEmpty else {
        let open = simulation.tasks.values.filter { !$0.status.isTerminal }.map(\.status)
        Issue.record("seed \(seed): \(open): \(simulation.violations.prefix(3))")
        return
      }
    }
  }

  private func waitsForPerson(_ task: TaskView) -> Bool {
    switch task.status {
    case .needsReview: true
    case .blocked: !task.waitsForChildren
    case .new, .routed, .inProgress, .inReview, .cancelled, .done: false
    }
  }

  private func isOver(_ simulation: TaskSimulation) -> Bool {
    simulation.running.isEmpty
      && simulation.tasks.values.allSatisfy {
        $0.status.isTerminal && ($0.isCleanedUp || $0.branch == nil)
      }
  }
}
