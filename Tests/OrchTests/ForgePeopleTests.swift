import Foundation
import TestSupport
import Testing

@testable import Forge
@testable import GitHubFake
@testable import orch

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Whose words count at a forge` {
  let scratch = Scratch.current

  private func forge(_ fake: FakeGitHub, _ clock: ManualClock) throws -> GitHubForge {
    try GitHubForge(
      GitHubConfiguration(repository: "acme/demo", api: fake.url),
      tokens: .fixed(AccessToken("good")), budget: APIBudget(clock: clock.clock),
      clock: clock.clock)
  }

  @Test func `those who may write, asked for once in a while`() async throws {
    let fake = try await FakeGitHub.start()
    let clock = ManualClock()
    let forge = try forge(fake, clock)
    fake.edit { $0.permissions = ["bob": "read", "eve": "none", "ann": "write"] }
    let people = ForgePeople(clock: { clock.now })
    func counts(_ login: String, _ association: AuthorAssociation) async throws -> Bool {
      try await people.count(Authored(author: login, association: association), at: forge)
    }
    for _ in 0..<3 {
      #expect(try await counts("ann", .collaborator))
      #expect(try await !counts("bob", .member))
      #expect(try await !counts("eve", .collaborator))
      #expect(try await counts("olga", .owner))
      #expect(try await !counts("ann", .contributor))
      #expect(try await !counts("", .owner))
    }
    #expect(fake.log.count == 3)
    // Who is given more rights need not wait for long.
    fake.edit { $0.permissions["bob"] = "admin" }
    clock.advance(ForgePeople.memoryMilliseconds)
    #expect(try await counts("bob", .member))
    let named = ForgePeople(allowed: ["@Eve"], clock: { clock.now })
    #expect(try await named.count(Authored(author: "eve", association: .none), at: forge))
    #expect(try await !named.count(Authored(author: "olga", association: .owner), at: forge))
    #expect(fake.problems == [])
  }

  @Test(arguments: [
    ("/approve", true), ("/approve\n/retry please", true), ("> no\n\n/cancel", true),
    ("/approve\nbut mind the gap", false), ("nice", false), ("", false), ("> /approve", false),
  ])
  func `who only gives orders objects to nothing`(text: String, isOnlyOrders: Bool) {
    #expect(CommentOrders.isOnlyOrders(text) == isOnlyOrders)
  }

  @Test func `processes share the books of their calls, whole or not at all`() async throws {
    let file = BudgetFile(home: scratch["home"], host: "git.example:8443")
    let clock = ManualClock()
    let reading = BudgetLedger.Demand(
      purpose: .watching, resource: .core, isWriting: false, isCreating: false)
    for _ in 0..<2 {
      let budget = APIBudget(clock: clock.clock, books: file.books)
      for _ in 0..<100 {
        try await budget.begin(reading)
        await budget.end(nil, resource: .core)
      }
    }
    var ledger = BudgetLedger()
    ledger.take(
      Array(try scratch.read("home/.orchestrator/forge/git.example-8443.json").utf8), now: clock.now
    )
    #expect(ledger.windows[.core]?.entries.reduce(0) { $0 + $1.points } == 200)
    // What others broke says nothing, and is mended by the next call.
    try scratch.write("home/.orchestrator/forge/git.example-8443.json", "{")
    let next = APIBudget(clock: clock.clock, books: file.books)
    try await next.begin(reading)
    #expect(
      try scratch.read("home/.orchestrator/forge/git.example-8443.json").hasPrefix("{\"accounts\""))
    // Without a folder everybody counts alone.
    let nowhere = BudgetFile(home: "/proc/none", host: "h")
    try await APIBudget(clock: clock.clock, books: nowhere.books).begin(reading)
  }
}
