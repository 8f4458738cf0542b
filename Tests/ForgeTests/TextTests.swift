import Testing

@testable import Forge
@testable import GitHubFake

@Suite(.timeLimit(.minutes(30))) struct `Texts on GitHub` {
  @Test func `a comment is written once for each key and edited in place`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { $0.addPull("fix") }
    let first = try await rig.forge.putComment(.init("Working.", key: "status"), on: number)
    #expect(first.change == .created)
    let same = try await rig.forge.putComment(.init("Working.", key: "status"), on: number)
    #expect(same.change == .unchanged && same.id == first.id)
    let edited = try await rig.forge.putComment(.init("Done.", key: "status"), on: number)
    #expect(edited.change == .edited && edited.id == first.id)
    let other = try await rig.forge.putComment(.init("Done.", key: "other"), on: number)
    #expect(other.change == .created && other.id != first.id)
    #expect(rig.fake.state.pulls[number]?.comments.count == 2)
    rig.expectContractKept()
  }

  @Test func `somebody else's comment with the key is not ours`() async throws {
    let rig = try await Rig()
    let text = KeyedText("Working.", key: "status")
    let number = rig.fake.edit { state in
      let number = state.addPull("fix")
      state.pulls[number]?.comments = [.init(id: 900, author: "mallory", body: text.posted)]
      return number
    }
    #expect(try await rig.forge.putComment(text, on: number).change == .created)
    #expect(rig.fake.state.pulls[number]?.comments.first?.body == text.posted)
  }

  @Test func `ours is found behind many others`() async throws {
    let rig = try await Rig()
    let text = KeyedText("Working.", key: "status")
    let number = rig.fake.edit { state in
      let number = state.addPull("fix")
      state.pulls[number]?.comments = (0..<240).map { .init(id: $0, author: "a", body: "x") }
      state.pulls[number]?.comments.append(.init(id: 900, author: "Orch-Bot", body: text.posted))
      return number
    }
    #expect(try await rig.forge.putComment(text, on: number).change == .unchanged)
    #expect(rig.count("GET /repos/acme/demo/issues") == 3)
  }

  @Test(arguments: [true, false])
  func `a comment whose answer is lost is not written twice`(wasDone: Bool) async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { $0.addPull("fix") }
    rig.fake.fail("POST /repos/acme/demo/issues", wasDone ? .dropAfter : .drop)
    _ = try await rig.forge.putComment(.init("Once.", key: "k"), on: number)
    #expect(rig.fake.state.pulls[number]?.comments.count == 1)
    rig.expectContractKept()
  }

  @Test func `a thread is answered once and resolved`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("fix")
      state.pulls[number]?.threads = [
        .init(id: "T1", path: "a", comments: [.init(id: 8, author: "ann", body: "Why?")])
      ]
      return number
    }
    let thread = ReviewThread.ID("T1")
    let text = KeyedText("Because \"quoted\" $x.", key: "answer")
    rig.fake.fail("POST /graphql", .dropAfter, after: 1)
    let posted = try await rig.forge.reply(text, to: thread, of: number)
    #expect(posted.change == .unchanged)
    #expect(try await rig.forge.reply(text, to: thread, of: number).id == posted.id)
    #expect(rig.fake.state.pulls[number]?.threads[0].comments.map(\.body) == ["Why?", text.posted])
    try await rig.forge.setResolved(true, thread: thread)
    #expect(rig.fake.state.pulls[number]?.threads[0].isResolved == true)
    try await rig.forge.setResolved(false, thread: thread)
    #expect(rig.fake.state.pulls[number]?.threads[0].isResolved == false)
    let error = await failure { () throws(ForgeError) in
      try await rig.forge.reply(text, to: .init("T9"), of: number)
    }
    #expect(error == .notFound(call: "read a review thread"))
    rig.expectContractKept()
  }

  @Test func `a review is posted once, with its remarks`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { $0.addPull("fix") }
    let review = ReviewDraft(
      .requestChanges, .init("Not yet.", key: "review/1"), commit: FakeState.sha(1),
      comments: [.init(path: "a", line: 3, body: "This.")])
    rig.fake.fail("POST /repos/acme/demo/pulls", .dropAfter)
    let posted = try await rig.forge.review(number, review)
    #expect(posted.isCounted && posted.wasThere && posted.movedComments == 0)
    #expect(try await rig.forge.review(number, review).id == posted.id)
    let stored = rig.fake.state.pulls[number]?.reviews
    #expect(stored?.map(\.state) == ["CHANGES_REQUESTED"] && stored?.first?.lines == ["This."])
    rig.expectContractKept()
  }

  @Test func `on one's own pull request the verdict is said in words`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("fix")
      state.pulls[number]?.author = state.account
      return number
    }
    let review = ReviewDraft(.approve, .init("Good.", key: "r"), commit: FakeState.sha(1))
    let posted = try await rig.forge.review(number, review)
    #expect(!posted.isCounted && !posted.wasThere)
    let stored = try #require(rig.fake.state.pulls[number]?.reviews.first)
    #expect(stored.state == "COMMENTED" && stored.text.body.hasPrefix("**Verdict: approved**"))
    let again = try await rig.forge.review(number, review)
    #expect(again.wasThere && !again.isCounted)
    rig.expectContractKept()
  }

  @Test func `remarks at lines outside the change go into the text`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      state.reviewableLines = 1...5
      return state.addPull("fix")
    }
    let review = ReviewDraft(
      .requestChanges, .init("See below.", key: "r"), commit: FakeState.sha(1),
      comments: [.init(path: "a.swift", line: 30, body: "This.")])
    let posted = try await rig.forge.review(number, review)
    #expect(posted.isCounted && posted.movedComments == 1)
    let body = rig.fake.state.pulls[number]?.reviews.first?.text.body
    #expect(body?.contains("- `a.swift:30`: This.") == true)
    rig.expectContractKept()
  }

  @Test func `an issue is read with its comments, and whether its text was edited`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addIssue("Crash", labels: ["orch"])
      state.issues[number]?.body = "It crashes."
      state.issues[number]?.text.isEdited = true
      state.issues[number]?.comments = (1...70).map { .init(id: $0, author: "a", body: "\($0)") }
      return number
    }
    let issue = try await rig.forge.issue(number)
    #expect(issue.summary.title == "Crash" && issue.body == "It crashes.")
    #expect(issue.summary.by.isEdited == true && issue.summary.by.association == .none)
    #expect(issue.comments.map(\.id) == Array(21...70) && issue.isCut)
    let error = await failure { () throws(ForgeError) in try await rig.forge.issue(99) }
    #expect(error == .notFound(call: "read issue #99"))
    rig.expectContractKept()
  }

  @Test func `issues are listed by label, without pull requests, and closed with a reason`()
    async throws
  {
    let rig = try await Rig()
    rig.fake.edit { state in
      state.addIssue("one", labels: ["orch", "x y"])
      state.addIssue("two")
      state.addPull("three")
      state.pulls[3]?.labels = ["orch", "x y"]
    }
    #expect(try await rig.forge.issues(labelled: ["orch", "x y"]).map(\.title) == ["one"])
    try await rig.forge.close(issue: 1, as: .notPlanned)
    #expect(rig.fake.state.issues[1]?.closedAs == "not_planned")
    #expect(try await rig.forge.issues(labelled: ["orch"]).isEmpty)
    rig.expectContractKept()
  }

  @Test func `a branch is made for an issue once, and never over another`() async throws {
    let rig = try await Rig()
    let issue = rig.fake.edit { $0.addIssue("Crash") }
    let commit = FakeState.sha(0)
    rig.fake.fail("POST /graphql", .dropAfter, after: 1)
    let made = try await rig.forge.createBranch("7-crash", at: commit, for: issue)
    #expect(made == LinkedBranch(name: "7-crash", issue: issue))
    #expect(try await rig.forge.createBranch("7-crash", at: commit, for: issue) == made)
    rig.fake.edit { $0.branches["other"] = FakeState.sha(3) }
    #expect(try await rig.forge.createBranch("other", at: commit, for: issue) == nil)
    #expect(rig.fake.state.branches["other"] == FakeState.sha(3))
    rig.expectContractKept()
  }
}
