import Synchronization
import TestSupport
import Testing

@testable import Forge
@testable import GitHubFake

@Suite struct `The API budget` {
  private typealias Demand = BudgetLedger.Demand
  private let reading = Demand(
    purpose: .watching, resource: .core, isWriting: false, isCreating: false)
  private let acting = Demand(purpose: .acting, resource: .core, isWriting: true, isCreating: false)
  private let merging = Demand(
    purpose: .merging, resource: .core, isWriting: true, isCreating: false)
  private let creating = Demand(
    purpose: .acting, resource: .core, isWriting: true, isCreating: true)

  private func run(_ demand: Demand, _ ledger: inout BudgetLedger, at now: Int) -> Bool {
    guard ledger.decide(demand, now: now) == .go else { return false }
    ledger.begin(demand, now: now)
    ledger.end()
    return true
  }

  @Test func `keeps a tenth for acting, a twentieth for merging, and merging gets all of it`() {
    var ledger = BudgetLedger()
    let reset = 10_000_000
    ledger.note(.core, limit: 5000, remaining: 501, resetAt: reset)
    #expect(ledger.decide(reading, now: 0) == .go)
    ledger.note(.core, limit: 5000, remaining: 500, resetAt: reset)
    #expect(ledger.decide(reading, now: 0) == .wait(until: reset, because: .reserve))
    #expect(ledger.decide(acting, now: 0) == .go)
    ledger.note(.core, limit: 5000, remaining: 250, resetAt: reset)
    #expect(ledger.decide(acting, now: 0) == .wait(until: reset, because: .reserve))
    #expect(ledger.decide(merging, now: 0) == .go)
    ledger.note(.core, limit: 5000, remaining: 0, resetAt: reset)
    #expect(ledger.decide(merging, now: 0) == .wait(until: reset, because: .primary))
    #expect(ledger.decide(reading, now: reset) == .go)
  }

  @Test func `an answer that was overtaken does not give back what is used`() {
    var ledger = BudgetLedger()
    ledger.note(.core, limit: 5000, remaining: 10, resetAt: 9000)
    ledger.note(.core, limit: 5000, remaining: 4000, resetAt: 9000)
    #expect(ledger.remaining(.core) == 10)
    ledger.note(.core, limit: 5000, remaining: 4999, resetAt: 8000)
    #expect(ledger.remaining(.core) == 10)
    ledger.note(.core, limit: 5000, remaining: 4999, resetAt: 20_000)
    #expect(ledger.remaining(.core) == 4999)
  }

  /// Books that two budgets share, as two processes do.
  private final class Shelf: Sendable {
    let bytes = Mutex<[UInt8]>([])
    var books: BudgetBooks {
      BudgetBooks {
        OpenBooks(self.bytes.withLock { $0 }) { next in self.bytes.withLock { $0 = next } }
      }
    }
  }

  @Test func `budgets with the same books share what is used, and what is paused`() async throws {
    let clock = ManualClock()
    let shelf = Shelf()
    let budgets = (0..<2).map { _ in
      APIBudget(clock: clock.clock, patience: .init(watching: 0), books: shelf.books)
    }
    // The limit of a minute is one for both.
    var gone = 0
    for index in 0..<2000 {
      do throws(ForgeError) {
        try await budgets[index % 2].begin(reading)
        await budgets[index % 2].end(nil, resource: .core)
        gone += 1
      } catch { break }
    }
    #expect(gone == 720)
    clock.advance(60_000)
    try await budgets[1].begin(reading)
    let headers = ["retry-after": "100"]
    let notice = RateNotice(headers: headers, now: clock.now)
    await budgets[1].end(notice, resource: .core, refusedFor: .secondary)
    let refused = await failure { () throws(ForgeError) in try await budgets[0].begin(reading) }
    #expect(refused == .limited(.secondary, until: clock.now + 100_000))
    // Who comes later finds what was there.
    let next = APIBudget(clock: clock.clock, patience: .init(watching: 0), books: shelf.books)
    let also = await failure { () throws(ForgeError) in try await next.begin(reading) }
    #expect(also == refused)
    clock.advance(100_000)
    try await next.begin(reading)
  }

