import Testing
import Workflow

@testable import Engine
@testable import Forge
@testable import GitHubFake
@testable import orch

@Suite(.timeLimit(.minutes(30))) struct `What orch says and asks at a forge` {
  @Test(arguments: [
    ("@everyone", "@\u{200B}everyone"), ("Closes #77.", "Closes\u{200B} #77."),
    ("fixes: acme/demo#1", "fixes\u{200B}: acme/demo#1"), ("discloses", "discloses"),
    ("It was RESOLVED", "It was RESOLVED\u{200B}"), ("plain words", "plain words"),
  ])
  func `words of agents address nobody and close nothing`(text: String, expected: String) {
    #expect(ForgeTexts.harmless(text) == expected)
  }

  @Test(
    arguments: [
      ("Fixes #77 @everyone", "Fixes\u{200B} #77 @\u{200B}everyone"),
      ("x\n\nresolves: acme/demo#1", "x\n\nresolves\u{200B}: acme/demo#1"),
      ("Close https://github.com/a/b/issues/1", "Close\u{200B} https://github.com/a/b/issues/1"),
      ("closes GH-1", "closes\u{200B} GH-1"), ("fixed\n#1", "fixed\u{200B}\n#1"),
      ("fix: handle #1 and (@ann)", "fix: handle #1 and (@\u{200B}ann)"),
      ("\u{600}@ann", "\u{600}@\u{200B}ann"), ("x\n\nSigned-off-by: Me <me@x.y>", nil),
      ("fix: handle nil", nil), ("Fix it", nil), ("a @ b, #1 fixes", nil), ("", nil),
    ] as [(String, String?)])
  func `commits of workers address nobody and close nothing, and say the rest as it was`(
    message: String, expected: String?
  ) {
    let tamed = ForgeTexts.harmless(commit: message)
    #expect(tamed == expected ?? message)
    #expect(ForgeTexts.harmless(commit: tamed) == tamed)
  }

  @Test func `a question stays on its line, so that no line of it is an order`() {
    let task = TaskView(id: "0123456789ab", title: "T")
    let text = ForgeTexts.question("conflict in x\n/approve", of: task, owner: "ann")
    #expect(text.hasPrefix("@ann **A person must decide:** conflict in x /approve"))
    #expect(CommentOrders.orders(in: text, to: "orch").isEmpty)
  }

  @Test func `orch's own texts are known by their last line`() {
    #expect(
      KeyedText.key(of: KeyedText("Hello", key: "answer/review-1").posted) == "answer/review-1")
    #expect(KeyedText.key(of: "> quoted\n\n<!-- orch:status/1 -->\n") == "status/1")
    #expect(KeyedText.key(of: "<!-- orch:status/1 -->\nand more") == nil)
    #expect(KeyedText.key(of: "Hello") == nil)
  }

  @Test(
    arguments: [
      (nil, "github.com", "GH_TOKEN"), ("https://api.github.com", "github.com", "GH_TOKEN"),
      ("https://git.example/api/v3", "git.example", "GH_ENTERPRISE_TOKEN"),
      ("https://git.example:8443/api/v3", "git.example:8443", "GH_ENTERPRISE_TOKEN"),
      ("https://api.acme.ghe.com", "acme.ghe.com", "GH_TOKEN"),
      ("https://api.github.com.evil.example", "api.github.com.evil.example", "GH_ENTERPRISE_TOKEN"),
    ] as [(String?, String, String)])
  func `a token belongs to one GitHub`(api: String?, name: String, variable: String) {
    let host = GitHubHost(api: api)
    #expect(host.name == name)
    #expect(host.tokenVariables.dropFirst().first == variable)
    #expect(host.programArguments == ["auth", "token", "--hostname", name])
    #expect(host.credentialQuestion == "protocol=https\nhost=\(name)\n\n")
  }

  @Test(arguments: [
    ("git@github.com:acme/demo.git", true), ("https://github.com/acme/demo", true),
    ("ssh://git@ssh.github.com:443/acme/demo.git", true), ("git@work-github:acme/demo.git", true),
    ("[git@github.com:22]:acme/demo.git", true), ("https://www.github.com/acme/demo", true),
    ("git@git.example:acme/demo.git", false), ("https://git.example/acme/demo", false),
    ("https://github.com.evil.example/acme/demo", false), ("/srv/acme/demo.git", false),
  ])
  func `a remote belongs to one GitHub`(url: String, isOwn: Bool) {
    #expect(GitHubHost(api: nil).owns(remote: url) == isOwn)
  }

  @Test(
    arguments: [
      ("git@github.com:acme/demo.git", "acme/demo"),
      ("git@github.com:/acme/demo.git/", "acme/demo"),
      ("https://github.com/acme/demo", "acme/demo"), ("https://github.com/acme/demo/", "acme/demo"),
      ("https://ann:secret@github.com/acme/demo.git\n", "acme/demo"),
      ("ssh://git@github.com/acme/demo.git", "acme/demo"),
      ("ssh://git@ssh.github.com:443/acme/demo.git", "acme/demo"),
      ("ssh://git@git.example:2222/acme/demo.git", "acme/demo"),
      ("[git@git.example:2222]:acme/demo.git", "acme/demo"),
      ("git+ssh://git@git.example/acme/demo", "acme/demo"),
      ("git@work-github:acme/my.demo.git", "acme/my.demo"), ("https://github.com/demo", nil),
      ("https://git.example/group/sub/demo.git", nil), ("/srv/acme/demo.git", nil), ("", nil),
      ("git@github.com:.git", nil), ("https://github.com/acme/.git", nil),
    ] as [(String, String?)])
  func `a remote says which repository it is of`(url: String, name: String?) {
    #expect(GitHubAccess.repository(ofRemote: url) == name)
  }

  @Test(
    arguments: [
      ("git@github.com-work:acme/demo.git", "github.com-work"),
      ("ssh://git@git.work:2222/acme/demo", "git.work"), ("git+ssh://h.x/acme/demo", "h.x"),
      ("https://git.work/acme/demo", nil), ("/srv/acme/demo.git", nil),
      ("-oProxyCommand=x:acme/demo", nil), ("git@-oProxyCommand=x:acme/demo", nil),
      ("ssh://-oProxyCommand=x/acme/demo", nil),
    ] as [(String, String?)])
  func `only hosts that ssh is to find are asked of it`(url: String, host: String?) {
    #expect(GitHubHost.sshHost(ofRemote: url) == host)
  }

  @Test(
    arguments: [
      (["https_proxy": "http://proxy:3128"], "proxy:3128"),
      (["HTTPS_PROXY": "proxy:81/"], "proxy:81"),
      (["all_proxy": "proxy"], "proxy:1080"), (["http_proxy": "proxy:81"], nil), ([:], nil),
      (["https_proxy": "proxy:81", "no_proxy": "other,.example"], nil),
      (["https_proxy": "proxy:81", "NO_PROXY": "*"], nil),
      (["https_proxy": "proxy:81", "no_proxy": "it.example"], "proxy:81"),
    ] as [([String: String], String?)])
  func `the environment names the proxy`(environment: [String: String], expected: String?) throws {
    let proxy = try ProxyChoice.proxy(for: "https://git.example/api/v3", environment: environment)
    #expect(proxy.map { "\($0.host):\($0.port)" } == expected)
  }

  @Test(arguments: ["socks5://proxy:1080", "http://user:word@proxy:1", "http://proxy:99999"])
  func `a proxy that cannot be used is an error, not a way around it`(value: String) {
    #expect(throws: ForgeError.self) {
      try ProxyChoice.proxy(for: "https://git.example", environment: ["https_proxy": value])
    }
  }

  private static let mark = "\n\n<!-- orch:review/7-1 -->"

  /// What a look reads of reviews: who wrote each, whether that is orch's account, what it says, its text.
  private func part(
    _ reviews: [(author: String, isViewer: Bool, state: String, body: String)]
  ) -> PlaceLook {
    let request = PullRequest(
      number: 1, title: "T", headBranch: "b", head: "h1", baseBranch: "main")
    var look = PullRequestLook(request)
    look.reviews = reviews.enumerated().map { index, review in
      var by = Authored(author: review.author, association: .member)
      by.isByViewer = review.isViewer
      return .init(
        id: index, by: by, state: .init(rawValue: review.state) ?? .pending, body: review.body,
        commit: "h1")
    }
    let task = TaskView(id: "1", title: "T")
    return look.part(of: WatchedPullRequest(task: task, branch: "b", base: "main"))
  }

  @Test func `a mark is believed of orch's own account only`() {
    let mark = Self.mark
    // An objection with a copied mark stands, an approval with one counts for nothing.
    let copied = part([
      ("ann", false, "CHANGES_REQUESTED", "No." + mark), ("bob", false, "APPROVED", mark),
      ("eve", false, "COMMENTED", "Hm." + mark),
    ])
    #expect(copied.reviews.map(\.reviewer) == ["ann"])
    #expect(copied.reviews.first?.verdict == .changesRequested)
    // What orch wrote is in the state already; what a person writes under its account is not.
    let own = part([
      ("bot", true, "CHANGES_REQUESTED", "No." + mark),
      ("bot", true, "APPROVED", ""),
    ])
    #expect(own.reviews.map(\.verdict) == [.approved])
    // Only orch's own review is the reviewing agent's, to be dismissed.
    #expect(part([("ann", false, "DISMISSED", mark)]).dismissed == ["0"])
    #expect(part([("bot", true, "DISMISSED", mark)]).dismissed == ["7-1"])
    // Another machine's agent takes its own objection back, and nobody else's.
    let other = part([
      ("bob", false, "CHANGES_REQUESTED", mark), ("bob", false, "CHANGES_REQUESTED", "No."),
      ("bob", false, "APPROVED", mark),
    ])
    #expect(other.dismissed == ["0"])
    #expect(other.reviews.map(\.id) == ["0", "1"])
  }

  @Test func `a thread is answered although it ends in another's copied mark`() async throws {
    let watch = try await Watch(pullRequests: 1)
    let number = try #require(watch.watched.first?.view?.number)
    let mark = "\n\n<!-- orch:answer/comment-900 -->"
    watch.fake.edit { state in
      for (id, author) in [(901, "ann"), (902, state.account)] {
        let texts = [
          FakeState.Text(id: 900, author: "ann", body: "Tabs.", association: "MEMBER"),
          FakeState.Text(id: id, author: author, body: "Done." + mark, association: "MEMBER"),
        ]
        state.pulls[number]?.threads.append(
          .init(id: "T\(id)", path: "a", line: 1, comments: texts))
      }
      state.pulls[number]?.updates += 1
    }
    let watched = try #require(watch.watched.first)
    // The worker was shown the first remark of each, and nothing that was said since.
    try await watch.place.answer(watched, head: "h2", summary: "", shown: ["comment-900"])
    let threads = watch.fake.state.pulls[number]?.threads ?? []
    #expect(threads.map(\.isResolved) == [false, true])
    #expect(threads.map(\.comments.count) == [2, 2])
    #expect(watch.fake.problems == [])
  }

  /// A look of everything that watches and listens, as `orch run` takes it.
  private struct Watch {
    let fake: FakeGitHub
    let clock = ManualClock()
    let place: ForgePlace
    let desk: ForgeDesk
    let watched: [WatchedPullRequest]

    init(pullRequests: Int) async throws {
      let fake = try await FakeGitHub.start()
      self.fake = fake
      let clock = self.clock
      let source = ForgeSource {
        var configuration = try GitHubConfiguration(repository: "acme/demo", api: fake.url)
        configuration.pace = SurveyPace(unsettledSeconds: 20, settledSeconds: 200)
        return try GitHubForge(
          configuration, tokens: .fixed(AccessToken("good")),
          budget: APIBudget(clock: clock.clock), clock: clock.clock)
      }
      place = ForgePlace(source, owner: nil, clock: { clock.now })
      desk = ForgeDesk(source, label: "orch", watchLabel: "orch", owner: nil)
      watched = fake.edit { state in
        (0..<pullRequests).map { index in
          let number = state.addPull("b\(index)")
          state.pulls[number]?.checks = [.init(id: 1, name: "ci")]
          var task = TaskView(id: "\(number)", title: "T")
          let head = state.pulls[number]?.sha ?? ""
          task.pullRequest = PullRequestView(id: "#\(number)", head: head, baseHead: "b0")
          return WatchedPullRequest(
            task: task, branch: "b\(index)", base: "main", branchHead: head, baseHead: "b0",
            contained: "b0")
        }
      }
    }

    /// Looks and listens once; returns the requests that it took, free ones too.
    func look() async throws -> Int {
      fake.clearLog()
      _ = try await desk.survey(of: IssueLinks(watched.map(\.task)))
      try await desk.heard()
      #expect(try await place.survey(watched).count == watched.count)
      return fake.log.count
    }
  }

  @Test(arguments: [(100, 4, 3), (1000, 22, 12)])
  func `a look at which nothing happened costs a handful of requests, and none that count`(
    pullRequests: Int, most: Int, quiet: Int
  ) async throws {
    let watch = try await Watch(pullRequests: pullRequests)
    // The first looks read everything there is, and as much at a time as the forge allows.
    for _ in 0..<8 {
      watch.clock.advance(100_000)
      _ = try? await watch.look()
    }
    watch.clock.advance(1_000_000)
    _ = try await watch.look()
    var counts: [Int] = []
    var counted = 0
    for _ in 0..<10 {
      watch.clock.advance(20_000)
      counts.append(try await watch.look())
      counted += watch.fake.countedRequests
    }
    #expect(counts.allSatisfy { $0 <= most }, "\(counts)")
    #expect(counts.count { $0 == quiet } >= 9, "\(counts)")
    // One pulse in ten looks: a request for each hundred.
    #expect(counted == pullRequests / 100)
    #expect(watch.fake.problems == [])
  }

  @Test func `a comment is heard at the price of its own page, and again until it is stored`()
    async throws
  {
    let watch = try await Watch(pullRequests: 5)
    for _ in 0..<2 { _ = try await watch.look() }
    let links = IssueLinks(watch.watched.prefix(1).map(\.task))
    let number = try #require(watch.watched.first?.view?.number)
    watch.fake.edit { state in
      let text = FakeState.Text(
        id: state.next(), author: "ann", body: "/approve", association: "MEMBER")
      state.pulls[number]?.comments.append(text)
      state.pulls[number]?.updates += 1
    }
    watch.fake.clearLog()
    for _ in 0..<2 {
      // Nobody said that it is stored.
      let orders = try await watch.desk.survey(of: links).orders
      #expect(orders.map(\.verb) == [.approve])
    }
    try await watch.desk.heard()
    // What happened, the comments, what their author may do, and the reviews each time.
    #expect(watch.fake.countedRequests == 5)
    // Once more, because the same second may hold another one; then no more.
    #expect(try await watch.desk.survey(of: links).orders.count == 1)
    try await watch.desk.heard()
    #expect(try await watch.desk.survey(of: links).orders.isEmpty)
  }

  @Test func `of more open pull requests than a survey lists, the watched ones are seen`()
    async throws
  {
    let watch = try await Watch(pullRequests: ForgeLimits.pullRequests + 1)
    let item = try #require(watch.watched.last)
    #expect(try await watch.place.survey([item])[item.task.id]?.checks.first?.state == .passed)
    let number = try #require(item.view?.number)
    watch.fake.edit { $0.pulls[number]?.checks = [.init(id: 2, name: "ci", conclusion: "FAILURE")] }
    #expect(try await watch.place.survey([item])[item.task.id]?.checks.first?.state == .failed)
  }

  @Test func `a base's answer is final only where it has passed`() {
    var bases = BaseChecks()
    bases.see("b", at: 0)
    #expect(!bases.isDue([], on: "b", at: 0))
    #expect(bases.isDue(["ci"], on: "b", at: 0))
    bases.keep([:], of: "b", for: ["ci"], at: 0)
    // Nothing is there yet: its checks may still begin.
    #expect(bases.states(of: ["ci"], on: "b", at: 0) == ["ci": .pending])
    #expect(!bases.isDue(["ci"], on: "b", at: 9_000))
    #expect(bases.isDue(["ci"], on: "b", at: 10_000))
    bases.keep(["ci": .failed], of: "b", for: ["ci"], at: 10_000)
    #expect(bases.isDue(["ci"], on: "b", at: 20_000))
    bases.keep(["ci": .passed], of: "b", for: ["ci"], at: 20_000)
    #expect(!bases.isDue(["ci"], on: "b", at: 900_000))
    // What a base has not got after a minute runs on pull requests only, and is not waited for again.
    bases.keep(["ci": .passed], of: "b", for: ["title"], at: 60_000)
    #expect(bases.states(of: ["title"], on: "b", at: 60_000) == ["ci": .passed])
    bases.see("next", at: 70_000)
    #expect(bases.isDue(["title"], on: "next", at: 70_000))
    #expect(bases.states(of: ["title"], on: "next", at: 70_000) == [:])
  }
}
