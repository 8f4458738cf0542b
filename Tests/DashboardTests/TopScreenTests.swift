import Dashboard
import Engine
import TestSupport
import Testing
import Workflow

@testable import Dashboard

@Suite struct `The screen of orch top` {
  private static let now = 1_763_800_000_000

  private func task(
    _ number: Int, _ status: TaskStatus, asks: String? = nil, title: String? = nil
  ) -> TaskView {
    let digits = String(number)
    var task = TaskView(
      id: String(repeating: "0", count: 12 - digits.count) + digits,
      title: title ?? "Task \(number)")
    task.status = status
    task.createdAt = Self.now + number
    if let asks {
      task.messages = [
        Message(id: "m\(number)", at: Self.now, sender: "worker", text: asks, isForWorker: false)
      ]
    }
    return task
  }

  private func view(_ tasks: [TaskView], workers: [TopView.Worker] = []) -> TopView {
    TopView(
      project: "shop", front: TaskFront(tasks), workers: workers, runner: "orch run, process 7",
      now: Self.now)
  }

  @Test func `has the most urgent first, and who does what`() {
    let worker = TopView.Worker(
      task: "000000000003", title: "Task 3", agent: "claude", attempt: 2, host: "laptop",
      startedAt: Self.now - 120_000, costUSD: 0.5, doing: "Edit Sources/A.swift")
    let tasks = [
      task(1, .done), task(2, .needsReview), task(3, .inProgress), task(4, .new),
      task(5, .inProgress, asks: "Red or blue?"),
    ]
    let lines = TopScreen.lines(view(tasks, workers: [worker]), width: 200, height: 40)
    #expect(lines[0].hasPrefix("shop  2025-11-22T"))
    #expect(lines[1] == "orch run, process 7")
    let headings = lines.filter { $0 == $0.uppercased() && $0.contains { $0.isLetter } }
    #expect(headings == ["ASKED", "FOR A PERSON", "AT WORK", "NEXT", "DONE"])
    #expect(lines.contains { $0.contains("asks: Red or blue? (orch msg answer 000000 1") })
    let line = lines.first { $0.contains("claude") }
    #expect(line?.hasPrefix("000000  Task 3 ") == true)
    #expect(
      line?.hasSuffix("claude #2 on laptop 2m $0.50  Edit Sources/A.swift") == true, "\(lines)")
  }

  @Test func `fits into any terminal, whatever is in the state`() {
    var random = SeededRandom(seed: TestSeed.next())
    let statuses: [TaskStatus] = [.needsReview, .blocked, .inProgress, .inReview, .new, .done]
    for _ in 0..<200 {
      let count = Int.random(in: 0..<60, using: &random)
      let tasks = (0..<count).map { number in
        task(
          number, statuses.randomElement(using: &random) ?? .new,
          asks: Bool.random(using: &random) ? "Which\nof these \(number)?" : nil,
          title: String(repeating: "wide é ", count: Int.random(in: 0..<30, using: &random)))
      }
      let width = Int.random(in: 1..<200, using: &random)
      let height = Int.random(in: 0..<60, using: &random)
      let lines = TopScreen.lines(view(tasks), width: width, height: height)
      #expect(lines.count < max(height, TopScreen.minimumHeight))
      #expect(lines.allSatisfy { $0.count <= width && !$0.contains("\n") })
      // Nothing is hidden where there is room for all.
      if height > 4 * count + 20 { #expect(!lines.contains { $0.hasPrefix("… and") }) }
    }
  }

  @Test func `counts what it does not show, also of what it was not given`() {
    let many = (0..<30).map { task($0, .new) } + (30..<60).map { task($0, .needsReview) }
    let tall = TopScreen.lines(view(many), width: 100, height: 100)
    #expect(tall.filter { $0.hasPrefix("…") } == ["… and 10 more", "… and 10 more"], "\(tall)")
    #expect(tall.count == 2 + 2 * (2 + 21))
    // Whatever room there is: what is shown and what is said to be left out are all of them.
    for height in 12..<50 {
      let lines = TopScreen.lines(view(many), width: 100, height: height)
      let rows = lines.count { $0.hasSuffix("new") || $0.hasSuffix("needs review") } - 1
      let others = lines.compactMap { $0.firstMatch(of: /^… and ([0-9]+) more$/) }
        .compactMap { Int($0.output.1) }
      #expect(others.count == 2 && rows + others.reduce(0, +) == 60, "\(height): \(lines)")
    }
  }

  @Test func `every group gets its share before one gets more`() {
    #expect(TopScreen.shares([2, 3], 10) == [2, 3])
    #expect(TopScreen.shares([20, 20, 1], 9) == [4, 4, 1])
    #expect(TopScreen.shares([20, 20, 1], 12) == [7, 4, 1])
    #expect(TopScreen.shares([5, 5], 3) == [3, 0])
    #expect(TopScreen.shares([5], -1) == [0])
  }

  @Test func `says so when nothing runs, and when there is nothing`() {
    var empty = view([])
    empty.runner = nil
    let lines = TopScreen.lines(empty, width: 100, height: 24)
    #expect(lines.count == 2 && lines[0].hasSuffix("no tasks yet"))
    #expect(lines[1].contains("orch start"))
  }
}
