import JSON
import Testing

@testable import Forge
@testable import GitHubFake

@Suite(.timeLimit(.minutes(30))) struct `Projects and people of GitHub` {
  @Test func `a card is put on a project once, and moved by the names of its columns`() async throws
  {
    let rig = try await Rig()
    rig.fake.edit { state in
      state.board = FakeBoard(number: 7)
      state.addIssue("one")
      state.addPull("two")
    }
    let names = try await rig.forge.boardNames(owner: "acme", number: 7, field: "Status")
    #expect(names.options == ["Todo": "o0", "In Progress": "o1", "Done": "o2"])
    for (number, content) in [(1, "I_1"), (2, "PR_2")] {
      rig.fake.fail("POST /graphql", .dropAfter, after: 1)
      let card = try await rig.forge.card(of: number, on: names.project)
      #expect(card == "PVTI_\(content)")
      #expect(try await rig.forge.card(of: number, on: names.project) == card)
      try await rig.forge.move(card, on: names, to: "o2")
      #expect(rig.fake.state.board?.cards[content] == "Done")
    }
    let unknown = await failure { () async throws(ForgeError) in
      try await rig.forge.card(of: 9, on: names.project)
    }
    #expect(unknown == .notFound(call: "find the card of #9"))
    rig.expectContractKept()
  }

  @Test func `a project that cannot be had is told of as what it is`() async throws {
    let rig = try await Rig()
    func problem(_ owner: String = "acme", _ number: Int = 7, _ field: String = "Status") async
      -> ForgeError?
    {
      await failure { () async throws(ForgeError) in
        try await rig.forge.boardNames(owner: owner, number: number, field: field)
      }
    }
    #expect(await problem() == .notFound(call: "read project acme/7"))
    rig.fake.edit { $0.board = FakeBoard(number: 7) }
    #expect(await problem("acme", 8) == .notFound(call: "read project acme/8"))
    #expect(await problem("other") == .notFound(call: "read project other/7"))
    #expect(
      await problem("acme", 7, "Stage")
        == .refused(call: "read project acme/7", detail: "it has no single-select field 'Stage'"))
    rig.fake.edit { $0.board?.isOpen = false }
    guard case .notAllowed(_, _, let detail)? = await problem() else {
      Testing.Issue.record("allowed")
      return
    }
    #expect(detail.contains("['project']"))
  }

  @Test func `an issue says who is to do it, in a list and by itself`() async throws {
    let rig = try await Rig()
    rig.fake.edit { state in
      let number = state.addIssue("one", labels: ["orch"])
      state.issues[number]?.assignees = ["ann", "bob"]
    }
    #expect(try await rig.forge.issue(1).summary.assignees == ["ann", "bob"])
    #expect(try await rig.forge.issues(labelled: ["orch"]).map(\.assignees) == [["ann", "bob"]])
    rig.expectContractKept()
  }

  @Test func `somebody is assigned besides those who are, or only where nobody is`() async throws {
    let rig = try await Rig()
    rig.fake.edit { state in
      state.addIssue("free", labels: ["orch"])
      let taken = state.addIssue("taken", labels: ["orch"])
      state.issues[taken]?.assignees = ["ann"]
      state.addPull("work")
      state.permissions["stranger"] = "none"
    }
    func assigned() -> [[String]] {
      rig.fake.change { world in
        [1, 2].map { world.state.issues[$0]?.assignees ?? [] }
          + [world.state.pulls[3]?.assignees ?? []]
      }
    }
    for number in 1...2 {
      try await rig.forge.assign("orch-bot", to: number, ifNobodyIs: true)
    }
    #expect(assigned() == [["orch-bot"], ["ann"], []])
    for number in 1...3 {
      try await rig.forge.assign("bob", to: number, ifNobodyIs: false)
      try await rig.forge.assign("bob", to: number, ifNobodyIs: false)
      try await rig.forge.assign("stranger", to: number, ifNobodyIs: false)
    }
    #expect(assigned() == [["orch-bot", "bob"], ["ann", "bob"], ["bob"]])
    let error = await failure { () async throws(ForgeError) in
      try await rig.forge.assign("bob", to: 9, ifNobodyIs: true)
    }
    #expect(error == .notFound(call: "see who #9 is assigned to"))
    rig.expectContractKept()
  }
}
