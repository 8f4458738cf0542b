import Engine
import Git2
import GitState
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Claims that are deleted at the remote` {
  let scratch = Scratch.current
  private let task: RecordID = {
    var random = SeededRandom(seed: 7)
    return RecordID.random(using: &random)
  }()

  /// Two machines with clones of one remote, which moves references together or not.
  private func hosts(isAtomic: Bool = true) async throws -> (ClaimingHost, ClaimingHost) {
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.git("config", "receive.advertiseAtomic", "\(isAtomic)", in: "origin.git")
    try scratch.repository("seed")
    try scratch.git("push", "-q", scratch["origin.git"], "main", in: "seed")
    let hosts = try ["a", "b"].map { name in
      try scratch.git("clone", "-q", scratch["origin.git"], scratch[name])
      return try ClaimingHost(name, path: scratch[name], scratch: scratch)
    }
    for host in hosts { _ = try await host.keeper.begin(continuing: [:]) }
    return (hosts[0], hosts[1])
  }

  /// The token with which a machine gets the task, of which the state knows an earlier one.
  private func acquire(_ host: ClaimingHost, after token: Int) async throws -> Int? {
    let known = TaskStanding(isTerminal: false, highestToken: token)
    let state = StateAtArbiter(
      standing: { _ in known }, record: { TaskStanding(isTerminal: false, highestToken: $1) })
    guard case .won(let token) = try await host.keeper.acquire(task, known, state: state) else {
      return nil
    }
    return token
  }

  private func delete() throws {
    try scratch.git("update-ref", "-d", RefLayout.claim(task), in: "origin.git")
  }

  private func there(_ name: String) throws -> Bool {
    try scratch.git("for-each-ref", name, in: "origin.git") != ""
  }

  /// A branch that is to move with the claim.
  private func work() throws -> [ArbiterMove] {
    let commit = try #require(ObjectID(hex: scratch.git("rev-parse", "main", in: "a")))
    return [ArbiterMove("refs/heads/work", from: nil, to: commit)]
  }

  @Test(arguments: [true, false])
  func `are asked for again before anything is published`(isAtomic: Bool) async throws {
    let (a, _) = try await hosts(isAtomic: isAtomic)
    #expect(try await acquire(a, after: 0) == 1)
    try delete()
    #expect(try await a.keeper.publish(task, work()) == .gone)
    #expect(await !a.keeper.mayWork(task))
    #expect(try !there("refs/heads/work"))
    #expect(try await acquire(a, after: 1) == 2)
    #expect(try await a.keeper.publish(task, work()) == .published)
    #expect(try there("refs/heads/work"))
    // One that is to be ended only has ended.
    try delete()
    #expect(await a.keeper.release(task, hasWorked: true))
    #expect(await a.keeper.held.isEmpty)
  }

  @Test(arguments: [true, false])
  func `and taken by another machine are lost`(isAtomic: Bool) async throws {
    let (a, b) = try await hosts(isAtomic: isAtomic)
    #expect(try await acquire(a, after: 0) == 1)
    try delete()
    _ = await b.keeper.beat()
    #expect(try await acquire(b, after: 1) == 2)
    #expect(try await a.keeper.publish(task, work()) == .lost)
    #expect(try !there("refs/heads/work"))
    #expect(try await b.keeper.publish(task, work()) == .published)
    #expect(await b.keeper.finish(task, publishing: []) == .published)
  }

  @Test func `for they ended a week ago are those that nobody has moved since`() async throws {
    let (a, late) = try await hosts()
    let week = ClaimTiming.retention
    let name = RefLayout.claim(task)
    #expect(try await acquire(a, after: 0) == 1)
    #expect(await a.keeper.deleteOldClaims(firstSeen: [:], now: 0).isEmpty)
    #expect(await a.keeper.finish(task, publishing: []) == .published)
    _ = await late.keeper.beat()
    let seen = await a.keeper.deleteOldClaims(firstSeen: [:], now: 5)
    #expect(seen.values.sorted() == [5])
    // It is taken up again, which the other machine has not seen yet.
    #expect(try await acquire(a, after: 1) == 2)
    _ = await late.keeper.deleteOldClaims(firstSeen: seen, now: 5 + week)
    #expect(try there(name))
    #expect(await a.keeper.finish(task, publishing: []) == .published)
    let again = await a.keeper.deleteOldClaims(firstSeen: seen, now: 5 + week)
    #expect(again.values.sorted() == [5 + week])
    _ = await a.keeper.deleteOldClaims(firstSeen: again, now: 4 + 2 * week)
    #expect(try there(name))
    _ = await a.keeper.deleteOldClaims(firstSeen: again, now: 5 + 2 * week)
    #expect(try !there(name))
    // What the state knows keeps the tokens growing.
    _ = await late.keeper.beat()
    #expect(try await acquire(late, after: 2) == 3)
  }
}
