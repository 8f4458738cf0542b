import Agents
import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Processes of a supervised worker` {
  let bench = WorkerBench(scratch: Scratch.current)
  var scratch: Scratch { bench.scratch }

  @Test func `a daemon that was forked twice into a session of its own is killed`() async throws {
    let exit = try await bench.end(
      bench.run(
        """
        (setsid bash -c 'echo $$ > daemon.pid; exec sleep 300' &)
        until [ -s daemon.pid ]; do sleep 0.02; done; exit 0
        """))
    #expect(exit.exitCode == 0)
    #expect(exit.leftovers == 1)
    #expect(exit.leftoverNames.first?.hasSuffix("sleep") == true)
    #expect(!WorkerBench.isAlive(try bench.number(in: "daemon.pid")))
  }

  @Test func `a daemon without any trace of the run is killed`() async throws {
    let exit = try await bench.end(
      bench.run(
        """
        here=$PWD
        (cd / && exec env -i setsid bash -c "echo \\$\\$ > $here/daemon.pid; exec sleep 300" &)
        until [ -s daemon.pid ]; do sleep 0.02; done
        """))
    #expect(exit.leftovers == 1)
    #expect(!WorkerBench.isAlive(try bench.number(in: "daemon.pid")))
  }

  @Test func `a hundred of them, deep and wide, are killed, stopped ones too`() async throws {
    let exit = try await bench.end(
      bench.run(
        """
        for i in $(seq 80); do setsid sleep 300 & done
        nest() { if [ $1 -gt 0 ]; then bash -c "$(declare -f nest); nest $(($1 - 1)); sleep 300; :" & wait; \
        else sleep 300; fi; }
        nest 5 & setsid sleep 300 & kill -STOP $!
        exit 0
        """))
    #expect(exit.leftovers >= 81)
  }

  /// Forty-eight at a time that live for some milliseconds each and replace those that are killed: sixty thousand in
  /// all, which is ten seconds.
  @Test func `those that begin another one and end before they are found are killed`() async throws
  {
    #if os(Linux)
      let source = BuiltProgram.sourceRoot + "/Tests/Faults/fork-bomb.c"
      let made = try scratch.run(["cc", "-O1", "-o", scratch["fork-bomb"], source])
      try #require(made.exitCode == 0, "\(made)")
      let monitor = try bench.run("exec ./fork-bomb 48 60000 begun")
      var exit: WorkerExit?
      _ = await eventually {
        if case .finished(let found) = monitor.state() { exit = found }
        return exit != nil
      }
      let begun = try count(in: "begun")
      #expect(try #require(exit).exitCode == 0)
      #expect(begun < 60_000, "it ended by itself")
      await bench.expectNothingLeft()
      #expect(try count(in: "begun") == begun)
    #endif
  }

  /// A number of four bytes in a file of the scratch directory.
  private func count(in file: String) throws -> Int {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch[file]))
    return bytes.prefix(4).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
  }

  @Test func `what the killed had said last is not lost`() async throws {
    let monitor = try bench.run(
      "(setsid bash -c 'echo from the daemon; exec sleep 300' &) ; exit 0")
    let exit = try await bench.end(monitor)
    #expect(exit.report.finalText == "from the daemon")
    #expect(exit.leftovers == 1)
  }

  @Test func `commands of a stopped agent end with it`() async throws {
    let monitor = try bench.run(
      """
      setsid bash -c 'trap "" INT TERM; echo $$ > tool.pid; while :; do sleep 0.05; done' &
      wait
      """)
    await bench.expectFile("tool.pid")
    monitor.requestStop(.interrupt)
    let exit = try await bench.end(monitor)
    #expect(exit.reason == .stopped)
    #expect(!WorkerBench.isAlive(try bench.number(in: "tool.pid")))
  }

  @Test func `a killed supervisor takes its agent along; the rest ends with the loss`() async throws
  {
    let monitor = try bench.run(
      """
      echo '{"type":"cost","usd":0.25}'
      setsid sleep 300 &
      env -i sleep 301 &
      echo $$ > agent.pid; wait
      """)
    await bench.expectFile("agent.pid")
    #expect(await eventually { monitor.progress()?.report.costUSD == 0.25 })
    let agent = try bench.number(in: "agent.pid")
    #expect(try bench.identity("agent") == agent)
    #expect(kill(try bench.identity("pid"), SIGKILL) == 0)
    #expect(await eventually { monitor.state() == .lost })
    #expect(await eventually { !WorkerBench.isAlive(agent) })
    #expect(monitor.recordLoss())
    let exit = try await bench.end(monitor)
    #expect(exit.reason == .lost)
    #expect(exit.failure?.kind == .killed)
    #expect(exit.report.costUSD == 0.25)
    #expect(exit.leftovers == 2, "\(exit.leftoverNames)")
    #expect(!monitor.recordLoss(), "an end is recorded once")
  }

  /// Kills the supervisor of a run and changes what it wrote of itself.
  private func lose(_ monitor: WorkerMonitor, _ changes: [String: JSONValue]) async throws {
    let agent = try bench.identity("agent")
    #expect(kill(try bench.identity("pid"), SIGKILL) == 0)
    #expect(await eventually { monitor.state() == .lost && !WorkerBench.isAlive(agent) })
    var identity = try JSONValue(parsing: scratch.read("run/supervisor.json")).object ?? [:]
    identity.merge(changes) { $1 }
    try scratch.write("run/supervisor.json", JSONValue.object(identity).canonicalText)
  }

  @Test(arguments: [true, false])
  func `nobody is killed because of a number that was a worker's once`(isAfterReboot: Bool)
    async throws
  {
    // In a session of its own and without a mark: somebody's shell.
    let stranger = try scratch.start(
      ["setsid", "sh", "-c", "echo $$ > stranger.pid; exec sleep 300"], in: ".", log: "log")
    await bench.expectFile("stranger.pid")
    #expect(await eventually { (try? bench.number(in: "stranger.pid")) != nil })
    let pid = try bench.number(in: "stranger.pid")
    defer {
      kill(pid, SIGKILL)
      stranger.waitForEnd()
    }
    let monitor = try bench.run("touch up; exec sleep 300")
    await bench.expectFile("up")
    var changes: [String: JSONValue] = ["agent": .number(Int(pid))]
    if isAfterReboot {
      let line = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
      let fields = line.split(separator: ")").last?.split(separator: " ") ?? []
      changes["agent_started"] = .number(try #require(Int(fields[19])))
      changes["boot"] = "another boot"
    }
    try await lose(monitor, changes)
    #expect(monitor.recordLoss())
    #expect(WorkerBench.isAlive(pid))
  }

  @Test func `a daemon without any trace ends with the loss if the supervisor had seen it`()
    async throws
  {
    let monitor = try bench.run(
      """
      here=$PWD
      (cd / && exec env -i setsid bash -c "echo \\$\\$ > $here/daemon.pid; exec sleep 300" &)
      exec sleep 300
      """)
    await bench.expectFile("daemon.pid")
    let daemon = try bench.number(in: "daemon.pid")
    #expect(
      await eventually {
        (try? scratch.read("run/descendants").contains("\(daemon) ")) == true
      })
    try await lose(monitor, [:])
    #expect(WorkerBench.isAlive(daemon))
    #expect(monitor.recordLoss())
    #expect(await eventually { !WorkerBench.isAlive(daemon) })
  }

  @Test func `a lost attempt is not run again by another supervisor`() async throws {
    let monitor = try bench.run("echo run >> runs; touch up; exec sleep 300")
    await bench.expectFile("up")
    #expect(kill(try bench.identity("pid"), SIGKILL) == 0)
    #expect(await eventually { monitor.state() == .lost })
    try bench.start(monitor)
    #expect(monitor.state() == .lost)
    let second = try scratch.run([WorkerBench.supervisor, "supervise", scratch["run"]])
    #expect(second.exitCode == 0)
    #expect(try await bench.end(monitor).reason == .lost)
    #expect(try scratch.read("runs") == "run\n")
  }

  @Test func `of ten supervisors on one directory one runs`() async throws {
    let monitor = try bench.prepare("echo run >> runs; sleep 0.5")
    try await withThrowingTaskGroup { group in
      for _ in 0..<10 {
        group.addTask {
          try monitor.start(
            program: WorkerBench.supervisor, environment: Scratch.current.environment)
        }
      }
      try await group.waitForAll()
    }
    _ = try await bench.end(monitor)
    #expect(try scratch.read("runs") == "run\n")
  }

  @Test func `any process may look, adopt and stop`() async throws {
    let first = try bench.run("touch up; echo working; exec sleep 300")
    await bench.expectFile("up")
    #expect(await eventually { first.progress()?.report.finalText == "working" })
    let second = WorkerMonitor(directory: scratch["run"])
    guard case .running(let report) = second.state() else {
      Issue.record("not running: \(second.state())")
      return
    }
    #expect(report.finalText == "working")
    #expect(second.progress()?.process == Int(try bench.identity("agent")))
    second.requestStop(.kill)
    let exit = try await bench.end(first)
    #expect(exit.reason == .stopped)
    #expect(second.state() == .finished(exit))
  }

  @Test func `a supervisor is nobody's child and in no session of ours`() async throws {
    let monitor = try bench.run("touch up; exec sleep 300")
    await bench.expectFile("up")
    let pid = try bench.identity("pid")
    #expect(getsid(pid) == pid)
    #expect(waitpid(pid, nil, WNOHANG) == -1)
    let agent = try bench.identity("agent")
    #expect(getsid(agent) == agent)
    monitor.requestStop(.kill)
    _ = try await bench.end(monitor)
  }

  @Test func `a run directory without a run is not started`() throws {
    let monitor = WorkerMonitor(directory: scratch["nothing"])
    #expect(monitor.state() == .notStarted)
    #expect(!monitor.isPrepared)
    #expect(monitor.progress() == nil)
    #expect(throws: AgentError.self) {
      try monitor.start(program: "/nonexistent/orch", environment: [:])
    }
  }
}
