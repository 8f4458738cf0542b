import Engine
import Foundation
import Git2
import GitState
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Claims beside what is none` {
  let scratch = Scratch.current

  private func clone(_ name: String) throws -> ClaimingHost {
    if !scratch.exists("origin.git") {
      try scratch.git("init", "-q", "--bare", scratch["origin.git"])
      try scratch.repository("seed")
      try scratch.git("push", "-q", scratch["origin.git"], "main", in: "seed")
    }
    try scratch.git("clone", "-q", scratch["origin.git"], scratch[name])
    return try ClaimingHost(name, path: scratch[name], scratch: scratch)
  }

  private func tasks(_ count: Int) -> [RecordID] {
    var random = SeededRandom(seed: 7)
    return (0..<count).map { _ in RecordID.random(using: &random) }
  }

  /// Makes an object at the remote and returns its id.
  private func object(_ kind: String, _ text: String = "x") throws -> String {
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
    case "broken": return try write("tree \(tree)\nauthor nobody\ncommitter nobody\n\n\(text)\n")
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
    let state = ClaimingHost.state
    let fresh = ClaimingHost.fresh
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

  /// Looks until a claim can be read, as a machine does that finds it unreadable; nil if it never can be.
  private func look(for task: RecordID, by host: ClaimingHost) async throws -> (Claim, looks: Int)?
  {
    let arbiter = try GitArbiter(git: host.git, remote: "origin")
    for number in 1...Self.maximumLooks {
      let view = try await arbiter.read()
      // Whatever is there stands for its task: nothing counts as free because it cannot be read.
      #expect(view.claims.count == Self.badClaims + 1)
      if let claim = view.claims[task]?.content { return (claim, number) }
    }
    return nil
  }

  private static let badClaims = 90
  /// A look gives up after 40 fetches that fail; each of them finds one that is refused.
  private static let maximumLooks = 4

  @Test func `hide no good claim that stands among many that git refuses to fetch`() async throws {
    let (one, two) = (try clone("one"), try clone("two"))
    let many = tasks(Self.badClaims + 1).sorted()
    let held = many[many.count / 2]
    _ = try await two.keeper.begin(continuing: [:])
    let fresh = ClaimingHost.fresh
    let won = try await two.keeper.acquire(held, fresh, state: ClaimingHost.state)
    guard case .won(let token) = won else {
      Issue.record("\(won)")
      return
    }
    // No two of them are the same object: each has to be found out by itself.
    let lines = try many.enumerated().filter { $0.element != held }.map { number, task in
      "create \(RefLayout.claim(task)) \(try object("broken", "\(number)"))\n"
    }
    try scratch.git("update-ref", "--stdin", in: "origin.git", input: lines.joined())
    let found = try await look(for: held, by: one)
    let (claim, looks) = try #require(found)
    #expect(claim.host == "two" && claim.token == token && claim.phase == .held)
    #expect(looks > 1, "one look would do: there are too few bad ones")
    _ = try await one.keeper.begin(continuing: [:])
    for _ in 1...Self.maximumLooks {
      let acquisition = try await one.keeper.acquire(held, fresh, state: ClaimingHost.state)
      if case .unreadable = acquisition {
        _ = await one.keeper.beat()
        continue
      }
      guard case .taken = acquisition else {
        Issue.record("\(acquisition)")
        return
      }
      return
    }
    Issue.record("the good claim is never seen")
  }

  @Test func `do not keep a free task among them from being claimed`() async throws {
    let host = try clone("one")
    let (many, garbage) = (tasks(200), try object("broken"))
    let lines = many.dropLast().map { "create \(RefLayout.claim($0)) \(garbage)\n" }.joined()
    try scratch.git("update-ref", "--stdin", in: "origin.git", input: lines)
    _ = try await host.keeper.begin(continuing: [:])
    let fresh = ClaimingHost.fresh
    let last = try #require(many.last)
    guard case .won = try await host.keeper.acquire(last, fresh, state: ClaimingHost.state) else {
      Issue.record("the garbage stands in the way of another task")
      return
    }
  }
}
