import Git2
import GitState
import Synchronization
import TestSupport
import Testing

/// A clock that stands until a test moves it.
final class ManualClock: Sendable {
  private let milliseconds = Mutex(1_000_000)

  func advance(_ by: Int) { milliseconds.withLock { $0 += by } }

  var claimClock: ClaimClock {
    ClaimClock(
      now: { MonotonicTime(milliseconds: self.milliseconds.withLock { $0 }) },
      seconds: { 1_700_000_000 }, pause: { self.advance($0) })
  }
}

/// An arbiter that can be out of reach, or lose its answers.
struct ShakyArbiter: Arbiter {
  /// With `falling`, a push takes effect, its answer is lost, and nothing can be reached from then on.
  enum Mood { case well, unreachable, mute, falling }

  let base: LocalArbiter
  var isAtomic = false
  let mood = Shared()

  final class Shared: Sendable {
    let value = Mutex(Mood.well)
  }

  struct Unreachable: Error {}

  var isShared: Bool { true }

  func set(_ mood: Mood) { self.mood.value.withLock { $0 = mood } }

  func read() async throws -> ArbiterView {
    if mood.value.withLock({ $0 == .unreachable }) { throw Unreachable() }
    return try await base.read()
  }

  func push(_ push: ArbiterPush) async -> [String: MoveReply] {
    let mood = mood.value.withLock { $0 }
    if mood == .unreachable { return [:] }
    let replies = await base.push(push)
    if mood == .falling { set(.unreachable) }
    return mood == .well ? replies : [:]
  }

