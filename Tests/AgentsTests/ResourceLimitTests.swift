import Agents
import Foundation
import TestSupport
import Testing

#if os(Linux)
  @Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `What a worker may use` {
    let scratch = Scratch.current
    private var bench: WorkerBench { WorkerBench(scratch: scratch) }

    private func end(_ script: String, _ change: (inout ResourceLimits) -> Void) async throws
      -> WorkerExit
    {
      try FileManager.default.createDirectory(
        atPath: scratch["tree"], withIntermediateDirectories: true)
      let monitor = try bench.run(script) { launch in
        launch.limits.folders = [scratch["tree"]]
        launch.timeoutSeconds = 60
        change(&launch.limits)
      }
      return try await bench.end(monitor)
    }

    @Test func `too much memory ends it, with the number`() async throws {
      let exit = try await end(
        "x=$(head -c 150000000 /dev/zero | tr '\\0' a); echo ${#x}; sleep 50; true"
      ) { $0.memoryBytes = 100 << 20 }
      #expect(exit.reason == .overLimit)
      #expect(exit.failure?.kind == .resourceLimit)
      #expect(exit.limit?.contains("MB of memory, 100 are allowed") == true, "\(exit)")
    }

    @Test func `too many processes end it, also those that left its group`() async throws {
      let exit = try await end(
        "for i in $(seq 30); do setsid sleep 50 & done; sleep 50"
      ) { $0.processes = 20 }
      #expect(exit.reason == .overLimit)
      #expect(exit.limit?.contains("processes at once, 20 are allowed") == true, "\(exit)")
    }

    @Test(arguments: ["; sleep 50", ""])
    func `too full a folder ends it, also when it was quick`(rest: String) async throws {
      let exit = try await end("head -c 9000000 /dev/urandom > tree/a; ln tree/a tree/b\(rest)") {
        $0.diskBytes = 5 << 20
      }
      #expect(exit.reason == .overLimit)
      // A file with two names takes its place once.
      #expect(exit.limit == "its worktree holds 9 MB, 5 are allowed", "\(exit)")
    }

    @Test func `what keeps its limits is not disturbed`() async throws {
      let exit = try await end("head -c 1000000 /dev/zero > tree/a; sleep 3 & sleep 1; wait") {
        $0.memoryBytes = 500 << 20
        $0.processes = 20
        $0.diskBytes = 5 << 20
      }
      #expect(exit.reason == .exited && exit.limit == nil)
    }

    @Test func `a folder that was full before may be cleared`() async throws {
      try scratch.write("tree/old", String(repeating: "x", count: 9_000_000))
      let exit = try await end("sleep 4; rm tree/old; sleep 1") { $0.diskBytes = 5 << 20 }
      #expect(exit.reason == .exited, "\(exit)")
    }
  }
#endif

@Suite struct `What a run is charged with` {
  private func report(_ change: (inout AgentReport) -> Void) -> AgentReport {
    var report = AgentReport()
    change(&report)
    return report
  }

  private var launch: WorkerLaunch {
    var launch = WorkerLaunch(
      program: "/x", arguments: [], environment: [:], directory: "/", type: "codex")
    launch.price = TokenPrice(inputUSD: 2, cachedInputUSD: 1, outputUSD: 10)
    return launch
  }

  @Test func `is the agent's own word, or the price of its tokens`() {
    let tokens = report {
      $0.inputTokens = 1_000_000
      $0.cachedTokens = 500_000
      $0.outputTokens = 100_000
    }
    #expect(launch.charged(tokens).costUSD == 2.5)
    let own = report {
      $0.inputTokens = 1_000_000
      $0.costUSD = 0.25
    }
    #expect(launch.charged(own).costUSD == 0.25)
    var free = launch
    free.price = nil
    #expect(free.charged(tokens).costUSD == nil)
  }

  @Test func `is at the price of the model that the agent says it uses`() {
    var launch = launch
    launch.prices = [
      "opus": TokenPrice(inputUSD: 15, cachedInputUSD: 0, outputUSD: 75),
      "opus-20270101": TokenPrice(inputUSD: 20, cachedInputUSD: 0, outputUSD: 0),
    ]
    let tokens = { (model: String?) in
      report {
        $0.inputTokens = 1_000_000
        $0.model = model
      }
    }
    #expect(launch.charged(tokens("opus")).costUSD == 15)
    #expect(launch.charged(tokens("opus-20260131")).costUSD == 15)
    #expect(launch.charged(tokens("opus-20270101")).costUSD == 20)
    // Another model, or none that is known, is at the price of what was asked for.
    #expect(launch.charged(tokens("opus-fast")).costUSD == 2)
    #expect(launch.charged(tokens(nil)).costUSD == 2)
    #expect(WorkerLaunch(json: launch.json) == launch)
  }

  @Test func `is the new part of a session that was gone on with`() {
    let first = report {
      $0.inputTokens = 1000
      $0.outputTokens = 100
      $0.tokenScope = .session
    }
    var launch = launch
    launch.charge(WorkerExit(reason: .exited, report: first, endedAt: 0))
    let second = report {
      $0.inputTokens = 1500
      $0.outputTokens = 130
      $0.tokenScope = .session
    }
    let charged = launch.charged(second)
    #expect(charged.inputTokens == 500 && charged.outputTokens == 30)
    #expect(abs((charged.costUSD ?? 0) - (500 * 2 + 30 * 10) / 1_000_000) < 1e-9)
    #expect(WorkerLaunch(json: launch.json) == launch)
  }
}
