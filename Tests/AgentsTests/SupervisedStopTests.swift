import Agents
import Foundation
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Stopping a supervised worker` {
  let bench = WorkerBench(scratch: Scratch.current)
  var scratch: Scratch { bench.scratch }

  @Test func `silence is noticed`() async throws {
    let exit = try await bench.end(bench.run("echo up; exec sleep 60") { $0.stallSeconds = 1 })
    #expect(exit.reason == .stalled)
    #expect(exit.failure?.kind == .stalled)
    #expect(exit.report.finalText == "up")
  }

  @Test func `its time is up however much it prints`() async throws {
    let exit = try await bench.end(
      bench.run("while :; do echo x; sleep 0.02; done") {
        $0.timeoutSeconds = 1
        $0.stallSeconds = 1
      })
    #expect(exit.reason == .timedOut)
    #expect(exit.failure?.kind == .timedOut)
  }

  @Test func `waiting is charged from the longest wait on`() async throws {
    let exit = try await bench.end(
      bench.run("exec flock -s \"$ORCH_RUN_DIRECTORY/waiting\" sleep 300") {
        $0.timeoutSeconds = 1
        $0.waitSeconds = 1
      })
    #expect(exit.reason == .timedOut)
  }

  @Test func `an agent that ignores every polite signal is killed`() async throws {
    let monitor = try bench.run("trap '' INT TERM; touch up; while :; do sleep 0.05; done")
    await bench.expectFile("up")
    monitor.requestStop(.interrupt)
    let exit = try await bench.end(monitor)
    #expect(exit.reason == .stopped)
    #expect(exit.signal == 9)
    #expect(exit.failure?.kind == .killed)
  }

  @Test func `an agent is interrupted once, then told to end`() async throws {
    let monitor = try bench.run(
      "trap 'echo int' INT; trap 'exit 7' TERM; touch up; while :; do sleep 0.05; done"
    ) { $0.graceSeconds = 1 }
    await bench.expectFile("up")
    monitor.requestStop(.interrupt)
    let exit = try await bench.end(monitor)
    #expect(exit.report.finalText == "int")
    #expect(exit.exitCode == 7)
    #expect(exit.reason == .stopped)
  }

  @Test func `a request to kill hurries one to interrupt, and is not taken back`() async throws {
    let monitor = try bench.run(
      "trap 'touch interrupted' INT; touch up; while :; do sleep 0.05; done"
    ) {
      $0.graceSeconds = 3600
    }
    await bench.expectFile("up")
    monitor.requestStop(.interrupt)
    await bench.expectFile("interrupted")
    monitor.requestStop(.kill)
    monitor.requestStop(.interrupt)
    let exit = try await bench.end(monitor)
    #expect(exit.reason == .stopped)
    #expect(exit.signal == 9)
  }

  @Test func `a request before the start ends it at once`() async throws {
    let monitor = try bench.prepare("sleep 300")
    monitor.requestStop(.kill)
    try bench.start(monitor)
    #expect(try await bench.end(monitor).reason == .stopped)
  }

  @Test func `a supervisor that is told to end ends its agent first`() async throws {
    let monitor = try bench.run(
      "trap 'echo bye; exit 5' INT; touch up; while :; do sleep 0.05; done"
    ) {
      $0.graceSeconds = 20
    }
    await bench.expectFile("up")
    #expect(kill(try bench.identity("pid"), SIGTERM) == 0)
    let exit = try await bench.end(monitor)
    #expect(exit.reason == .stopped)
    #expect(exit.exitCode == 5)
    #expect(exit.report.finalText == "bye")
  }

  @Test func `a worker whose run directory is gone ends`() async throws {
    _ = try bench.run("touch up; exec sleep 300")
    await bench.expectFile("up")
    try FileManager.default.removeItem(atPath: scratch["run"])
    await bench.expectNothingLeft()
  }

  @Test func `a budget of money holds while the agent streams`() async throws {
    let exit = try await bench.end(
      bench.run(#"echo '{"type":"cost","usd":1}'; echo '{"type":"cost","usd":9}'; exec sleep 60"#) {
        $0.budgetUSD = 5
      })
    #expect(exit.reason == .budget)
    #expect(exit.failure?.kind == .budgetExceeded)
    #expect(exit.report.costUSD == 9)
  }

  @Test func `a budget of tokens holds while the agent streams`() async throws {
    let exit = try await bench.end(
      bench.run(#"echo '{"type":"cost","input_tokens":60,"output_tokens":40}'; exec sleep 60"#) {
        $0.budgetTokens = 100
      })
    #expect(exit.reason == .budget)
  }

  /// A message of claude with 1000 tokens.
  private let message =
    #"{"type":"assistant","message":{"id":"m","usage":{"input_tokens":1000,"output_tokens":0}}}"#

  @Test func `a price makes money of tokens while claude streams`() async throws {
    let exit = try await bench.end(
      bench.run("echo '\(message)'; exec sleep 60") {
        $0.type = "claude"
        $0.price = TokenPrice(inputUSD: 5000, cachedInputUSD: 0, outputUSD: 0)
        $0.budgetUSD = 5
      })
    #expect(exit.reason == .budget)
  }

  @Test func `what a resumed session cost before is not charged again`() async throws {
    let result = #"{"type":"result","is_error":false,"total_cost_usd":7.5,"result":"r"}"#
    let resumed = try await bench.end(
      bench.run("echo '\(result)'; sleep 0.4", name: "a") {
        $0.type = "claude"
        $0.budgetUSD = 5
        $0.earlierUSD = 4
      })
    #expect(resumed.reason == .exited)
    let fresh = try await bench.end(
      bench.run("echo '\(result)'; exec sleep 60", name: "b") {
        $0.type = "claude"
        $0.budgetUSD = 5
      })
    #expect(fresh.reason == .budget)
  }

  @Test func `waiting one's turn is neither silence nor time`() async throws {
    let go = Scratch.current["go"]
    let monitor = try bench.prepare("while [ ! -e '\(go)' ]; do sleep 0.1; done; echo done") {
      $0.stallSeconds = 1
      $0.timeoutSeconds = 1
    }
    let hold = ClockHold(runDirectory: monitor.directory)
    try bench.start(monitor)
    #expect(await eventually { monitor.progress()?.phase == .waiting })
    try Scratch.current.write("go", "")
    let exit = try await bench.end(monitor)
    keepAlive(hold)
    #expect(exit.reason == .exited)
    #expect(exit.report.finalText == "done")
  }

  @Test func `a clock that is let go runs on`() async throws {
    let monitor = try bench.prepare("exec sleep 600") { $0.stallSeconds = 5 }
    do {
      let hold = ClockHold(runDirectory: monitor.directory)
      try bench.start(monitor)
      #expect(await eventually { monitor.progress()?.phase == .waiting })
      keepAlive(hold)
    }
    #expect(try await bench.end(monitor).reason == .stalled)
  }
}

/// Keeps the clock held up to the place where this is called.
private func keepAlive(_ hold: borrowing ClockHold?) {}
