import Testing

@testable import Forge

@Suite struct `The small parts of a forge` {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-01-31T12:00:00Z", 1_769_860_800_000),
    ("2026-01-31T12:00:00.1234567Z", 1_769_860_800_123),
    ("2024-02-29T23:59:59.5+02:00", 1_709_243_999_500),
    ("1999-12-31T23:59:60Z", 946_684_800_000),
  ])
  func `times are read to the millisecond`(text: String, expected: Int) {
    #expect(Instant.parse(text) == expected)
  }

  @Test(arguments: [
    "", "yesterday", "2026-13-01T00:00:00Z", "2026-01-31 12:00:00Z", "2026-01-31T12:00:00",
    "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00Zz", "2026-01-31T1a:00:00Z",
  ])
  func `other texts are no times`(text: String) { #expect(Instant.parse(text) == nil) }

  @Test func `the next page is found among other links`() {
    let header =
      "<https://a/x?page=1>; rel=\"prev\", <https://a/x?page=3>; rel=\"next\", <https://a/x>; rel=last"
    #expect(LinkHeader.target("next", in: header) == "https://a/x?page=3")
    #expect(LinkHeader.target("last", in: header) == "https://a/x")
    #expect(LinkHeader.target("first", in: header) == nil)
    #expect(LinkHeader.target("next", in: "><;rel=next,<") == nil)
  }

  @Test func `an address without TLS is refused unless it is this machine`() throws {
    #expect(throws: ForgeError.self) { try GitHubEndpoint("http://github.example") }
    #expect(throws: ForgeError.self) { try GitHubEndpoint("ftp://127.0.0.1") }
    #expect(throws: ForgeError.self) { try GitHubEndpoint("https://user:word@github.example") }
    #expect(throws: ForgeError.self) { try GitHubEndpoint("github.example") }
    #expect(try GitHubEndpoint("http://127.0.0.1:81/").rest == "http://127.0.0.1:81")
  }

  @Test func `GraphQL of an Enterprise is beside its REST`() throws {
    let enterprise = try GitHubEndpoint("https://git.example/api/v3")
    #expect(enterprise.graphql == "https://git.example/api/graphql")
    #expect(
      try GitHubEndpoint(GitHubEndpoint.standard).graphql == "https://api.github.com/graphql")
  }

  @Test func `the token's origin is scheme, host and port`() throws {
    let endpoint = try GitHubEndpoint("https://api.github.com")
    #expect(endpoint.isOwn("https://API.github.com:443/repositories/1"))
    #expect(!endpoint.isOwn("http://api.github.com/x"))
    #expect(!endpoint.isOwn("https://api.github.com.evil.example/x"))
    #expect(!endpoint.isOwn("https://api.github.com@evil.example/x"))
    #expect(!endpoint.mayRead("http://logs.example/x"))
    #expect(!endpoint.mayRead("http://127.0.0.1/x"))
    #expect(endpoint.mayRead("https://logs.example/x"))
  }

  @Test(arguments: ["", "name", "a/b/c", "a/..", "/b", "a/", "ä/b", "a/b c"])
  func `what is no owner and name is refused`(text: String) {
    #expect(throws: ForgeError.self) { try GitHubConfiguration(repository: text) }
  }

  @Test func `a token is never printed`() throws {
    let token = try #require(AccessToken("ghp_verysecret\n"))
    var dumped = ""
    dump(token, to: &dumped)
    let texts = [
      "\(token)", String(reflecting: token), dumped, token.scrubbed("a ghp_verysecret b"),
    ]
    for text in texts { #expect(!text.contains("verysecret"), "\(text)") }
    #expect(AccessToken(" \n") == nil)
    #expect(AccessToken("a\u{7}b") == nil)
  }

  @Test func `a key is recognised at the end of a text only`() {
    let text = KeyedText("All is well.", key: "task/1 --> x")
    #expect(text.key == "task/1-----x")
    #expect(text.isIn(text.posted.split(separator: "\n").joined(separator: "\r\n") + "\r\n"))
    #expect(!text.isIn("> " + text.posted + "\n\nis what it said"))
    #expect(!KeyedText("", key: "task/1").isIn(text.posted))
  }

  @Test func `a text that is too long for the forge keeps its key`() {
    let text = KeyedText(String(repeating: "é", count: 100_000), key: "k")
    #expect(text.posted.count <= ForgeLimits.postedCharacters)
    #expect(text.isIn(text.posted))
    #expect(text.isIn(text.posted(after: "begin")))
  }

  @Test func `texts are cut at whole characters`() {
    #expect(ForgeLimits.cut("abc", to: 3) == "abc")
    #expect(ForgeLimits.cut("ab👩‍👩‍👧", to: 10) == "ab…")
    #expect(ForgeLimits.cut(String(repeating: "é", count: 10), to: 9) == "ééé…")
  }

  @Test func `one failing check decides, a pending one waits, none is none`() {
    var passed = Check(name: "a")
    passed.conclusion = .skipped
    var failed = Check(name: "b")
    failed.conclusion = .timedOut
    let pending = Check(name: "c")
    #expect(CheckVerdict([]) == .none)
    #expect(CheckVerdict([passed]) == .passed)
    #expect(CheckVerdict([passed, pending]) == .pending)
    #expect(CheckVerdict([passed, pending, failed]) == .failed)
  }

  @Test func `trust needs someone who belongs, and a text that was never edited`() {
    #expect(Authored(author: "a", association: .member).isTrusted)
    #expect(!Authored(author: "a", association: .member, isEdited: true).isTrusted)
    #expect(!Authored(author: "a", association: .member, isEdited: nil).isTrusted)
    #expect(!Authored(author: "a", association: .contributor).isTrusted)
  }
}
