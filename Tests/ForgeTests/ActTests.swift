import JSON
import Testing

@testable import Forge
@testable import GitHubFake

@Suite(.timeLimit(.minutes(30))) struct `Acting on GitHub` {
  private func draft(_ head: String) -> PullRequestDraft {
    PullRequestDraft(title: "Fix it", body: "Closes #1", headBranch: head, baseBranch: "main")
  }

  @Test func `a pull request is opened once`() async throws {
    let rig = try await Rig()
    rig.fake.edit { $0.branches["fix"] = FakeState.sha(5) }
    let first = try await rig.forge.open(draft("fix"))
    #expect(!first.wasThere && first.pullRequest.head == FakeState.sha(5))
    let second = try await rig.forge.open(draft("fix"))
    #expect(second.wasThere && second.pullRequest.number == first.pullRequest.number)
    #expect(rig.fake.state.pulls.count == 1)
    rig.expectContractKept()
  }

  @Test(arguments: [true, false])
  func `an answer that is lost leads to a look, not to a second pull request`(wasDone: Bool)
    async throws
  {
    let rig = try await Rig()
    rig.fake.edit { state in
      state.branches["fix"] = FakeState.sha(5)
      state.addPull("other")
    }
    rig.fake.fail("POST /repos/acme/demo/pulls", wasDone ? .dropAfter : .drop)
    let opened = try await rig.forge.open(draft("fix"))
    #expect(opened.wasThere == wasDone && opened.pullRequest.headBranch == "fix")
    #expect(rig.fake.state.pulls.count == 2)
    #expect(rig.count("POST /repos/acme/demo/pulls") == (wasDone ? 1 : 2))
  }

  @Test func `a branch without commits of its own is refused in GitHub's words`() async throws {
    let rig = try await Rig()
    rig.fake.edit { $0.branches["empty"] = $0.branches["main"] }
    let error = await failure { () throws(ForgeError) in try await rig.forge.open(draft("empty")) }
    guard case .refused(_, let detail) = error else { return #expect(error == nil) }
    #expect(detail.contains("No commits between main and empty"))
    #expect(error?.mayHaveHappened == false)
  }

  @Test func `lists are filtered by branch and label`() async throws {
    let rig = try await Rig()
    rig.fake.edit { state in
      for name in ["a", "b", "c"] { state.addPull(name) }
      state.pulls[2]?.labels = ["orch"]
      state.pulls[3]?.state = "CLOSED"
    }
    let forge = rig.forge
    #expect(try await forge.pullRequests(.init(.open, headBranch: "a")).map(\.number) == [1])
    #expect(try await forge.pullRequests(.init(.open, label: "orch")).map(\.number) == [2])
    #expect(try await forge.pullRequests(.init(.all)).map(\.number) == [3, 2, 1])
    #expect(try await forge.pullRequests(.init(.closed)).map(\.state) == [.closed])
    #expect(try await forge.pullRequests(.init(.open, baseBranch: "x")).isEmpty)
    rig.expectContractKept()
  }

  @Test func `title, text, base, draft state and closing`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      state.branches["next"] = FakeState.sha(8)
      return state.addPull("fix")
    }
    let edit = PullRequestEdit(title: "New", body: "Text", baseBranch: "next", isDraft: true)
    let changed = try await rig.forge.update(number, edit)
    #expect(changed.title == "New" && changed.baseBranch == "next" && changed.isDraft)
    _ = try await rig.forge.update(number, PullRequestEdit(isDraft: true))
    #expect(try await rig.forge.update(number, PullRequestEdit(isDraft: false)).isDraft == false)
    try await rig.forge.close(pullRequest: number)
    try await rig.forge.close(pullRequest: number)
    #expect(rig.fake.state.pulls[number]?.state == "CLOSED")
    rig.expectContractKept()
  }

  @Test func `a merge names the head that was checked`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { $0.addPull("fix") }
    let head = FakeState.sha(1000 + number)
    let order = MergeOrder(.squash, expecting: head, title: "Fix", message: "All.")
    rig.fake.edit { $0.pulls[number]?.sha = FakeState.sha(9) }
    #expect(try await rig.forge.merge(number, order) == .headMoved)
    rig.fake.edit { $0.pulls[number]?.sha = head }
    rig.fake.edit { $0.pulls[number]?.mergeState = "BLOCKED" }
    #expect(try await rig.forge.merge(number, order) == .refused("Pull Request is not mergeable"))
    rig.fake.edit { $0.pulls[number]?.mergeState = "CLEAN" }
    let merged = MergeOutcome.merged(commit: FakeState.sha(5000 + number))
    #expect(try await rig.forge.merge(number, order) == merged)
    #expect(try await rig.forge.merge(number, order) == merged)
    rig.expectContractKept()
  }

  @Test(arguments: [true, false])
  func `a merge whose answer is lost is looked at before it is tried again`(wasDone: Bool)
    async throws
  {
    let rig = try await Rig()
    let number = rig.fake.edit { $0.addPull("fix") }
    rig.fake.fail("/merge", wasDone ? .dropAfter : .status(502))
    let order = MergeOrder(.merge, expecting: FakeState.sha(1000 + number))
    let outcome = try await rig.forge.merge(number, order)
    #expect(outcome == .merged(commit: FakeState.sha(5000 + number)))
    #expect(rig.count("PUT") == (wasDone ? 1 : 2))
  }

  @Test func `a base with a merge queue gets the pull request queued, once`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("fix")
      state.pulls[number]?.usesQueue = true
      return number
    }
    let order = MergeOrder(.merge, expecting: FakeState.sha(1000 + number))
    #expect(try await rig.forge.merge(number, order) == .queued)
    #expect(try await rig.forge.merge(number, order) == .queued)
    #expect(rig.fake.log.count { $0.body?["query"]?.string?.contains("mutation") ?? false } == 1)
    rig.fake.edit { $0.pulls[number]?.state = "CLOSED" }
    #expect(try await rig.forge.merge(number, order) == .closed)
    rig.expectContractKept()
  }

  @Test func `a branch is deleted only with the head that is expected`() async throws {
    let rig = try await Rig()
    rig.fake.edit { $0.branches["task/one two#3"] = FakeState.sha(5) }
    let name = "task/one two#3"
    let other = FakeState.sha(6)
    #expect(
      try await rig.forge.deleteBranch(name, at: other) == .moved(to: FakeState.sha(5)))
    #expect(try await rig.forge.deleteBranch(name, at: FakeState.sha(5)) == .deleted)
    #expect(try await rig.forge.deleteBranch(name, at: FakeState.sha(5)) == .wasGone)
    rig.expectContractKept()
  }

  @Test func `labels are added and taken away, also those with odd names`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { $0.addPull("fix") }
    try await rig.forge.addLabels(["needs/help", "a b"], to: number)
    try await rig.forge.addLabels(["a b"], to: number)
    try await rig.forge.addLabels([], to: number)
    #expect(rig.fake.state.pulls[number]?.labels == ["needs/help", "a b"])
    try await rig.forge.removeLabel("needs/help", from: number)
    try await rig.forge.removeLabel("needs/help", from: number)
    #expect(rig.fake.state.pulls[number]?.labels == ["a b"])
    rig.expectContractKept()
  }

  @Test func `failed checks run again by their workflow run, or by themselves`() async throws {
    let rig = try await Rig()
    var check = Check(name: "test")
    check.runID = 91
    try await rig.forge.rerun(check)
    check.workflowRunID = 17
    try await rig.forge.rerun(check)
    #expect(rig.fake.state.reruns == [91, 17])
    let error = await failure { () throws(ForgeError) in
      try await rig.forge.rerun(Check(name: "status"))
    }
    #expect(error?.passes == false)
    rig.expectContractKept()
  }

  @Test func `the repository says what the token may do`() async throws {
    let rig = try await Rig()
    let repository = try await rig.forge.repository()
    #expect(repository.fullName == "acme/demo" && repository.defaultBranch == "main")
    #expect(repository.account == "orch-bot" && repository.canPush && !repository.isArchived)
    #expect(repository.mergeMethods == [.merge, .squash])
    rig.expectContractKept()
  }
}
