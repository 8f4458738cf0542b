import JSON
import Testing

@testable import Forge
@testable import GitHubFake

@Suite(.timeLimit(.minutes(30))) struct `When GitHub fails` {
  private let call = "look at pull requests"

  private func look(_ rig: Rig, for purpose: CallPurpose = .watching) async -> ForgeError? {
    await failure { () throws(ForgeError) in try await rig.forge.look(at: [1], for: purpose) }
  }

  private func rig(patience: APIBudget.Patience = .init(), timeoutSeconds: Int = 600) async throws
    -> Rig
  {
    let rig = try await Rig(patience: patience, timeoutSeconds: timeoutSeconds)
    rig.fake.edit { $0.addPull("fix") }
    return rig
  }

  @Test(arguments: [500, 502, 503])
  func `a fault of its own is tried four times, with growing pauses`(status: Int) async throws {
    let rig = try await rig()
    rig.fake.fail("graphql", .status(status), times: 3)
    #expect(try await rig.forge.look(at: [1]).count == 1)
    #expect(rig.clock.pauses == [300, 600, 1200])
    rig.fake.fail("graphql", .status(status, body: "<html>Unicorn!</html>"), times: 9)
    #expect(await look(rig) == .serverFault(call: call, status: status))
    #expect(rig.fake.log.count == 8)
  }

  @Test func `a cut connection, half an answer, and an answer that is no JSON are tried again`()
    async throws
  {
    let rig = try await rig()
    for kind in [FakeGitHub.Kind.drop, .truncate, .text("<html>")] {
      rig.fake.edit { $0.pulls[1]?.updates += 1 }
      rig.fake.fail("GET /repos", kind, times: 2)
      #expect(try await rig.forge.pullRequests(.init()).count == 1)
    }
    rig.fake.edit { $0.pulls[1]?.updates += 1 }
    rig.fake.fail("GET /repos", .truncate, times: 4)
    let error = await failure { () throws(ForgeError) in
      try await rig.forge.pullRequests(.init())
    }
    #expect(error?.mayHaveHappened == true && error?.passes == true)
    rig.fake.fail("GET /repos", .text("{\"a\":"), times: 4)
    let other = await failure { () throws(ForgeError) in
      try await rig.forge.pullRequests(.init())
    }
    guard case .invalidAnswer = other else { return #expect(other == nil) }
    #expect(other?.passes == false)
  }

  @Test(arguments: ["[{\"number\":\"one\"}]", "{}", "[7]", "null", "[{}]"])
  func `JSON of another shape is an error, not a crash`(text: String) async throws {
    let rig = try await rig()
    rig.fake.fail("GET /repos", .text(text))
    let error = await failure { () throws(ForgeError) in
      try await rig.forge.pullRequests(.init())
    }
    guard case .invalidAnswer(let call, _) = error else { return #expect(error == nil) }
    #expect(call == "list pull requests")
  }

  @Test func `an answer that never ends is given up in time`() async throws {
    let rig = try await rig(timeoutSeconds: 1)
    rig.fake.fail("graphql", .stall, times: 4)
    #expect(await look(rig) == .timedOut(call: call, seconds: 1))
  }

  @Test func `an answer that is too large is not read`() async throws {
    let rig = try await rig()
    rig.fake.fail("/large", .text(String(repeating: "x", count: 100)), times: 2)
    let transport = HTTPTransport(proxy: nil)
    let headers = [(name: "User-Agent", value: "test")]
    let http = HTTPCall(url: rig.fake.url + "/large", headers: headers, timeoutSeconds: 60)
    #expect(try await transport.collect(http, maximumBytes: 100).body.count == 100)
    await #expect(throws: TransportError.tooLarge) {
      try await transport.collect(http, maximumBytes: 99)
    }
  }

  @Test func `nobody there is said so, and nothing happened`() async throws {
    let rig = try await rig()
    let configuration = try GitHubConfiguration(repository: "a/b", api: "http://127.0.0.1:1")
    let forge = try GitHubForge(
      configuration, tokens: .fixed(AccessToken("t")), budget: rig.budget, clock: rig.clock.clock)
    let error = await failure { () throws(ForgeError) in try await forge.look(at: [1]) }
    guard case .unreachable(let host, _) = error else { return #expect(error == nil) }
    #expect(host == "127.0.0.1" && error?.mayHaveHappened == false && error?.hints.isEmpty == false)
  }

  @Test func `TLS is insisted on where it is asked for`() async throws {
    let rig = try await rig()
    let configuration = try GitHubConfiguration(
      repository: "a/b", api: "https://127.0.0.1:\(rig.fake.port)")
    let forge = try GitHubForge(
      configuration, tokens: .fixed(AccessToken("t")), budget: rig.budget, clock: rig.clock.clock)
    let error = await failure { () throws(ForgeError) in try await forge.look(at: [1]) }
    guard case .unreachable = error else { return #expect(error == nil) }
    #expect(rig.fake.log.isEmpty)
  }

  @Test func `a cancelled task stops waiting`() async throws {
    let rig = try await rig()
    rig.fake.fail("graphql", .stall)
    let forge = rig.forge
    let task = Task { await failure { () throws(ForgeError) in try await forge.look(at: [1]) } }
    while rig.fake.log.isEmpty { await Task.yield() }
    task.cancel()
    #expect(await task.value == .cancelled)
  }

  @Test(arguments: [403, 429])
  func `when it asks to slow down, everybody waits that long`(status: Int) async throws {
    let rig = try await rig(patience: .init(watching: 60_000))
    rig.fake.fail("graphql", .secondary(retryAfter: 30, status: status))
    #expect(try await rig.forge.look(at: [1]).count == 1)
    #expect(rig.clock.pauses == [30_000])
  }

  @Test func `a wait that is too long is an error with its end, and nothing is sent until then`()
    async throws
  {
    let rig = try await rig()
    let start = rig.clock.now
    rig.fake.fail("graphql", .secondary(retryAfter: nil))
    #expect(await look(rig) == .limited(.secondary, until: start + 60_000))
    let other = try GitHubForge(
      try GitHubConfiguration(repository: "acme/demo", api: rig.fake.url),
      tokens: .fixed(AccessToken(Rig.secret)), budget: rig.budget, clock: rig.clock.clock)
    let error = await failure { () throws(ForgeError) in try await other.look(at: [1]) }
    #expect(error == .limited(.secondary, until: start + 60_000))
    #expect(rig.fake.log.count == 1)
    rig.clock.advance(60_000)
    #expect(try await other.look(at: [1]).count == 1)
  }

  @Test func `a hundred watchers that are refused send no storm`() async throws {
    let rig = try await rig()
    rig.fake.fail("graphql", .secondary(retryAfter: 600), times: 1000)
    let forge = rig.forge
    let errors = await withTaskGroup(of: ForgeError?.self) { group in
      for _ in 0..<100 {
        group.addTask {
          await failure { () throws(ForgeError) in try await forge.look(at: [1]) }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(errors.count == 100)
    #expect(rig.fake.log.count <= BudgetLedger.maximumAtATime)
  }

  @Test func `the hour's limit ends at its reset`() async throws {
    let rig = try await rig()
    rig.fake.fail("GET /repos", .primary(resetIn: 1800))
    let error = await failure { () throws(ForgeError) in
      try await rig.forge.pullRequests(.init())
    }
    let reset = rig.clock.now + 1_801_000
    #expect(error == .limited(.primary, until: reset))
    let again = await failure { () throws(ForgeError) in
      try await rig.forge.pullRequests(.init())
    }
    #expect(again == .limited(.primary, until: reset) && rig.fake.log.count == 1)
    rig.clock.advance(1_801_000)
    rig.fake.change { $0.remaining = 5000 }
    #expect(try await rig.forge.pullRequests(.init()).count == 1)
  }

  @Test func `looking stops before the reserve, merging does not`() async throws {
    let rig = try await rig()
    rig.fake.change { $0.remaining = 400 }
    #expect(try await rig.forge.look(at: [1]).count == 1)
    _ = try await rig.forge.pullRequests(.init())
    guard case .limited(.reserve, _) = await look(rig) else {
      Testing.Issue.record("looking went on")
      return
    }
    let order = MergeOrder(.merge, expecting: FakeState.sha(1001))
    #expect(try await rig.forge.merge(1, order) == .merged(commit: FakeState.sha(5001)))
  }

  @Test func `GraphQL's limit comes with status 200`() async throws {
    let rig = try await rig()
    let text =
      "{\"errors\":[{\"type\":\"RATE_LIMITED\",\"message\":\"API rate limit exceeded\"}]}"
    rig.fake.fail("graphql", .text(text))
    guard case .limited(.primary, _) = await look(rig) else {
      Testing.Issue.record("not recognised")
      return
    }
    #expect(try await rig.forge.pullRequests(.init()).count == 1)
  }

  @Test func `a renamed repository is followed, for reading and for writing`() async throws {
    let rig = try await rig()
    rig.fake.edit { state in
      state.oldNames = ["acme/demo"]
      state.owner = "newco"
      state.name = "shop"
      state.branches["b"] = FakeState.sha(3)
    }
    #expect(try await rig.forge.repository().fullName == "newco/shop")
    let found = try await rig.forge.pullRequests(.init(.open, headBranch: "fix"))
    #expect(found.map(\.number) == [1])
    let draft = PullRequestDraft(title: "t", body: "", headBranch: "b", baseBranch: "main")
    #expect(try await rig.forge.open(draft).pullRequest.headBranch == "b")
    #expect(try await rig.forge.look(at: [1]).count == 1)
    rig.expectContractKept()
  }

  @Test func `a redirect to another host does not get the token`() async throws {
    let rig = try await rig()
    let stranger = try await FakeGitHub.start()
    rig.fake.fail("GET /repos", .redirect(stranger.url + "/repos/acme/demo/pulls"))
    let error = await failure { () throws(ForgeError) in
      try await rig.forge.pullRequests(.init())
    }
    #expect(error == .movedElsewhere(call: "list pull requests", host: "127.0.0.1"))
    #expect(stranger.log.isEmpty && rig.fake.log.count == 1)
  }

  @Test func `a redirect in a circle ends`() async throws {
    let rig = try await rig()
    rig.fake.fail("GET /repos", .redirect("/repos/acme/demo/pulls?state=open"), times: 99)
    let error = await failure { () throws(ForgeError) in
      try await rig.forge.pullRequests(.init())
    }
    #expect(error == .refused(call: "list pull requests", detail: "a redirect in a circle"))
    #expect(rig.fake.log.count == GitHubClient.maximumRedirects + 1)
  }

  @Test func `what the token may not do is said with what it needs`() async throws {
    let rig = try await rig()
    let text = "{\"message\":\"Resource not accessible by personal access token\"}"
    let headers: [[(String, String)]] = [
      [("X-Accepted-GitHub-Permissions", "pull_requests=write; issues=write")],
      [("X-OAuth-Scopes", "read:org, gist"), ("X-Accepted-OAuth-Scopes", "repo, public_repo")],
    ]
    let needed = [
      ["permission pull_requests=write", "permission issues=write"],
      ["scope repo or public_repo"],
    ]
    for (header, expected) in zip(headers, needed) {
      rig.fake.fail("PATCH", .status(403, body: text, headers: header))
      let error = await failure { () throws(ForgeError) in
        try await rig.forge.close(pullRequest: 1)
      }
      guard case .notAllowed(_, let found, let detail) = error else { return #expect(error == nil) }
      #expect(found == expected && detail.contains("not accessible"))
      #expect(error?.hints.first?.contains(expected[0]) == true)
    }
    let sign = "required; url=https://github.example/orgs/acme/sso?x=1"
    rig.fake.fail("PATCH", .status(403, headers: [("X-GitHub-SSO", sign)]))
    let error = await failure { () throws(ForgeError) in
      try await rig.forge.close(pullRequest: 1)
    }
    #expect(error == .needsSingleSignOn(url: "https://github.example/orgs/acme/sso?x=1"))
  }

  @Test func `a private repository and an archived one`() async throws {
    let rig = try await Rig(repository: "acme/secret")
    let error = await failure { () throws(ForgeError) in try await rig.forge.survey(.init()) }
    #expect(error == .notFound(call: "list open pull requests"))
    #expect(error?.hints.count == 2)
    let other = try await self.rig()
    other.fake.edit { $0.isArchived = true }
    let archived = await failure { () throws(ForgeError) in
      try await other.forge.addLabels(["a"], to: 1)
    }
    #expect(archived == .archived(call: "label #1"))
  }

  @Test func `a token that is refused is renewed once, and printed nowhere`() async throws {
    let rig = try await rig()
    let good = try #require(AccessToken(Rig.secret))
    let old = try #require(AccessToken("ghp_expiredexpired"))
    let configuration = try GitHubConfiguration(repository: "acme/demo", api: rig.fake.url)
    let source = TokenSource { refused throws(ForgeError) in refused == old ? good : old }
    let forge = try GitHubForge(
      configuration, tokens: source, budget: rig.budget, clock: rig.clock.clock)
    #expect(try await forge.look(at: [1]).count == 1)
    #expect(rig.fake.log.map(\.status) == [401, 200])
    let refused = try GitHubForge(
      configuration, tokens: .fixed(old), budget: rig.budget, clock: rig.clock.clock)
    let error = await failure { () throws(ForgeError) in try await refused.look(at: [1]) }
    #expect(error == .tokenRefused(detail: "Bad credentials"))
    let text = "{\"message\":\"no such head ghp_expiredexpired\\n\\u001b[1mhere\"}"
    rig.fake.fail("PATCH", .status(422, body: text))
    let echo = await failure { () throws(ForgeError) in
      try await refused.close(pullRequest: 1)
    }
    #expect("\(String(describing: echo))".contains("no such head *** "))
    let none = try GitHubForge(
      configuration, tokens: .fixed(nil), budget: rig.budget, clock: rig.clock.clock)
    let missing = await failure { () throws(ForgeError) in try await none.look(at: [1]) }
    #expect(missing == .noToken)
  }

  @Test func `everything is sent through the proxy if there is one`() async throws {
    let rig = try await rig()
    var configuration = try GitHubConfiguration(
      repository: "acme/demo", api: "http://localhost:9")
    configuration.proxy = ProxyAddress(host: "127.0.0.1", port: rig.fake.port)
    let forge = try GitHubForge(
      configuration, tokens: .fixed(AccessToken(Rig.secret)), budget: rig.budget,
      clock: rig.clock.clock)
    let error = await failure { () throws(ForgeError) in try await forge.look(at: [1]) }
    guard case .unreachable = error else { return #expect(error == nil) }
    let labels = Set(rig.fake.log.map(\.label))
    #expect(labels == ["CONNECT localhost:9"] && rig.fake.log.allSatisfy { !$0.isAuthorized })
  }
}
