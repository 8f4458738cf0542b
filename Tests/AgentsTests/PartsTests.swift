import Foundation
import JSON
import TestSupport
import Testing

@testable import Agents

@Suite struct `Parts of the supervisor` {
  @Test func `lines are cut the same however the bytes come`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let text = (0..<300).map { String(repeating: "ab", count: $0 % 7) }.joined(separator: "\n")
    let expected = text.utf8.split(separator: 0x0A).map(Array.init)
    for _ in 0..<50 {
      var cutter = LineCutter()
      var lines: [[UInt8]] = []
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let part = rest.prefix(Int.random(in: 1...40, using: &random))
        lines += cutter.take(part)
        rest = rest.dropFirst(part.count)
      }
      if let line = cutter.finish() { lines.append(line) }
      #expect(lines == expected, "seed \(seed)")
    }
  }

  @Test func `the longest line is returned, one byte more is not`() {
    var cutter = LineCutter()
    let longest = [UInt8](repeating: 0x61, count: LineCutter.maximumLineBytes)
    #expect(cutter.take((longest + [0x0A])[...]).map(\.count) == [longest.count])
    #expect(cutter.take((longest + [0x61, 0x0A])[...]).isEmpty)
    #expect(cutter.take(Array("next\n".utf8)[...]) == [Array("next".utf8)])
  }

  @Test func `time is charged but for waits and for a machine that slept`() {
    var clock = WorkClock(now: 1000)
    clock.look(at: 1100, isWaiting: false)
    #expect(clock.charged == 100)
    clock.look(at: 60_000, isWaiting: true)
    #expect(clock.charged == 100)
    clock.noteOutput()
    clock.look(at: 60_050, isWaiting: false)
    #expect(clock.silence == 50)
    clock.look(at: 9_000_000, isWaiting: false)
    #expect(clock.charged == 150 + WorkClock.maximumStepMilliseconds)
    clock.look(at: 8_000_000, isWaiting: false)
    #expect(clock.charged == 150 + WorkClock.maximumStepMilliseconds)
  }

  @Test func `an end has three steps with time between them, and a bound`() {
    var teardown = Teardown(graceSeconds: 2, isUrgent: false, now: 0)
    #expect(teardown.signal(at: 0) == SIGINT)
    #expect(teardown.signal(at: 1999) == nil)
    #expect(teardown.signal(at: 2000) == SIGTERM)
    #expect(teardown.signal(at: 4000) == SIGKILL)
    var now: Int64 = 6000
    while !teardown.isGivenUp, now < 1_000_000 {
      #expect(teardown.signal(at: now) == SIGKILL)
      now += 2000
    }
    #expect(now == 6000 + Int64(Teardown.maximumKills - 1) * 2000)
  }

  @Test func `an urgent end begins with the kill, a hurried one goes on with it`() {
    var urgent = Teardown(graceSeconds: 9, isUrgent: true, now: 0)
    #expect(urgent.signal(at: 0) == SIGKILL)
    var hurried = Teardown(graceSeconds: 9, isUrgent: false, now: 0)
    #expect(hurried.signal(at: 0) == SIGINT)
    hurried.hurry(now: 10)
    #expect(hurried.signal(at: 10) == SIGKILL)
    hurried.hurry(now: 20)
    #expect(hurried.signal(at: 20) == nil)
  }

  @Test func `a process is read from its line whatever its name is`() throws {
    let fields = "S 7 8 9 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0"
    let entry = try #require(ProcessEntry(pid: 5, stat: Array("5 (a) b (c) \(fields)".utf8)))
    #expect(entry.name == "a) b (c")
    #expect(entry.parent == 7)
    #expect(entry.session == 9)
    #expect(entry.start == 4242)
    #expect(!entry.isZombie)
    #expect(ProcessEntry(pid: 5, stat: Array("5 (a) S 7".utf8)) == nil)
    #expect(ProcessEntry(pid: 5, stat: []) == nil)
    #expect(ProcessTree.entry(of: getpid())?.parent == getppid())
  }

  @Test func `a launch survives its file`() throws {
    var launch = WorkerLaunch(
      program: "/p", arguments: ["a\n\"", "", "é"], environment: ["A": "1=2"], directory: "/d",
      inputFile: "/i", type: "codex")
    launch.timeoutSeconds = 1
    launch.stallSeconds = 2
    launch.graceSeconds = 3
    launch.budgetUSD = 4.5
    launch.budgetTokens = 5
    launch.price = TokenPrice(inputUSD: 1.25, cachedInputUSD: 0, outputUSD: 10)
    launch.earlierUSD = 0.5
    launch.earlierTokens = 6
    launch.logBytes = 7
    launch.bell = "/b"
    #expect(WorkerLaunch(json: try JSONValue(parsing: launch.json.canonicalText)) == launch)
    #expect(WorkerLaunch(json: ["program": "/p"]) == nil)
  }

  @Test func `progress survives its file, and silence of a supervisor is doubt`() throws {
    let progress = WorkerProgress(
      phase: .stopping, report: AgentReport(), process: 5, bytes: 6, lastOutputAt: 7,
      chargedMilliseconds: 8, writtenAt: 1000)
    #expect(WorkerProgress(json: try JSONValue(parsing: progress.json.canonicalText)) == progress)
    #expect(!progress.isInDoubt(now: 1000 + WorkerProgress.doubtMilliseconds))
    #expect(progress.isInDoubt(now: 1001 + WorkerProgress.doubtMilliseconds))
  }

  @Test(
    arguments: [
      (0, nil, true, nil), (0, nil, false, AgentFailureKind.noOutput), (1, nil, true, .crashed),
      (143, nil, false, .killed), (130, nil, false, .killed), (139, nil, false, .crashed),
      (nil, 9, false, .killed), (nil, 11, false, .crashed), (nil, nil, false, .crashed),
    ] as [(Int?, Int?, Bool, AgentFailureKind?)])
  func `an exit is classed`(code: Int?, signal: Int?, isComplete: Bool, kind: AgentFailureKind?) {
    var exit = WorkerExit(reason: .exited, exitCode: code, signal: signal, endedAt: 0)
    exit.report.isComplete = isComplete
    #expect(exit.failure?.kind == kind)
  }

  @Test(arguments: WorkerExit.Reason.allCases)
  func `every end survives its file`(reason: WorkerExit.Reason) throws {
    var exit = WorkerExit(reason: reason, exitCode: 1, signal: 2, endedAt: 3)
    exit.startedAt = 1
    exit.leftovers = 1
    exit.leftoverNames = ["7 sleep"]
    exit.errorText = "e"
    #expect(WorkerExit(json: try JSONValue(parsing: exit.json.canonicalText)) == exit)
  }

  @Test(.scratch) func `a deadline that cannot be written is said, for there would be none`() throws
  {
    let file = try Scratch.current.write("file", "not a folder")
    #expect(!WorkerMonitor(directory: file + "/run").setWorkDeadline(milliseconds: 1))
    let folder = Scratch.current["run"]
    #expect(WorkerMonitor(directory: folder).setWorkDeadline(milliseconds: 1))
    #expect(try Scratch.current.read("run/fence") == "1")
  }
}
