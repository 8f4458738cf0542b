import Foundation
import TestSupport
import Testing
import Workflow

@Suite struct `The life of a pull request` {
  private typealias Samples = PullRequestSamples

  private func next(
    _ status: PullRequestStatus, _ kind: PullRequestEventKind
  ) throws -> PullRequestStatus? {
    let view = try Samples.view(status)
    let event = Samples.event(kind, for: view)
    return try? PullRequestMachine.transition(view, on: event, at: Samples.now).status
  }

  @Test func `the whole matrix of statuses and events is as recorded`() throws {
    let names = PullRequestStatus.allCases.map(\.rawValue)
    var lines = ["| event | " + names.joined(separator: " | ") + " |"]
    lines.append("| --- |" + names.map { _ in " --- |" }.joined())
    for kind in PullRequestEventKind.allCases {
      let cells = try PullRequestStatus.allCases.map { try next($0, kind)?.rawValue ?? "–" }
      lines.append("| \(kind.rawValue) | " + cells.joined(separator: " | ") + " |")
    }
    try Golden.expect(lines.joined(separator: "\n") + "\n", matches: "pull-request-machine.md")
  }

  @Test func `the table at the head of the machine is what the machine does`() throws {
    let source = try String(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources/Workflow/PullRequestMachine.swift"), encoding: .utf8)
    let words = source.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    for kind in PullRequestEventKind.allCases {
      let cells = try PullRequestStatus.allCases.map { try next($0, kind).map(short) ?? "–" }
      let isThere = words.contains(["///", kind.rawValue] + cells)
      #expect(isThere, "\(kind.rawValue): \(cells)")
    }
  }

  private func short(_ status: PullRequestStatus) -> String {
    switch status {
    case .open: "open"
    case .behind: "behd"
    case .rebasing: "rbsg"
    case .conflicted: "conf"
    case .failing: "fail"
    case .repairing: "rprg"
    case .green: "gren"
    case .approved: "appr"
    case .merging: "mrgg"
    case .merged: "mrgd"
    case .closed: "clsd"
    case .escalated: "escd"
    }
  }

  @Test(arguments: PullRequestStatus.allCases)
  func `a sample stands where it says`(status: PullRequestStatus) throws {
    #expect(try Samples.view(status).status == status)
  }

  @Test(arguments: PullRequestStatus.allCases)
  func `an event has its own name, and an illegal one names both and changes nothing`(
    status: PullRequestStatus
  ) throws {
    let view = try Samples.view(status)
    for kind in PullRequestEventKind.allCases {
      let event = Samples.event(kind, for: view)
      #expect(event.kind == kind)
      do {
        _ = try PullRequestMachine.transition(view, on: event, at: 0)
      } catch {
        #expect(error.sentence.contains("'\(kind.rawValue)'"))
        #expect(error.sentence.contains(" \(status.rawValue) "))
      }
    }
  }

  @Test func `what is merged takes nothing more, and what is closed ends every obligation`() throws
  {
    let merged = try Samples.view(.merged)
    for kind in PullRequestEventKind.allCases {
      #expect(throws: IllegalPullRequestEvent.self) {
        try PullRequestMachine.transition(merged, on: Samples.event(kind, for: merged), at: 0)
      }
    }
    let closed = try Samples.after([.closed], from: Samples.view(.repairing))
    #expect(closed.obligations.open.isEmpty)
    #expect(closed.obligations.entries.map(\.end) == [.over])
  }

