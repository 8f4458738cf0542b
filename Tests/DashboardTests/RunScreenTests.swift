import Dashboard
import Engine
import TestSupport
import Testing
import Workflow

@Suite struct `What orch run shows` {
  private struct Broken: Error {}
  private struct Answered: PassingError { let passes = false }

  private var screen = RunScreen { _ in "it broke\nbecause: of that\nhint: mend it" }
  private let task = "a3b2c4d5e6f7"

  @Test mutating func `a line tells what happened, and why where a person wants to know`() {
    var happening = Happening(
      task: task, kind: "attempt.succeeded", verb: "finished", title: "Fix",
      detail: "attempt 1, 2m, 1 commit", reason: "the worker's own summary")
    for isTerminal in [false, true] {
      #expect(
        screen.take(.recorded(happening), now: 0, isTerminal: isTerminal)
          == ["a3b2c4 finished: Fix (attempt 1, 2m, 1 commit)"])
    }
    happening = Happening(
      task: task, kind: "task.needs_review", verb: "needs review", title: "Fix",
      reason: "red\nor blue?")
    #expect(
      screen.take(.recorded(happening), now: 0, isTerminal: false)
        == ["a3b2c4 needs review: Fix", "  red or blue?"])
  }

  @Test mutating func `steps are lines only while one waits for them, and when they fail`() {
    let start = Effect.start(task: task, purpose: .work)
    let check = Effect.pullRequest(task: task, .runChecks(CommitPair(head: "1", base: "2")))
    #expect(screen.take(.began(start, title: "Fix"), now: 0, isTerminal: false) == [])
    #expect(screen.take(.ended(start, title: "Fix"), now: 0, isTerminal: false) == [])
    #expect(
      screen.take(.began(check, title: "Fix"), now: 0, isTerminal: false)
        == ["a3b2c4 checks begin: Fix"])
    #expect(screen.take(.began(check, title: "Fix"), now: 0, isTerminal: true) == [])
    let failed = RunReport.failed(start, title: "Fix", error: Broken())
    #expect(
      screen.take(failed, now: 0, isTerminal: false) == [
        "a3b2c4 could not start a worker: Fix", "  it broke", "  because: of that",
        "  hint: mend it",
      ])
    #expect(
      screen.take(.remoteUnreachable(Broken()), now: 0, isTerminal: false)
        == ["the remote cannot be reached: it broke"])
    #expect(
      screen.take(.remoteUnreachable(Answered()), now: 0, isTerminal: false)
        == ["what is at the remote cannot be seen: it broke"])
  }

  @Test
  mutating func `a step that fails the same way again is told of once, until something happens`() {
    let first = Effect.start(task: task, purpose: .work)
    let other = Effect.start(task: "b3b2c4d5e6f7", purpose: .work)
    func said(_ screen: inout RunScreen, _ effect: Effect) -> Int {
      screen.take(.failed(effect, title: "Fix", error: Broken()), now: 0, isTerminal: false).count
    }
    let again = [first, first, other, other].map { said(&screen, $0) }
    #expect(again == [4, 0, 4, 0])
    let happening = Happening(task: task, kind: "task.edited", verb: "edited", title: "Fix")
    _ = screen.take(.recorded(happening), now: 0, isTerminal: false)
    let recorded = [first, other].map { said(&screen, $0) }
    #expect(recorded == [4, 0])
    _ = screen.take(.ended(other, title: "Fix"), now: 0, isTerminal: false)
    let ended = [first, other].map { said(&screen, $0) }
    #expect(ended == [0, 4])
  }

  @Test mutating func `a terminal has one live line for each task at work`() {
    let start = Effect.supervise(task: task, token: 1)
    #expect(screen.take(.began(start, title: "Fix"), now: 1000, isTerminal: true) == [])
    #expect(screen.liveLines(now: 61_000) == ["a3b2c4 Fix   1m  at work"])
    var attempt = Attempt(number: 1, token: 1, agent: "claude")
    attempt.costUSD = 0.25
    let long = String(repeating: "reading ", count: 40) + "\u{1B}[31m"
    _ = screen.take(
      .progress(task: task, title: "Fix", attempt: attempt, line: long), now: 2000,
      isTerminal: true)
    let line = screen.liveLines(now: 61_000).first ?? ""
    #expect(line.hasPrefix("a3b2c4 Fix  claude 1m $0.25  reading"))
    #expect(line.count <= RunScreen.maximumWidth)
    #expect(!line.contains("\u{1B}"))
    _ = screen.take(.ended(start, title: "Fix"), now: 3000, isTerminal: true)
    #expect(screen.liveLines(now: 61_000) == [])
  }

  @Test func `columns are as wide as their cells, but for those that are too wide`() {
    #expect(
      TextTable.lines([["a", "b", "c"], ["aaa", "", "c"], ["a", "b", ""]])
        == "a    b  c\naaa     c\na    b")
    #expect(
      TextTable.lines([["key", "a long value", "x"], ["key", "b", "y"]], widest: 5)
        == "key  a long value  x\nkey  b  y")
  }
}
