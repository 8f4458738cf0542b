import Foundation
import JSON
import TestSupport
import Testing

@testable import Forge
@testable import GitHubFake

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A GitHub App` {
  let scratch = Scratch.current

  /// A private key of the openssl program; its public key is beside it, in `NAME.pub`.
  private func key(_ name: String, bits: Int = 2048, form: [String] = ["-traditional"]) throws
    -> String
  {
    _ = try scratch.run(["openssl", "genrsa"] + form + ["-out", name, "\(bits)"])
    _ = try scratch.run(["openssl", "rsa", "-in", name, "-pubout", "-out", "\(name).pub"])
    return try scratch.read(name)
  }

  private final class Shelf: Sendable {
    private let file: Scratch
    init(_ file: Scratch) { self.file = file }
    var shelf: TokenShelf {
      TokenShelf(
        read: { [file] in (try? file.read("shelf")).map { Array($0.utf8) } },
        write: { [file] in _ = try? file.write("shelf", String(decoding: $0, as: UTF8.self)) })
    }
  }

  /// A fake with the App 99, whose clock is the rig's, and the App's tokens as a client has them.
  private func setUp(
    _ rig: Rig, key text: String, publicKey: String = "key.pub", id: String = "99",
    installation: Int? = nil, shelf: TokenShelf = .none
  ) throws -> InstallationTokens {
    let clock = rig.clock
    let file = scratch[publicKey]
    rig.fake.change { world in
      if world.app == nil { world.app = FakeApp(id: 99, publicKey: file) }
      world.time = { clock.now / 1000 }
    }
    return try InstallationTokens(
      AppCredentials(id: id, installation: installation) { text },
      try GitHubConfiguration(repository: "acme/demo", api: rig.fake.url),
      budget: APIBudget(clock: clock.clock), shelf: shelf, clock: clock.clock)
  }

  private func forge(_ rig: Rig, _ tokens: InstallationTokens) throws -> GitHubForge {
    try GitHubForge(
      try GitHubConfiguration(repository: "acme/demo", api: rig.fake.url), tokens: tokens.source,
      budget: rig.budget, clock: rig.clock.clock)
  }

  @Test(arguments: [["-traditional"], []])
  func `proves who it is, and works with tokens that it renews before they end`(form: [String])
    async throws
  {
    let rig = try await Rig()
    let tokens = try setUp(rig, key: key("key", form: form))
    let forge = try forge(rig, tokens)
    #expect(try await forge.repository().fullName == "acme/demo")
    let first = try await tokens.token()
    #expect(first.spelled.hasPrefix("ghs_"))
    rig.clock.advance(50 * 60_000)
    #expect(try await tokens.token() == first)
    rig.clock.advance(6 * 60_000)
    #expect(try await forge.repository().fullName == "acme/demo")
    #expect(try await tokens.token() != first)
    #expect(rig.fake.change { $0.app?.count } == 2)
    #expect(rig.count("GET /repos/acme/demo/installation") == 2)
    // No request was refused on the way.
    #expect(rig.fake.log.allSatisfy { $0.status < 400 })
    rig.expectContractKept()
  }

  @Test func `gets another token when one is refused, once`() async throws {
    let rig = try await Rig()
    let tokens = try setUp(rig, key: key("key"))
    let forge = try forge(rig, tokens)
    _ = try await forge.repository()
    rig.clock.advance(120_000)
    rig.fake.change { $0.app?.tokens = [:] }
    _ = try await forge.repository()
    #expect(rig.fake.change { $0.app?.count } == 2)
    // A new one that is refused at once is not made again and again.
    rig.fake.change { $0.app?.tokens = [:] }
    for _ in 0..<3 {
      let error = await failure { () async throws(ForgeError) in try await forge.repository() }
      #expect(error == .tokenRefused(detail: "Bad credentials"))
    }
    #expect(rig.fake.change { $0.app?.count } == 2)
  }

  @Test func `makes one token for all that ask at once, and finds that of another process`()
    async throws
  {
    let rig = try await Rig()
    let text = try key("key")
    let shelf = Shelf(scratch).shelf
    let tokens = try setUp(rig, key: text, shelf: shelf)
    try await withThrowingTaskGroup(of: InstallationToken.self) { group in
      for _ in 0..<20 { group.addTask { try await tokens.token() } }
      for try await token in group { #expect(token.spelled.hasPrefix("ghs_")) }
    }
    #expect(rig.fake.change { $0.app?.count } == 1)
    let other = try setUp(rig, key: text, shelf: shelf)
    #expect(try await other.token() == tokens.token())
    #expect(rig.fake.change { $0.app?.count } == 1)
    // That of another App, of another installation, or half a file, is none.
    let third = try setUp(rig, key: text, installation: 4711, shelf: shelf)
    #expect(try await third.token() != tokens.token())
    try scratch.write("shelf", String(scratch.read("shelf").dropLast(20)))
    let fourth = try setUp(rig, key: text, installation: 4711, shelf: shelf)
    _ = try await fourth.token()
    #expect(rig.fake.change { $0.app?.count } == 3)
  }

  @Test(arguments: [-3600, -45, 45, 3600])
  func `works on a machine whose clock is wrong`(ahead: Int) async throws {
    let rig = try await Rig()
    let tokens = try setUp(rig, key: key("key"))
    rig.fake.change { $0.app?.ahead = ahead }
    let forge = try forge(rig, tokens)
    _ = try await forge.repository()
    // The end of a token is GitHub's, too.
    rig.clock.advance(56 * 60_000)
    _ = try await forge.repository()
    #expect(rig.fake.change { $0.app?.count } == 2)
    #expect(!rig.fake.log.contains { $0.status == 401 && !$0.label.contains("installation") })
  }

  @Test func `that is another, or not there, says so`() async throws {
    let rig = try await Rig()
    let right = try key("key")
    let wrong = try key("wrong")
    func problem(
      _ text: String? = nil, id: String = "99", installation: Int? = nil,
      _ change: (inout FakeApp) -> Void = { _ in }
    ) async throws -> AppProblem? {
      rig.fake.change { $0.app = nil }
      let tokens = try setUp(rig, key: text ?? right, id: id, installation: installation)
      rig.fake.change { world in
        var app = world.app ?? FakeApp(id: 99, publicKey: "")
        change(&app)
        world.app = app
      }
      let error = await failure { () async throws(ForgeError) in try await tokens.token() }
      guard case .app(let problem)? = error else { return nil }
      return problem
    }
    #expect(
      try await problem(wrong)
        == .wrongKey(app: "99", detail: "A JSON web token could not be decoded"))
    #expect(try await problem(id: "98") == .unknown(app: "98"))
    #expect(try await problem(id: "Iv23abc") == .unknown(app: "Iv23abc"))
    #expect(
      try await problem { $0.isInstalled = false }
        == .notInstalled(app: "99", repository: "acme/demo"))
    #expect(
      try await problem(installation: 4711) { $0.isInstalled = false }
        == .notInstalled(app: "99", repository: "acme/demo"))
    #expect(try await problem(installation: 1) == .wrongInstallation(1, app: "99"))
    #expect(try await problem { $0.isSuspended = true } == .suspended(installation: 4711))
    #expect(
      try await problem {
        $0.permissions["checks"] = nil
        $0.permissions["contents"] = "read"
      } == .missing(permissions: ["contents (write)", "checks (read)"], app: "99"))
    for text in [
      "", "no key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
    ] {
      guard case .unreadableKey = try await problem(text) else {
        Testing.Issue.record("\(text)")
        continue
      }
    }
    guard case .unreadableKey = try await problem(key("small", bits: 1024)) else {
      Testing.Issue.record("1024 bits")
      return
    }
  }

  @Test func `shows no token where it is printed`() async throws {
    let rig = try await Rig()
    let tokens = try setUp(rig, key: key("key"))
    let token = try await tokens.token()
    var dumped = ""
    dump(token.token, to: &dumped)
    #expect(!dumped.contains("ghs_") && !"\(token.token)".contains("ghs_"))
    #expect(token.shortcomings.isEmpty)
    rig.fake.change { $0.app?.permissions["actions"] = "read" }
    rig.clock.advance(3_600_000)
    #expect(try await tokens.token().shortcomings.map(\.permission) == ["actions (write)"])
  }

  @Test(
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
      ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200), ("Sunday, 06-Nov-94 08:49:37 GMT", nil),
      ("", nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("Sun, 40 Nov 1994 08:49:37 GMT", nil),
    ] as [(String, Int?)])
  func `reads the date of an answer`(text: String, seconds: Int?) {
    #expect(HTTPDate.seconds(text) == seconds)
  }
}
