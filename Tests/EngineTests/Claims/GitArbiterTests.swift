import Foundation
import Git2
import GitCLI
import GitState
import Synchronization
import TestSupport
import Testing

@testable import Engine

private let isProof = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1"

@Suite(.scratch, .timeLimit(.minutes(isProof ? 180 : 30))) struct `Claims at a git remote` {
  let scratch = Scratch.current
  private func clones(_ count: Int) throws -> [String] {
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.repository("seed")
    try scratch.git("push", "-q", scratch["origin.git"], "main", in: "seed")
    return try (0..<count).map { number in
      try scratch.git("clone", "-q", scratch["origin.git"], scratch["clone\(number)"])
      return scratch["clone\(number)"]
    }
  }

  private func tasks(_ count: Int) -> [RecordID] {
    var random = SeededRandom(seed: 7)
    return (0..<count).map { _ in RecordID.random(using: &random) }
  }

  /// What users do meanwhile, in one clone after the other, until the end and until each of it was done in each.
  private func disturb(_ paths: [String], until end: Disturbance) {
    var done: [String: Set<String>] = [:]
    for round in 0... {
      for path in paths {
        for command in Disturbance.commands {
          // git's own locks may be in its way; that is the user's to repeat.
          let result = try? scratch.run(["git"] + command, in: path)
          if result?.exitCode == 0 { done[path, default: []].insert(command[0]) }
        }
      }
      let isEnough = paths.allSatisfy { done[$0]?.count == Disturbance.commands.count }
      if end.isOver.load(ordering: .relaxed), isEnough || round > 50 { break }
    }
    end.ended.withLock { $0 = done }
  }

  @Test(arguments: [(isProof ? 10 : 5, true), (2, true), (2, false)])
  func `every task has exactly one accepted token`(_ hosts: Int, _ isAtomic: Bool) async throws {
    let paths = try clones(hosts)
    if !isAtomic {
      try scratch.git("config", "receive.advertiseAtomic", "false", in: "origin.git")
    }
    let tasks = tasks(isProof ? 1000 : 6)
    let racing = try paths.enumerated().map { number, path in
      try RacingHost("host\(number)", path: path, scratch: scratch, seed: UInt64(number))
    }
    try await racing[0].makeState(tasks)
    for host in racing.dropFirst() { _ = try await host.work.sync.run() }
    let arbiter = try GitArbiter(
      git: GitProgram(directory: paths[0], environment: scratch.environment), remote: "origin")
    #expect(try await arbiter.movesAtomically() == isAtomic)
    let disturbance = Disturbance()
    let disturbed = isProof ? paths : Array(paths.prefix(1))
    Thread { disturb(disturbed, until: disturbance) }.start()
    let won = try await withThrowingTaskGroup(of: [RecordID: Int].self) { group in
      for host in racing { group.addTask { try await host.work(off: tasks) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    disturbance.isOver.store(true, ordering: .relaxed)
    let areOver = await eventually(within: 300) { disturbance.ended.withLock { $0 != nil } }
    #expect(areOver)
    let done = disturbance.ended.withLock { $0 }
    for path in disturbed { #expect(done?[path] == Set(Disturbance.commands.map { $0[0] })) }
    for host in racing { _ = try await host.work.sync.run() }
    // As each host believes, and as the state of each says.
    #expect(won.reduce(0) { $0 + $1.count } == tasks.count)
    // Of few tasks, one host may be the first with all.
    #expect(!isProof || won.allSatisfy { !$0.isEmpty }, "\(won.map(\.count))")
    let believed = won.reduce(into: [:]) { $0.merge($1) { $1 } }
    for host in racing {
      #expect(try await host.endings() == believed.mapValues { [$0] })
    }
    let tips = try Set((paths + [scratch["origin.git"]]).map(tip))
    #expect(tips.count == 1)
    let view = try await arbiter.read()
    #expect(view.claims.count == tasks.count)
    #expect(view.claims.values.allSatisfy { $0.content?.isHeld == false })
    #expect(view.hosts.count == hosts)
    try scratch.git("fsck", "--strict", "--no-dangling", in: "origin.git")
  }

  private func tip(_ path: String) throws -> String {
    let found = try scratch.run(["git", "rev-parse", RefLayout.state], in: path)
    return found.output
  }

  @Test func `a reply that is lost is looked up, and a claim that is there is won`() async throws {
    let paths = try clones(1)
    // The push takes effect, and then the connection is cut.
    try scratch.write(
      "bin/git",
      """
      #!/bin/sh
      case " $* " in
      *" push "*"refs/orch/claims/"*)
        if [ ! -e "\(scratch["cut"])" ]; then
          touch "\(scratch["cut"])"
          "\(try scratch.git("--exec-path"))/git" "$@" >/dev/null 2>&1
          exit 128
        fi ;;
      esac
      exec "\(try scratch.git("--exec-path"))/git" "$@"

      """)
    _ = try scratch.run(["chmod", "+x", scratch["bin/git"]])
    var environment = scratch.environment
    environment["PATH"] = scratch["bin"] + ":" + (environment["PATH"] ?? "")
    let git = GitProgram(directory: paths[0], environment: environment)
    let keeper = ClaimKeeper(
      arbiter: try GitArbiter(git: git, remote: "origin"),
      folder: try LocalFolder(commonDirectory: paths[0] + "/.git"), host: "host",
      timing: .wide, clock: .standing, using: SeededRandom(seed: 1))
    _ = try await keeper.begin(continuing: [:])
    let standing = TaskStanding(isTerminal: false, highestToken: 4)
    let state = StateAtArbiter(standing: { _ in standing }, record: { _, _ in standing })
    let task = tasks(1)[0]
    guard case .won(let token) = try await keeper.acquire(task, standing, state: state) else {
      Issue.record("the claim is at the remote and has to be won")
      return
    }
    #expect(token == 5)
    #expect(scratch.exists("cut"))
    #expect(await keeper.mayWork(task))
  }

  @Test func `a remote that is not there is unreachable, and nothing is claimed`() async throws {
    let paths = try clones(1)
    let host = try ClaimingHost("host", path: paths[0], scratch: scratch)
    _ = try await host.keeper.begin(continuing: [:])
    try scratch.git("remote", "set-url", "origin", scratch["missing.git"], in: "clone0")
    let report = await host.keeper.beat()
    #expect(!report.isConfirmed)
    // The last heartbeat still counts, so the host may try, and learns that it cannot know.
    let acquisition = try await host.keeper.acquire(
      tasks(1)[0], ClaimingHost.fresh, state: ClaimingHost.state)
    guard case .unreachable = acquisition else {
      Issue.record("\(acquisition)")
      return
    }
  }
}

/// The end of a user's commands, for another thread to see.
final class Disturbance: Sendable {
  static let commands = [
    ["gc", "-q"], ["fetch", "-q", "--prune", "origin"], ["pack-refs", "--all"],
    ["commit", "-q", "--amend", "--allow-empty", "-m", "said otherwise"],
  ]
  let isOver = Atomic(false)
  /// What was done in each clone, once it has ended.
  let ended = Mutex<[String: Set<String>]?>(nil)
}
