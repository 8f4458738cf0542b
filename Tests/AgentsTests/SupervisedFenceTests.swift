import Agents
import Foundation
import TestSupport
import Testing

/// Work stops when nobody can say any more that its claim holds, whatever became of the orchestrator.
@Suite(.scratch, .timeLimit(.minutes(30))) struct `A supervised worker whose claim may be gone` {
  let bench = WorkerBench(scratch: Scratch.current)
  var scratch: Scratch { bench.scratch }

  /// An agent, a child of it and one that left its group, all of which write all the time.
  private static let busy = """
    tick() { echo $BASHPID > "$1.pid"; while :; do echo x >> "$1"; sleep 0.02; done; }
    tick child &
    export -f tick
    setsid bash -c 'tick stray' &
    tick agent
    """
  private static let names = ["agent", "child", "stray"]
  /// An instant that no test sees.
  private static let never = 1 << 60

  /// The instant of the clock that counts sleep, in milliseconds.
  private static func uptime() throws -> Int {
    let words = try String(contentsOfFile: "/proc/uptime", encoding: .utf8).split(separator: " ")
    return Int(try #require(words.first.flatMap { Double($0) }) * 1000)
  }

  /// The state of a process, as `/proc` tells it: T is stopped.
  private func state(_ name: String) throws -> Character? {
    let stat = try String(
      contentsOfFile: "/proc/\(bench.number(in: name + ".pid"))/stat", encoding: .utf8)
    return stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].dropFirst(2).first
  }

  private func expectStopped() async throws {
    #expect(try await eventually { try Self.names.allSatisfy { try state($0) == "T" } })
  }

  private func expectGoingOn() async throws {
    let before = try Self.names.map { try scratch.read($0).utf8.count }
    let isGrowing = try await eventually {
      try zip(Self.names, before).allSatisfy { try scratch.read($0).utf8.count > $1 }
    }
    #expect(isGrowing)
  }

  @Test func `is suspended with all that it began, and goes on when the claim is sure again`()
    async throws
  {
    let monitor = try bench.prepare(Self.busy) { $0.stallSeconds = 3600 }
    #expect(monitor.setWorkDeadline(milliseconds: Self.never))
    try bench.start(monitor)
    for name in Self.names { await bench.expectFile(name) }
    for _ in 0..<3 {
      try await expectGoingOn()
      #expect(monitor.setWorkDeadline(milliseconds: 1))
      try await expectStopped()
      #expect(monitor.setWorkDeadline(milliseconds: Self.never))
    }
    try await expectGoingOn()
    monitor.removeWorkDeadline()
    try await expectGoingOn()
    monitor.requestStop(.kill)
    #expect(try await bench.end(monitor).reason == .stopped)
  }

  @Test func `is suspended at the deadline, although nobody is there to say so`() async throws {
    let monitor = try bench.prepare(Self.busy)
    #expect(monitor.setWorkDeadline(milliseconds: Self.never))
    try bench.start(monitor)
    for name in Self.names { await bench.expectFile(name) }
    #expect(monitor.setWorkDeadline(milliseconds: try Self.uptime() + 500))
    try await expectStopped()
    monitor.requestStop(.kill)
    #expect(try await bench.end(monitor).reason == .stopped)
  }

  @Test func `that is told to end while it is suspended ends`() async throws {
    let monitor = try bench.prepare(
      "trap 'exit 7' TERM; echo $$ > up.pid; touch up; while :; do sleep 0.05; done"
    ) {
      $0.graceSeconds = 5
    }
    try bench.start(monitor)
    await bench.expectFile("up")
    #expect(monitor.setWorkDeadline(milliseconds: nil))
    #expect(try await eventually { try state("up") == "T" })
    let pid = try bench.identity("agent")
    monitor.requestStop(.interrupt)
    #expect(try await bench.end(monitor).reason == .stopped)
    #expect(!WorkerBench.isAlive(pid))
  }
}