  func movesAtomically() async throws -> Bool { isAtomic }
}

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The keeper of claims` {
  let scratch = Scratch.current
  let clock = ManualClock()
  let lifetime = ClaimTiming.wide.lifetime

  private func arbiter() throws -> ShakyArbiter {
    if !scratch.exists("repo") { try scratch.repository() }
    return ShakyArbiter(base: LocalArbiter(try RepositoryActor(at: scratch["repo"])))
  }

  /// A keeper on a machine, which is a folder.
  private func keeper(
    _ host: String, _ arbiter: any Arbiter, machine: String? = nil, seed: UInt64 = 1
  ) throws -> ClaimKeeper {
    let path = "machines/\(machine ?? host)"
    if !scratch.exists(path) { try scratch.write(path + "/.made", "") }
    return ClaimKeeper(
      arbiter: arbiter, folder: try LocalFolder(commonDirectory: scratch[path]), host: host,
      timing: .wide, clock: clock.claimClock, using: SeededRandom(seed: seed))
  }

  private func state(_ standing: TaskStanding) -> StateAtArbiter {
    StateAtArbiter(
      standing: { _ in standing },
      record: { _, token in TaskStanding(isTerminal: false, highestToken: token) })
  }

  private let fresh = TaskStanding(isTerminal: false, highestToken: 0)
  private func task() throws -> RecordID { try GitStateTests.task("a3b2c4d5e6f7").id }

  private func acquire(_ keeper: ClaimKeeper) async throws -> Int? {
    let result = try await keeper.acquire(try task(), fresh, state: state(fresh))
    guard case .won(let token) = result else { return nil }
    return token
  }

  /// Lets time pass while `keepers` beat as they should.
  private func pass(_ lifetimes: Int, beating keepers: ClaimKeeper...) async {
    for _ in 0..<lifetimes * ClaimTiming.beatsPerLifetime {
      clock.advance(lifetime / ClaimTiming.beatsPerLifetime)
      for keeper in keepers { _ = await keeper.beat() }
    }
  }

  @Test func `a live host keeps its task, however long it works`() async throws {
    let arbiter = try arbiter()
    let (a, b) = (try keeper("a", arbiter), try keeper("b", arbiter, seed: 2))
    _ = try await a.begin(continuing: [:])
    _ = try await b.begin(continuing: [:])
    #expect(try await acquire(a) == 1)
    await pass(9, beating: a, b)
    #expect(try await acquire(b) == nil)
    #expect(await a.mayWork(try task()))
    #expect(await !b.mayWork(try task()))
  }

  @Test func `a silent host stops itself, and is followed only later`() async throws {
    let arbiter = try arbiter()
    let (a, b) = (try keeper("a", arbiter), try keeper("b", arbiter, seed: 2))
    _ = try await a.begin(continuing: [:])
    _ = try await b.begin(continuing: [:])
    #expect(try await acquire(a) == 1)
    clock.advance(ClaimTiming.wide.fence - 1)
    #expect(await a.mayWork(try task()))
    clock.advance(1)
    #expect(await !a.mayWork(try task()))
    _ = await b.beat()
    #expect(try await acquire(b) == nil)
    await pass(2, beating: b)
    #expect(try await acquire(b) == 2)
    // It comes back, and learns what it has lost.
    let report = await a.beat()
    #expect(report.lost == [try task()])
    #expect(report.isConfirmed)
    #expect(await !a.mayWork(try task()))
    #expect(await a.finish(try task(), publishing: []) == .lost)
    #expect(await b.mayWork(try task()))
  }

  @Test func `a host that slept and was not followed goes on after one heartbeat`() async throws {
    let arbiter = try arbiter()
    let a = try keeper("a", arbiter)
    _ = try await a.begin(continuing: [:])
    #expect(try await acquire(a) == 1)
    clock.advance(20 * lifetime)
    #expect(await !a.mayWork(try task()))
    #expect(await a.finish(try task(), publishing: []) == .suspended)
    #expect(await a.beat().lost == [])
    #expect(await a.mayWork(try task()))
    #expect(await a.finish(try task(), publishing: []) == .published)
    #expect(await a.held == [])
  }

  @Test func `nobody can work without the arbiter, and what was sent counts when it is seen`()
    async throws
  {
    let arbiter = try arbiter()
    let a = try keeper("a", arbiter)
    _ = try await a.begin(continuing: [:])
    #expect(try await acquire(a) == 1)
    arbiter.set(.unreachable)
    clock.advance(lifetime)
    #expect(await !a.beat().isConfirmed)
    #expect(await !a.mayWork(try task()))
    // The heartbeat arrives, its answer does not: it is found by reading.
    arbiter.set(.mute)
    #expect(await a.beat().isConfirmed)
    #expect(await a.mayWork(try task()))
  }

  @Test func `a renewal whose answer was lost in a cut is found again, and the claim goes on`()
    async throws
  {
    var arbiter = try arbiter()
    arbiter.isAtomic = true
    let a = try keeper("a", arbiter)
    _ = try await a.begin(continuing: [:])
    #expect(try await acquire(a) == 1)
    let commit = try scratch.git("rev-parse", "HEAD", in: "repo")
    let moves = [ArbiterMove("refs/heads/work", from: nil, to: try id(commit))]
    for _ in 0..<2 {
      arbiter.set(.falling)
      #expect(await a.publish(try task(), moves) == .unknown)
      arbiter.set(.well)
    }
    _ = await a.beat()
    #expect(await a.publish(try task(), moves) == .published)
    #expect(await a.finish(try task(), publishing: []) == .published)
    #expect(await a.view.claims[try task()]?.content?.phase == .closed)
  }

  @Test func `a claim in whose place another machine's of the same token stands is given up`()
    async throws
  {
    let arbiter = try arbiter()
    let (a, b) = (try keeper("a", arbiter), try keeper("b", arbiter, seed: 2))
    _ = try await a.begin(continuing: [:])
    #expect(try await acquire(a) == 1)
    // Someone deletes the claims, and the state does not know the token yet.
    try scratch.git("update-ref", "-d", RefLayout.claim(try task()), in: "repo")
    _ = try await b.begin(continuing: [:])
    #expect(try await acquire(b) == 1)
    #expect(await a.beat().lost == [try task()])
    #expect(await b.mayWork(try task()))
  }

  @Test func `a machine with a copied name gets another one, and loses nothing`() async throws {
    let arbiter = try arbiter()
    let a = try keeper("a", arbiter)
    _ = try await a.begin(continuing: [:])
    #expect(try await acquire(a) == 1)
    let copy = try keeper("a", arbiter, machine: "copy", seed: 2)
    _ = try await copy.begin(continuing: [try task(): 1])
    // The copy continues nothing while the original may be at work.
    #expect(await !copy.mayWork(try task()))
    let report = await a.beat()
    let name = try #require(report.newName)
    #expect(try scratch.read("machines/a/orch/host.json").contains(name))
    #expect(await a.mayWork(try task()))
    await pass(3, beating: a, copy)
    #expect(await a.mayWork(try task()))
    #expect(await !copy.mayWork(try task()))
  }

  @Test func `the next process of a machine goes on at once with what was begun`() async throws {
    let arbiter = try arbiter()
    _ = try await keeper("a", arbiter).begin(continuing: [:])
    let first = try keeper("a", arbiter)
    _ = try await first.begin(continuing: [:])
    #expect(try await acquire(first) == 1)
    let second = try keeper("a", arbiter, seed: 2)
    _ = try await second.begin(continuing: [try task(): 1])
    #expect(await second.mayWork(try task()))
    // What was not begun is given back.
    let third = try keeper("a", arbiter, seed: 3)
    _ = try await third.begin(continuing: [:])
    #expect(await third.held == [])
    #expect(try await acquire(third) == 2)
  }

  @Test func `a task that is over is not worked on by whoever wins it late`() async throws {
    let arbiter = try arbiter()
    let a = try keeper("a", arbiter)
    _ = try await a.begin(continuing: [:])
    let over = TaskStanding(isTerminal: true, highestToken: 3)
    guard case .terminal = try await a.acquire(try task(), fresh, state: state(over)) else {
      Issue.record("the state at the arbiter says that it is over")
      return
    }
    #expect(await !a.mayWork(try task()))
    #expect(await a.held == [])
    let later = TaskStanding(isTerminal: false, highestToken: 5)
    guard case .stateIsBehind = try await a.acquire(try task(), fresh, state: state(later)) else {
      Issue.record("the state at the arbiter knows a later token")
      return
    }
  }

  @Test func `claims of a repository's own arbiter are marked`() async throws {
    try scratch.repository()
    let local = LocalArbiter(try RepositoryActor(at: scratch["repo"]))
    let a = try keeper("a", local)
    _ = try await a.begin(continuing: [:])
    #expect(try await acquire(a) == 1)
    #expect(await a.held.first?.claim.isUnfenced == true)
    let shared = try keeper("b", try arbiter(), seed: 2)
    _ = try await shared.begin(continuing: [:])
    #expect(await shared.view.claims[try task()]?.content?.isUnfenced == true)
  }
}
