import Engine
import Foundation
import Git2
import GitState
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Claims beside what is none` {
  let scratch = Scratch.current

  private func clone(_ name: String) throws -> RacingHost {
    if !scratch.exists("origin.git") {
      try scratch.git("init", "-q", "--bare", scratch["origin.git"])
      try scratch.repository("seed")
      try scratch.git("push", "-q", scratch["origin.git"], "main", in: "seed")
    }
    try scratch.git("clone", "-q", scratch["origin.git"], scratch[name])
    return try RacingHost(
      name, path: scratch[name], scratch: scratch, lifetime: 600_000, seed: 1)
  }

  private func tasks(_ count: Int) -> [RecordID] {
    var random = SeededRandom(seed: 7)
    return (0..<count).map { _ in RecordID.random(using: &random) }
  }

  /// Makes an object at the remote and returns its id.
  private func object(_ kind: String) throws -> String {
    let tree = try scratch.git("mktree", in: "origin.git", input: "")
    let write = { (text: String) in
      try scratch.git(
        "hash-object", "-w", "-t", "commit", "--literally", "--stdin", in: "origin.git", input: text
      )
    }
    switch kind {
    case "blob":
      return try scratch.git("hash-object", "-w", "--stdin", in: "origin.git", input: "x")
    case "tree": return tree
    case "tag":
      return try scratch.git(
        "mktag", in: "origin.git",
        input: "object \(tree)\ntype tree\ntag x\ntagger a <a@b> 0 +0000\n\nx\n")
    case "broken": return try write("tree \(tree)\nauthor nobody\ncommitter nobody\n\nx\n")
    default:
      let who = "orch <orch@localhost> 0 +0000"
      let long = String(repeating: "x", count: 10 << 20)
      return try write("tree \(tree)\nauthor \(who)\ncommitter \(who)\n\n\(long)\n")
    }
  }

  private static let kinds = ["blob", "tree", "tag", "broken", "huge"]

  @Test(arguments: kinds) func `are worked under as if it were not there`(kind: String) async throws
  {
    let host = try clone("one")
    let tasks = tasks(3)
    let garbage = try object(kind)
    for name in [
      RefLayout.claim(tasks[0]), RefLayout.claims + "evil", RefLayout.claims + "aa/bb",
      RefLayout.heartbeat("other"), RefLayout.hosts + "Not-a-name", RefLayout.hosts + "a/b",
    ] {
      try scratch.git("update-ref", name, garbage, in: "origin.git")
    }
    _ = try await host.keeper.begin(continuing: [:])
    let state = host.stateAtArbiter
    let fresh = TaskStanding(isTerminal: false, highestToken: 0)
    // The garbage stands in the way of its own task, and of no other.
    guard case .unreadable = try await host.keeper.acquire(tasks[0], fresh, state: state) else {
      Issue.record("a \(kind) was taken for a claim, or overwritten")
      return
    }
    for task in tasks.dropFirst() {
      guard case .won = try await host.keeper.acquire(task, fresh, state: state) else {
        Issue.record("a \(kind) stands in the way of another task")
        return
      }
      #expect(await host.keeper.finish(task, publishing: []) == .published)
    }
    let view = try await GitArbiter(git: host.git, remote: "origin").read()
    #expect(Set(view.claims.keys) == Set(tasks))
    #expect(view.claims[tasks[0]]?.content == nil)
    #expect(view.hosts["other"] != nil && view.hosts["other"]?.content == nil)
    // What is no name is not even fetched.
    let tracked = try scratch.git("for-each-ref", "refs/orch/remotes", in: "one")
    #expect(!tracked.contains("evil") && !tracked.contains("Not-a-name"))
  }

  @Test func `are found again among many that git refuses to fetch`() async throws {
    let host = try clone("one")
    let (many, garbage) = (tasks(200), try object("broken"))
    let lines = many.dropLast().map { "create \(RefLayout.claim($0)) \(garbage)\n" }.joined()
    try scratch.git("update-ref", "--stdin", in: "origin.git", input: lines)
    _ = try await host.keeper.begin(continuing: [:])
    let fresh = TaskStanding(isTerminal: false, highestToken: 0)
    let last = try #require(many.last)
    guard case .won = try await host.keeper.acquire(last, fresh, state: host.stateAtArbiter) else {
      Issue.record("the garbage stands in the way of another task")
      return
    }
  }
}
