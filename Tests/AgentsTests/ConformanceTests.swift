import Agents
import Foundation
import TestSupport
import Testing

/// What every adapter has to keep, with the program that it is for: start, stream, cost, commit, cancel, fail
/// each way, resume.
///
/// `make test-real` runs it with the real programs too.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Every agent program` {
  let scratch = Scratch.current
  private var bench: WorkerBench { WorkerBench(scratch: scratch) }

  /// Runs a part in a linked worktree of a repository, as orch does.
  private func launch(
    _ peer: AgentPeer, _ part: AgentPeer.Part, _ server: ModelServer?, name: String = "run",
    change: (inout LaunchRequest) -> Void = { _ in }
  ) throws -> WorkerMonitor {
    if !scratch.exists("repo") {
      try scratch.repository("repo")
      try scratch.git("worktree", "add", "-q", "-b", "task", scratch["tree"], in: "repo")
    }
    try scratch.write("prompt.md", "Add hello.txt with the word hello and commit it.")
    let agent = try peer.configuration(part, scratch, server)
    let path = scratch.environment["PATH"] ?? ""
    var request = LaunchRequest(
      prompt: "Add hello.txt with the word hello and commit it.",
      promptFile: scratch["prompt.md"], worktree: scratch["tree"],
      lastMessageFile: scratch["last.txt"])
    request.commonDirectory = scratch["repo/.git"]
    request.worktreeName = "tree"
    request.isSuperuser = getuid() == 0
    change(&request)
    let command = try AgentAdapter(agent, path: path).command(for: request)
    let monitor = WorkerMonitor(directory: scratch[name])
    var launch = WorkerLaunch(
      program: command.program, arguments: command.arguments,
      environment: scratch.environment.merging(command.environment) { $1 }
        .merging(agent.environment) { $1 },
      directory: scratch["tree"], inputFile: command.inputFile, type: peer.type)
    launch.graceSeconds = 5
    launch.timeoutSeconds = 120
    launch.price = TokenPrice(inputUSD: 1, cachedInputUSD: 1, outputUSD: 1)
    try monitor.prepare(launch)
    try bench.start(monitor)
    return monitor
  }

  private func server(_ peer: AgentPeer) throws -> ModelServer? {
    peer.isReal ? try ModelServer(AgentPeer.scripts) : nil
  }

  @Test(arguments: AgentPeer.all)
  func `is of a version that orch knows, starts, streams, commits and says what it used`(
    peer: AgentPeer
  ) async throws {
    let server = try server(peer)
    if peer.isReal {
      let agent = try peer.configuration(.work, scratch, server)
      let adapter = AgentAdapter(agent, path: scratch.environment["PATH"] ?? "")
      let version = try await adapter.version(environment: scratch.environment)
      #expect(version?.isKnown(for: peer.type) == true)
    }
    let exit = try await bench.end(launch(peer, .work, server))
    #expect(exit.failure == nil, "\(exit)")
    #expect(exit.report.isComplete && exit.report.finalText.contains("hello.txt is committed"))
    #expect(exit.report.sessionID?.isEmpty == false)
    #expect(exit.report.toolCalls >= 2)
    #expect(exit.report.usd(at: TokenPrice(inputUSD: 1, cachedInputUSD: 1, outputUSD: 1)) ?? 0 > 0)
    #expect(exit.report.tokens >= 3000)
    #expect(try scratch.git("log", "-1", "--format=%s", "task", in: "repo") == "Add hello")
    #expect(try scratch.git("status", "--porcelain", in: "tree") == "")
    #expect(scratch.exists("run/tools.ndjson"))
  }

  @Test(
    arguments: AgentPeer.all,
    [
      (AgentPeer.Part.authentication, AgentFailureKind.authentication),
      (.rateLimit, .rateLimited), (.overload, .overloaded), (.tooLong, .contextExhausted),
    ])
  func `fails in a way that orch can tell`(
    peer: AgentPeer, part: (AgentPeer.Part, AgentFailureKind)
  ) async throws {
    let exit = try await bench.end(launch(peer, part.0, try server(peer)))
    #expect(exit.failure?.kind == part.1, "\(exit.failure.debugDescription) \(exit.errorText)")
    #expect(exit.report.sessionID?.isEmpty == false)
  }

  @Test(arguments: AgentPeer.all)
  func `is no success when its service drops the connection`(peer: AgentPeer) async throws {
    let exit = try await bench.end(launch(peer, .drop, try server(peer)))
    #expect(exit.failure != nil, "\(exit)")
  }

  @Test(arguments: AgentPeer.all)
  func `ends when it is told to, and its command with it`(peer: AgentPeer) async throws {
    let server = try server(peer)
    let monitor = try launch(peer, .hang, server)
    #expect(await eventually(within: 60) { scratch.exists("tree/started") })
    monitor.requestStop(.interrupt)
    let exit = try await bench.end(monitor)
    #expect(exit.reason == .stopped)
    #expect(exit.failure?.kind == .killed)
  }

  @Test(arguments: AgentPeer.all)
  func `goes on with a session, and is charged for the new part only`(
    peer: AgentPeer
  ) async throws {
    let server = try server(peer)
    let first = try await bench.end(
      launch(peer, .work, server) { request in
        request.sessionID = "11111111-2222-4333-8444-555555555555"
      })
    let session = try #require(first.report.sessionID)
    let second = try await bench.end(
      launch(peer, .work, server, name: "run2") { $0.resumedSession = session })
    #expect(second.report.sessionID == session)
    // The recorded programs cannot know of an earlier run.
    guard peer.isReal else { return }
    let price = TokenPrice(inputUSD: 1, cachedInputUSD: 1, outputUSD: 1)
    let scope =
      second.report.costUSD == nil ? second.report.tokenScope : second.report.costScope
    #expect(scope == .session)
    let (one, two) = (first.report.usd(at: price) ?? 0, second.report.usd(at: price) ?? 0)
    #expect(two > one * 1.5, "cumulative: \(one), then \(two)")
  }
}
