import Git2
import TestSupport
import Testing

@testable import Engine

@Suite(.scratch) struct `What a base has gained` {
  let scratch = Scratch.current

  private func commit(_ name: String) throws -> ObjectID {
    try scratch.write("repo/\(name).txt", name)
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", name, in: "repo")
    return try head()
  }

  private func head() throws -> ObjectID {
    try #require(ObjectID(hex: try scratch.git("rev-parse", "HEAD", in: "repo")))
  }

  private func merge(_ branch: String) throws -> ObjectID {
    try scratch.git("checkout", "-q", "main", in: "repo")
    try scratch.git("merge", "-q", "--no-ff", "-m", "merge", branch, in: "repo")
    return try head()
  }

  private func branch(_ name: String, at start: String) throws {
    try scratch.git("checkout", "-q", "-b", name, start, in: "repo")
  }

  /// Asks in a fresh repository object: another process has written the commits.
  private func growth(_ head: ObjectID, since known: Set<ObjectID>) throws -> BaseGrowth? {
    let repository = try Repository(at: scratch["repo"])
    return try BaseGrowth(of: head, since: known, in: repository)
  }

  @Test func `tells branches that it has nothing of from those that it has some of`() throws {
    try scratch.repository("repo", files: ["README.md": "x"])
    let start = try head()
    try branch("stack", at: "main")
    let first = try commit("first")
    let second = try commit("second")
    try branch("below", at: first.hex)
    try branch("other", at: "main")
    let other = try commit("other")
    let merged = try merge("other")
    let early = try #require(try growth(merged, since: [start]))
    #expect(early.hasNone(of: [first, second], since: start))
    #expect(!early.hasNone(of: [other], since: start))
    // Its lower half arrives on its own.
    let half = try merge("below")
    let late = try #require(try growth(half, since: [start, merged]))
    #expect(!late.hasNone(of: [first, second], since: start))
    #expect(!late.hasNone(of: [first, second], since: merged))
    #expect(late.hasNone(of: [second], since: merged))
    #expect(try #require(try growth(half, since: [half])).hasNone(of: [second], since: half))
  }

  @Test func `says nothing of a base that did not simply go on`() throws {
    try scratch.repository("repo", files: ["README.md": "x"])
    let start = try head()
    let dropped = try commit("dropped")
    try branch("work", at: "main")
    let work = try commit("work")
    try scratch.git("checkout", "-q", "main", in: "repo")
    try scratch.git("reset", "-q", "--hard", start.hex, in: "repo")
    let rewritten = try commit("instead")
    let both = try #require(try growth(rewritten, since: [start, dropped]))
    #expect(both.hasNone(of: [work], since: start))
    #expect(!both.hasNone(of: [work], since: dropped))
    #expect(try growth(rewritten, since: [dropped]) == nil)
    #expect(try growth(.zero, since: [start]) == nil)
  }

  @Test func `is found on the side line of a merge the other way round`() throws {
    try scratch.repository("repo", files: ["README.md": "x"])
    let start = try head()
    try branch("work", at: "main")
    let work = try commit("work")
    try scratch.git("checkout", "-q", "main", in: "repo")
    let seen = try commit("seen")
    // Somebody merges the base into the branch and pushes that as the base.
    try scratch.git("checkout", "-q", "work", in: "repo")
    try scratch.git("merge", "-q", "-m", "merge", "main", in: "repo")
    let foxtrot = try head()
    let found = try #require(try growth(foxtrot, since: [start, seen]))
    #expect(!found.hasNone(of: [work], since: start))
    #expect(!found.hasNone(of: [work], since: seen))
  }
}