  @Test func `evidence of another pair neither makes green nor merges`() throws {
    let old = Samples.open.pair
    let moved = try Samples.after([.baseMoved(to: "b2", onto: "b1"), .checksPassed(old)])
    #expect(moved.status == .behind)
    let green = try Samples.view(.green)
    let error = #expect(throws: IllegalPullRequestEvent.self) {
      try Samples.after([.baseMoved(to: "b2", onto: "b2"), .mergeStarted(old)], from: green)
    }
    #expect(error?.reason == .status)
    let other = #expect(throws: IllegalPullRequestEvent.self) {
      try Samples.after([.mergeStarted(CommitPair(head: "h1", base: "b0"))], from: green)
    }
    #expect(other?.reason == .stalePair)
  }

  @Test func `a branch that is behind but green on the very pair need not be rewritten`() throws {
    let behind = try Samples.view(.behind)
    let green = try Samples.after([.checksPassed(behind.pair)], from: behind)
    #expect(green.status == .green)
    #expect(try Samples.after([.mergeStarted(green.pair)], from: green).status == .merging)
  }

  @Test func `an objection calls a merge off and stands until its author takes it back`() throws {
    let merging = try Samples.view(.merging)
    let changes = try Samples.after([Samples.review(.changesRequested)], from: merging)
    #expect(changes.status == .failing)
    let repaired = try Samples.after(
      [
        .repairStarted(token: 4, obligations: ["review:r1"]),
        .repaired(token: 4, head: "h2", onto: "b1"),
        .checksPassed(CommitPair(head: "h2", base: "b1")),
        Samples.review(.approved, by: "bob", of: "h2", id: "r2"),
      ], from: changes)
    #expect(repaired.obligations.open.isEmpty)
    #expect(repaired.status == .approved)
    let error = #expect(throws: IllegalPullRequestEvent.self) {
      try Samples.after([.mergeStarted(repaired.pair)], from: repaired)
    }
    #expect(error?.reason == .notMergeable)
    let content = try Samples.after(
      [Samples.review(.approved, of: "h2", id: "r3"), .mergeStarted(repaired.pair)], from: repaired)
    #expect(content.status == .merging)
  }

  @Test func `a worker that is not the present one is heard no more`() throws {
    let repairing = try Samples.view(.repairing)
    let error = #expect(throws: IllegalPullRequestEvent.self) {
      try Samples.after([.repaired(token: 2, head: "h2", onto: "b1")], from: repairing)
    }
    #expect(error?.reason == .staleWorker(token: 2))
    let idle = #expect(throws: IllegalPullRequestEvent.self) {
      try Samples.after([.repaired(token: 1, head: "h1", onto: "b1")], from: repairing)
    }
    #expect(idle?.reason == .nothingMoved)
  }

  @Test func `an approval survives orch's own rebase and nothing else that moves the head`() throws
  {
    let approved = try Samples.view(.approved)
    let behind = try Samples.after([.baseMoved(to: "b2", onto: "b1")], from: approved)
    let pair = CommitPair(head: "h2", base: "b2")
    let rebased = try Samples.after(
      [.rebased(pair, token: nil), .checksPassed(pair)], from: behind)
    #expect(rebased.status == .approved)
    let pushed = try Samples.after(
      [.branchMoved(to: "h3", onto: "b2"), .checksPassed(CommitPair(head: "h3", base: "b2"))],
      from: rebased)
    #expect(pushed.status == .green)
    // An approval of the head before the rebase that arrives after it is about the same work.
    let late = try Samples.after(
      [
        .reviewWithdrawn(reviewer: "ann"), Samples.review(.approved, by: "bob", of: "h1", id: "r5"),
      ], from: rebased)
    #expect(late.status == .approved)
  }

  @Test func `every effect on a task is one that a task in review takes`() throws {
    let pair = Samples.open.pair
    let effects: [PullRequestEffect] = [
      .rebase(pair), .settleConflict(pair, files: []), .runChecks(pair), .rerun(pair, []),
      .repair(pair, obligations: []), .askReviewer(head: "h"), .merge(pair),
      .askPerson(Question(.worker, "")),
    ]
    for effect in effects {
      guard let event = effect.taskEvent else { continue }
      #expect(throws: Never.self) { try TaskMachine.transition(from: .inReview, on: event) }
    }
    #expect(effects.compactMap(\.taskEvent).count == 3)
  }
}
