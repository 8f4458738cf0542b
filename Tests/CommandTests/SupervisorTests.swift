import Agents
import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Supervised workers` {
  let scratch = Scratch.current

  private func run(
    _ script: String, name: String = "run", change: (inout WorkerLaunch) -> Void = { _ in }
  ) throws -> WorkerMonitor {
    let monitor = WorkerMonitor(directory: scratch[name])
    var launch = WorkerLaunch(
      program: "/bin/sh", arguments: ["-c", script], environment: scratch.environment,
      directory: scratch.path, type: "script")
    launch.graceSeconds = 1
    change(&launch)
    try monitor.prepare(launch)
    try monitor.start(program: BuiltProgram.orch, environment: scratch.environment)
    return monitor
  }

  private func end(_ monitor: WorkerMonitor) async throws -> WorkerExit {
    var exit: WorkerExit?
    let ended = await eventually(within: 240) {
      if case .finished(let found) = monitor.state() { exit = found }
      return exit != nil
    }
    #expect(ended, "the worker did not end")
    return try #require(exit)
  }

  private func isAlive(_ pid: String) -> Bool {
    guard let number = Int32(pid.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      return false
    }
    return kill(number, 0) == 0
  }

  @Test func `output, cost and exit code are kept`() async throws {
    let exit = try await end(
      run(#"echo hello; echo '{"type":"cost","usd":0.5}'; echo oops >&2; exit 3"#))
    #expect(exit.reason == .exited)
    #expect(exit.exitCode == 3)
    #expect(exit.report.finalText == "hello")
    #expect(exit.report.costUSD == 0.5)
    #expect(exit.errorText == "oops\n")
    #expect(try scratch.read("run/output.log").hasPrefix("hello\n"))
  }

  @Test func `a missing program is told apart`() async throws {
    let exit = try await end(run("") { $0.program = "/nonexistent/agent" })
    #expect(exit.reason == .notStarted)
    #expect(exit.report.failure?.kind == .notInstalled)
  }

  @Test func `an agent that ignores every polite signal is killed`() async throws {
    let exit = try await end(
      run("trap '' INT TERM; echo up; while :; do sleep 1; done") { $0.timeoutSeconds = 1 })
    #expect(exit.reason == .timedOut)
    #expect(exit.signal == 9)
  }

  @Test func `silence is noticed`() async throws {
    let exit = try await end(run("exec sleep 60") { $0.stallSeconds = 1 })
    #expect(exit.reason == .stalled)
  }

  @Test func `a budget holds while the agent streams`() async throws {
    let exit = try await end(
      run(
        """
        echo '{"type":"cost","usd":1}'; echo '{"type":"cost","usd":9}'; exec sleep 60
        """
      ) { $0.budgetUSD = 5 })
    #expect(exit.reason == .budget)
    #expect(exit.report.costUSD == 9)
  }

  @Test func `daemons that an agent leaves behind are killed with it`() async throws {
    let monitor = try run(
      "(setsid sh -c 'echo $$ > daemon.pid; exec sleep 300' &) ; sleep 0.3; exit 0")
    let exit = try await end(monitor)
    #expect(exit.exitCode == 0)
    #expect(exit.leftovers >= 1)
    #expect(!isAlive(try scratch.read("daemon.pid")))
  }

  @Test func `a request to stop ends it`() async throws {
    let monitor = try run("echo $$ > agent.pid; exec sleep 300")
    #expect(await eventually { scratch.exists("agent.pid") })
    monitor.requestStop(.interrupt)
    let exit = try await end(monitor)
    #expect(exit.reason == .stopped)
    #expect(!isAlive(try scratch.read("agent.pid")))
  }

  @Test func `a killed supervisor takes its agent along, and the loss is recorded`() async throws {
    let monitor = try run("(setsid sleep 300 &); echo $$ > agent.pid; exec sleep 300")
    #expect(await eventually { scratch.exists("agent.pid") })
    let identity = try scratch.read("run/supervisor.json")
    let pid = try #require(JSONValue(parsing: identity)["pid"]?.int.flatMap(Int32.init))
    #expect(kill(pid, SIGKILL) == 0)
    #expect(await eventually { monitor.state() == .lost })
    monitor.recordLoss()
    guard case .finished(let exit) = monitor.state() else {
      Issue.record("the loss is not recorded")
      return
    }
    #expect(exit.reason == .lost)
    let agent = try scratch.read("agent.pid")
    #expect(await eventually { !isAlive(agent) })
  }

  @Test func `two supervisors on one attempt run it once`() async throws {
    let monitor = try run("echo run >> runs; sleep 0.3")
    try monitor.start(program: BuiltProgram.orch, environment: scratch.environment)
    _ = try scratch.run([BuiltProgram.orch, "supervise", scratch["run"]])
    _ = try await end(monitor)
    _ = try scratch.run([BuiltProgram.orch, "supervise", scratch["run"]])
    #expect(try scratch.read("runs") == "run\n")
  }

  @Test func `binary output and a line of fifty megabytes do no harm`() async throws {
    let exit = try await end(
      run(
        """
        head -c 100000 /dev/urandom; head -c 50000000 /dev/zero; echo; echo end; printf 'no newline'
        """))
    #expect(exit.exitCode == 0)
    #expect(exit.report.finalText.hasSuffix("end\nno newline"))
  }
}
