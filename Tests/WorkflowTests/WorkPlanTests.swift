import TestSupport
import Testing
import Workflow

@Suite struct `Plans` {
  private func piece(_ title: String, _ labels: [String] = [], body: String = "") -> Delegation {
    Delegation(title: title, body: body, labels: labels)
  }

  private func problem(_ pieces: [Delegation]) -> PlanProblem? {
    do throws(PlanProblem) {
      _ = try WorkPlan(pieces)
      return nil
    } catch {
      return error
    }
  }

  @Test func `labels say what comes first, counted from one, in any direction`() throws {
    let plan = try WorkPlan([
      piece("A", ["after:3", "complexity:simple"]), piece("B"), piece("C", ["after:2", "after:2"]),
    ])
    #expect(plan.tasks.map(\.after) == [[2], [], [1]])
    #expect(plan.tasks[0].labels == ["complexity:simple"])
  }

  @Test func `a circle, a piece that does not exist, too many, and no title are named`() {
    #expect(
      problem([piece("A", ["after:2"]), piece("B", ["after:3"]), piece("C", ["after:1"])])
        == .circle([1, 2, 3, 1]))
    #expect(problem([piece("A", ["after:1"])]) == .circle([1, 1]))
    for label in ["after:0", "after:3", "after:x", "after:"] {
      #expect(
        problem([piece("A"), piece("B", [label])]) == .unknownPiece(2, label: label, count: 2))
    }
    #expect(
      problem((0..<400).map { piece("T\($0)") }) == .tooMany(400, limit: WorkPlan.maximumTasks))
    #expect(problem([piece("A"), piece(" \t")]) == .noTitle(2))
    let long = String(repeating: "é", count: 1 << 16)
    #expect(
      problem([piece("A", body: long)]) == .tooLong(131_073, limit: WorkPlan.maximumBytes))
    #expect(problem((0..<WorkPlan.maximumTasks).map { piece("T\($0)") }) == nil)
    for found in [PlanProblem.circle([1, 2, 1]), .empty, .noTitle(1)] {
      #expect(found.sentence.contains("plan"))
    }
  }

  @Test func `random plans are either in an order that can be carried out, or a circle is shown`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for _ in 0..<500 {
      let count = Int.random(in: 1...12, using: &random)
      let pieces = (0..<count).map { index in
        piece(
          "T\(index)",
          (0..<Int.random(in: 0...2, using: &random)).map { _ in
            "after:\(Int.random(in: 1...count, using: &random))"
          })
      }
      do throws(PlanProblem) {
        let plan = try WorkPlan(pieces)
        var finished: Set<Int> = []
        for _ in 0..<count {
          for index in 0..<count where plan.tasks[index].after.allSatisfy(finished.contains) {
            finished.insert(index)
          }
        }
        #expect(finished.count == count, "seed \(seed)")
      } catch {
        guard case .circle(let circle) = error else {
          Issue.record("seed \(seed): \(error)")
          return
        }
        #expect(circle.count > 1 && circle.first == circle.last, "seed \(seed)")
        for (piece, before) in zip(circle, circle.dropFirst()) {
          #expect(pieces[piece - 1].labels.contains("after:\(before)"), "seed \(seed)")
        }
      }
    }
  }

  @Test func `files that two pieces may change at once are named, and those in order are not`()
    throws
  {
    let body = """
      Do it.

      ## Acceptance
      `make test` passes

      ## Files
      - `src/a.swift`
      - docs/
      """
    let plan = try WorkPlan([
      piece("A", body: body), piece("B", body: "## Files\nsrc/a.swift  the parser\n"),
      piece("C", ["after:1", "after:2"], body: body),
      piece("D", body: "## Files\n* docs/x.md\n\n## Acceptance\nread it"),
    ])
    #expect(plan.tasks[0].files == ["src/a.swift", "docs/"])
    #expect(plan.tasks[1].files == ["src/a.swift"])
    var named = plan
    named.tasks[3].agent = "nobody"
    let remarks = PlanReview.remarks(
      on: named, busy: [(task: "aabbccddeeff", files: ["docs/x.md"])], agents: ["claude"])
    #expect(
      remarks == [
        .overlap(1, 2, files: ["src/a.swift"]), .overlap(1, 4, files: ["docs/"]),
        .overlap(3, 4, files: ["docs/"]), .busy(1, task: "aabbccddeeff", files: ["docs/"]),
        .busy(3, task: "aabbccddeeff", files: ["docs/"]),
        .busy(4, task: "aabbccddeeff", files: ["docs/x.md"]), .noAcceptance(2),
        .unknownAgent(4, "nobody"),
      ])
    #expect(remarks[0].sentence == "1 and 2 may run at once and both change src/a.swift")
  }
}
