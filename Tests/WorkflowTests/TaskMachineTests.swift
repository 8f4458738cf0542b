import Foundation
import TestSupport
import Testing
import Workflow

@Suite struct `The life of a task` {
  @Test func `the whole matrix of statuses and events is as recorded`() throws {
    var lines = ["| event | " + TaskStatus.allCases.map(\.rawValue).joined(separator: " | ") + " |"]
    lines.append("| --- |" + TaskStatus.allCases.map { _ in " --- |" }.joined())
    for event in TaskEvent.allCases {
      let cells = TaskStatus.allCases.map { status -> String in
        guard let next = try? TaskMachine.transition(from: status, on: event) else { return "–" }
        return next.status.rawValue + (next.raisesGeneration ? " ↑" : "")
      }
      lines.append("| \(event.rawValue) | " + cells.joined(separator: " | ") + " |")
    }
    try Golden.expect(lines.joined(separator: "\n") + "\n", matches: "task-machine.md")
  }

  @Test func `the table at the head of the machine is what the machine does`() throws {
    let short: [TaskStatus: String] = [
      .new: "new", .routed: "rout", .inProgress: "prog", .blocked: "blck", .needsReview: "need",
      .inReview: "revw", .cancelled: "canc", .done: "done",
    ]
    let source = try String(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources/Workflow/TaskMachine.swift"), encoding: .utf8)
    let words = source.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    for event in TaskEvent.allCases {
      let cells = TaskStatus.allCases.map { status -> String in
        guard let next = try? TaskMachine.transition(from: status, on: event) else { return "–" }
        return (short[next.status] ?? "?") + (next.raisesGeneration ? "↑" : "")
      }
      let isThere = words.contains(["///", event.rawValue] + cells)
      #expect(isThere, "\(event.rawValue): \(cells)")
    }
  }

  @Test func `every status can be reached, and what is over takes only a retry or facts`() {
    var reached: Set<TaskStatus> = [TaskMachine.initial]
    var queue = [TaskMachine.initial]
    while let status = queue.popLast() {
      for event in TaskEvent.allCases {
        if let next = try? TaskMachine.transition(from: status, on: event),
          reached.insert(next.status).inserted
        {
          queue.append(next.status)
        }
      }
    }
    #expect(reached == Set(TaskStatus.allCases))
    for status in TaskStatus.allCases where status.isTerminal {
      for event in TaskEvent.allCases {
        guard let next = try? TaskMachine.transition(from: status, on: event) else { continue }
        #expect(next.status == status || event == .retried, "\(status) on \(event)")
      }
    }
  }

  @Test func `a status that goes back always raises the generation`() {
    for status in TaskStatus.allCases {
      for event in TaskEvent.allCases {
        guard let next = try? TaskMachine.transition(from: status, on: event) else { continue }
        #expect(next.status.rank >= status.rank || next.raisesGeneration, "\(status) on \(event)")
      }
    }
  }

  @Test func `an illegal event names both status and event`() {
    let error = #expect(throws: IllegalTransition.self) {
      try TaskMachine.transition(from: .done, on: .merged)
    }
    #expect(error?.sentence == "is done, and cannot be merged")
  }

  @Test func `the ranks are those of the state's format`() {
    let order: [TaskStatus] = [
      .new, .routed, .inProgress, .blocked, .needsReview, .inReview, .cancelled, .done,
    ]
    #expect(order.map(\.rank) == Array(0..<order.count))
  }
}
