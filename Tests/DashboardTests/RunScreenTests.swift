import Dashboard
import Engine
import TestSupport
import Testing
import Workflow

@Suite struct `What orch run shows` {
  private struct Broken: Error {}

  private var screen = RunScreen { _ in "it broke\nbecause: of that\nhint: mend it" }
  private let task = "a3b2c4d5e6f7"

  @Test mutating func `plain lines tell of the steps that people want to read of`() {
    let start = Effect.start(task: task, purpose: .work)
    #expect(
      screen.take(.began(start, title: "Fix"), now: 0, isTerminal: false) == ["a3b2c4 start: Fix"])
    #expect(
      screen.take(.began(.route(task: task), title: "Fix"), now: 0, isTerminal: false) == [])
    let failed = RunReport.failed(start, title: "Fix", error: Broken())
    #expect(
      screen.take(failed, now: 0, isTerminal: false) == [
        "a3b2c4 start failed: Fix", "  it broke", "  because: of that", "  hint: mend it",
      ])
    #expect(
      screen.take(.remoteUnreachable(Broken()), now: 0, isTerminal: false)
        == ["the remote cannot be reached: it broke"])
  }

  @Test mutating func `a terminal has one live line for each task at work`() {
    let start = Effect.supervise(task: task, token: 1)
    #expect(screen.take(.began(start, title: "Fix"), now: 1000, isTerminal: true) == [])
    #expect(screen.liveLines(now: 61_000) == ["a3b2c4 Fix   1m  supervise"])
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
}
