import TestSupport
import Testing
import Workflow

@Suite(.timeLimit(.minutes(30))) struct `Learning` {
  @Test func `first attempts come to succeed, good lessons stay, useless and harmful ones go`() {
    let seed = TestSeed.next()
    for run in 0..<2 {
      var simulation = LessonSimulation(seed: seed &+ UInt64(run))
      simulation.run(tasks: 600)
      let parts = stride(from: 0, to: 600, by: 100).map { simulation.percent($0..<$0 + 100) }
      let first = simulation.percent(0..<1)
      let inForce = simulation.lessons.filter(\.isInForce)
      print(
        "learning, seed \(seed) run \(run): first attempts by hundreds \(parts) %, "
          + "\(simulation.retrospectives) retrospectives, \(simulation.lessons.count) lessons, "
          + "\(inForce.count) in force")
      #expect(first == 0)
      #expect(parts.last ?? 0 > 90, "seed \(seed) run \(run)")
      for cause in LessonSimulation.causes {
        #expect(
          inForce.contains { $0.text.contains("regenerate the \(cause)") },
          "seed \(seed) run \(run): \(cause)")
      }
      // A second case of one cause is evidence, not a second lesson.
      let good = simulation.lessons.filter { $0.text.contains("regenerate") }
      #expect(good.contains { $0.evidence.count > 1 }, "seed \(seed) run \(run)")
      #expect(good.count <= 6, "seed \(seed) run \(run)")
    }
  }

  @Test func `planted good ones stay, planted useless and harmful ones retire with their figures`()
  {
    let seed = TestSeed.next()
    for run in 0..<1 {
      var simulation = LessonSimulation(seed: seed &+ 100 &+ UInt64(run))
      for cause in LessonSimulation.causes {
        simulation.plant("good-\(cause)", "Always regenerate the \(cause) before the checks")
      }
      let useless = ["Sing before starting", "Prefer tabs in empty files", "Greet the compiler"]
      for (index, text) in useless.enumerated() { simulation.plant("useless-\(index)", text) }
      simulation.plant("harm-0", "Delete the HARM folder first")
      simulation.plant("harm-1", "Skip every HARM check")
      simulation.run(tasks: 1500)
      let retired = simulation.lessons.filter { $0.retiredBecause != nil }
      print(
        "planted, seed \(seed) run \(run): retired "
          + retired.map { "\($0.id) (\($0.retiredBecause ?? ""))" }.joined(separator: "; "))
      for cause in LessonSimulation.causes {
        #expect(
          simulation.lesson("good-\(cause)")?.isInForce == true, "seed \(seed) run \(run): \(cause)"
        )
      }
      for id in ["useless-0", "useless-1", "useless-2", "harm-0", "harm-1"] {
        #expect(simulation.lesson(id)?.isInForce == false, "seed \(seed) run \(run): \(id)")
      }
      #expect(simulation.percent(1400..<1500) > 90, "seed \(seed) run \(run)")
    }
  }
}
