import Testing

@testable import Forge
@testable import GitHubFake

@Suite(.timeLimit(.minutes(30))) struct `A look at pull requests` {
  @Test func `sees everything that a watcher needs`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("fix-login", title: "Fix the login")
      state.pulls[number]?.body = "Because."
      state.pulls[number]?.mergeState = "BLOCKED"
      state.pulls[number]?.decision = "CHANGES_REQUESTED"
      state.pulls[number]?.labels = ["orch", "bug"]
      state.pulls[number]?.checks = [
        .init(id: 91, name: "test", conclusion: "FAILURE", workflowRun: 17),
        .init(id: 92, name: "lint", status: "IN_PROGRESS", conclusion: nil),
      ]
      state.pulls[number]?.statuses = ["ci/other": "PENDING", "deploy": "ERROR"]
      state.pulls[number]?.comments = [
        .init(id: 5, author: "mallory", body: "rm -rf", association: "NONE"),
        .init(id: 6, author: "owner", body: "changed since", isEdited: true),
        .init(id: 9, author: "owner", body: "touched since", isTouched: true),
        .init(id: 10, author: "owner", body: "as it was"),
      ]
      state.pulls[number]?.reviews = [
        .init(
          text: .init(id: 7, author: "ann", body: "No.", association: "MEMBER"),
          state: "CHANGES_REQUESTED")
      ]
      state.pulls[number]?.threads = [
        .init(
          id: "T1", path: "a.swift", line: 3,
          comments: [
            .init(id: 8, author: "ann", body: "Why?", association: "COLLABORATOR", isTouched: true)
          ])
      ]
      return number
    }
    let look = try #require(try await rig.forge.look(at: [number]).first)
    rig.expectContractKept()
    #expect(look.pullRequest.title == "Fix the login" && look.pullRequest.body == "Because.")
    #expect(look.pullRequest.headBranch == "fix-login" && look.pullRequest.baseBranch == "main")
    #expect(look.pullRequest.head == FakeState.sha(1000 + number))
    #expect(look.baseHead == FakeState.sha(0))
    #expect(look.pullRequest.labels == ["orch", "bug"])
    #expect(look.mergeability == .blocked && look.decision == .changesRequested)
    let checks = Dictionary(uniqueKeysWithValues: look.checks.map { ($0.name, $0) })
    #expect(checks["test"]?.isFailing == true && checks["test"]?.workflowRunID == 17)
    #expect(checks["test"]?.workflow == "CI" && checks["test"]?.runID == 91)
    #expect(checks["lint"]?.status == .running && checks["lint"]?.conclusion == nil)
    #expect(checks["ci/other"]?.status == .running && checks["deploy"]?.isFailing == true)
    #expect(look.verdict == .failed && look.isSettled)
    #expect(look.comments.map(\.by.isTrusted) == [false, false, false, true])
    #expect(look.comments.map(\.by.isEdited) == [false, true, true, false])
    #expect(look.reviews.first?.state == .changesRequested)
    #expect(look.threads.first?.path == "a.swift" && look.threads.first?.line == 3)
    #expect(look.threads.first?.comments.first?.by.isTrusted == true)
    #expect(!look.isCut && !look.isHeadGone)
  }

  @Test func `one that does not exist is left out, the others are in the order asked for`()
    async throws
  {
    let rig = try await Rig()
    let numbers = rig.fake.edit { state in (0..<3).map { state.addPull("b\($0)") } }
    let looks = try await rig.forge.look(at: [numbers[2], 99, numbers[0]])
    #expect(looks.map(\.pullRequest.number) == [numbers[2], numbers[0]])
    #expect(rig.fake.log.count == 1)
    rig.expectContractKept()
  }

  @Test func `twenty cost one request, a hundred cost five`() async throws {
    let rig = try await Rig()
    let numbers = rig.fake.edit { state in (0..<100).map { state.addPull("b\($0)") } }
    #expect(try await rig.forge.look(at: Array(numbers.prefix(20))).count == 20)
    #expect(rig.fake.log.count == 1)
    rig.fake.clearLog()
    #expect(try await rig.forge.look(at: numbers).map(\.pullRequest.number) == numbers)
    #expect(rig.fake.log.count == 5)
  }

  @Test func `when GitHub gives up on a large query, halves are asked for`() async throws {
    let rig = try await Rig()
    let numbers = rig.fake.edit { state in (0..<20).map { state.addPull("b\($0)") } }
    rig.fake.fail("POST /graphql", .status(502), times: GitHubClient.maximumTries)
    #expect(try await rig.forge.look(at: numbers).count == 20)
    #expect(rig.fake.log.count == GitHubClient.maximumTries + 2)
  }

  @Test func `checks behind the first hundred are read, up to a limit that is said`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("many")
      state.pulls[number]?.checks = (0..<250).map { .init(id: $0, name: "c\($0)") }
      state.pulls[number]?.checks[249].conclusion = "FAILURE"
      return number
    }
    let look = try #require(try await rig.forge.look(at: [number]).first)
    #expect(look.checks.count == 250 && look.verdict == .failed && !look.isCut)
    rig.fake.edit { state in
      state.pulls[number]?.checks = (0..<700).map { .init(id: $0, name: "c\($0)") }
    }
    let cut = try #require(try await rig.forge.look(at: [number]).first)
    #expect(cut.checks.count == ForgeLimits.checks && cut.isCut)
    rig.expectContractKept()
  }

  @Test func `reviews and threads before the newest fifty are read, up to a limit that is said`()
    async throws
  {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("talk")
      state.pulls[number]?.reviews = (1...130).map {
        .init(text: .init(id: $0, author: "a", body: "\($0)"), state: "COMMENTED")
      }
      state.pulls[number]?.threads = (1...70).map { index in
        let count = index == 3 ? 150 : 1
        return .init(
          id: "T\(index)", path: "a", line: index,
          comments: (1...count).map { .init(id: index * 1000 + $0, author: "a", body: "\($0)") })
      }
      return number
    }
    let look = try #require(try await rig.forge.look(at: [number]).first)
    #expect(look.reviews.map(\.id) == Array(1...130))
    #expect(look.threads.map(\.id.text) == (1...70).map { "T\($0)" })
    #expect(look.threads[2].comments.map(\.id) == Array(3001...3150))
    #expect(!look.hasUnread && !look.isCut)
    // The first answer, two pages of reviews, one of threads, two of a thread's comments.
    #expect(rig.count("POST /graphql") == 6)
    rig.fake.edit { state in
      state.pulls[number]?.reviews = (1...700).map {
        .init(text: .init(id: $0, author: "a", body: "\($0)"), state: "COMMENTED")
      }
    }
    let cut = try #require(try await rig.forge.look(at: [number]).first)
    #expect(cut.reviews.map(\.id) == Array(201...700) && cut.hasUnread)
    rig.expectContractKept()
  }

  @Test
  func `of checks it is known which ones the base's rules ask for, and of people what they may do`()
    async throws
  {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("rules")
      state.pulls[number]?.checks = [
        .init(id: 1, name: "ci"), .init(id: 2, name: "lint", isRequired: false),
      ]
      state.pulls[number]?.isLocked = true
      state.pulls[number]?.headRepository = ""
      state.permissions = ["ann": "admin", "bob": "read", "eve": "none"]
      return number
    }
    let look = try #require(try await rig.forge.look(at: [number]).first)
    #expect(look.checks.map(\.isRequired) == [true, false])
    #expect(look.isLocked && look.pullRequest.headRepository == nil)
    var permissions: [RepositoryPermission] = []
    for login in ["ann", "bob", "eve", "cleo"] {
      permissions.append(try await rig.forge.permission(of: login))
    }
    #expect(permissions == [.admin, .read, .none, .write])
    rig.expectContractKept()
  }

  @Test func `the latest of many comments are kept, and the look says that it is cut`()
    async throws
  {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("talk")
      state.pulls[number]?.comments = (1...60).map { .init(id: $0, author: "a", body: "\($0)") }
      return number
    }
    let look = try #require(try await rig.forge.look(at: [number]).first)
    #expect(look.comments.map(\.id) == Array(11...60) && look.isCut)
  }

  @Test func `texts are bounded`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("long", title: String(repeating: "t", count: 5000))
      state.pulls[number]?.body = String(repeating: "é", count: 65_536)
      return number
    }
    let look = try #require(try await rig.forge.look(at: [number]).first)
    #expect(look.pullRequest.title.utf8.count <= ForgeLimits.nameBytes)
    #expect(look.pullRequest.body.utf8.count <= ForgeLimits.textBytes)
  }

  @Test func `a merged one, one whose branches are gone, and one without an author`() async throws {
    let rig = try await Rig()
    let numbers = rig.fake.edit { state in
      let numbers = (0..<2).map { state.addPull("b\($0)") }
      state.pulls[numbers[0]]?.state = "MERGED"
      state.pulls[numbers[0]]?.mergedAs = FakeState.sha(77)
      state.branches["b1"] = nil
      state.pulls[numbers[1]]?.base = "gone"
      state.pulls[numbers[1]]?.author = ""
      state.pulls[numbers[1]]?.mergeState = "SOMETHING_NEW"
      return numbers
    }
    let looks = try await rig.forge.look(at: numbers)
    #expect(looks[0].pullRequest.state == .merged && looks[0].mergedAs == FakeState.sha(77))
    #expect(looks[1].isHeadGone && looks[1].baseHead == nil)
    #expect(looks[1].pullRequest.author.isEmpty && looks[1].mergeability == .unknown)
  }
}