  @Test func `books that make no sense, or that speak of a time to come, stop nobody`() throws {
    var ledger = BudgetLedger()
    _ = ledger.pause(until: 9_000_000_000, now: 0)
    let far = ledger.books
    for bytes in [Array("nonsense".utf8), [], Array("[1]".utf8), far] {
      var ledger = BudgetLedger()
      ledger.take(bytes, now: 0)
      #expect(ledger.decide(reading, now: 0) == .go)
    }
    var known = BudgetLedger()
    for time in [10, 20, 1500] { #expect(run(creating, &known, at: time)) }
    known.note(.core, limit: 5000, remaining: 7, resetAt: 3_600_000)
    var other = BudgetLedger()
    other.take(known.books, now: 2000)
    #expect(other.books == known.books)
    #expect(other.remaining(.core) == 7)
  }

  @Test func `one resource's limit does not stop the other`() {
    var ledger = BudgetLedger()
    ledger.exhaust(.graphql, until: 9000)
    #expect(ledger.decide(reading, now: 0) == .go)
  }

  @Test func `calls under way count as used`() {
    var ledger = BudgetLedger()
    ledger.note(.core, limit: 5000, remaining: 2, resetAt: 9000)
    ledger.begin(merging, now: 0)
    #expect(ledger.decide(merging, now: 0) == .go)
    ledger.begin(merging, now: 0)
    #expect(ledger.decide(merging, now: 0) == .wait(until: 9000, because: .primary))
  }

  @Test func `a pause without a time doubles up to a quarter of an hour, and heals`() {
    var ledger = BudgetLedger()
    var now = 0
    var pauses: [Int] = []
    for _ in 0..<6 {
      let until = ledger.pause(until: nil, now: now)
      #expect(ledger.decide(merging, now: until - 1) == .wait(until: until, because: .secondary))
      pauses.append((until - now) / 60_000)
      now = until
    }
    #expect(pauses == [1, 2, 4, 8, 15, 15])
    ledger.relax(now: now)
    #expect(ledger.pause(until: nil, now: now) == now + 60_000)
  }

  @Test func `several refusals at the same time are one pause`() {
    var ledger = BudgetLedger()
    #expect(ledger.pause(until: nil, now: 0) == 60_000)
    #expect(ledger.pause(until: nil, now: 10) == 60_010)
    #expect(ledger.pause(until: 5000, now: 20) == 60_010)
  }

  @Test func `at no time more points than allowed within any minute`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    var ledger = BudgetLedger()
    var sent: [(time: Int, demand: Demand)] = []
    var now = 0
    while sent.count < 3000 {
      let demand = [reading, acting, creating].randomElement(using: &random) ?? reading
      switch ledger.decide(demand, now: now) {
      case .go:
        ledger.begin(demand, now: now)
        ledger.end()
        sent.append((now, demand))
        now += Int.random(in: 0..<40, using: &random)
      case .wait(let until, _):
        #expect(until > now, "seed \(seed)")
        now = until
      }
    }
    for (index, last) in sent.enumerated() {
      let minute = sent[...index].reversed().prefix { $0.time > last.time - 60_000 }
      #expect(minute.reduce(0) { $0 + $1.demand.points } <= 720, "seed \(seed)")
      #expect(minute.count { $0.demand.isCreating } <= 64, "seed \(seed)")
    }
    let hour = sent.filter { $0.demand.isCreating && $0.time < 3_600_000 }
    #expect(hour.count <= 400, "seed \(seed)")
  }

  @Test func `no more than twenty calls at a time`() {
    var ledger = BudgetLedger()
    for _ in 0..<20 { ledger.begin(reading, now: 0) }
    #expect(
      ledger.decide(reading, now: 0) == .wait(until: BudgetLedger.lanePause, because: .secondary))
    ledger.end()
    #expect(ledger.decide(reading, now: 0) == .go)
  }
}
