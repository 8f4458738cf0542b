import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Resolutions used again` {
  let scratch = Scratch.current
  let committer = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  private func commit(_ text: String, on branch: String, from start: String) throws {
    try scratch.git("checkout", "-q", "-b", branch, start, in: "repo")
    try scratch.write("repo/a", text)
    try scratch.git("commit", "-qam", branch, in: "repo")
  }

  private func merge(_ one: String, _ other: String) throws -> String {
    try scratch.git("checkout", "-q", "-f", "--detach", one, in: "repo")
    _ = try scratch.run(["git", "merge", "-q", other], in: "repo")
    return try scratch.read("repo/a")
  }

  @Test(arguments: ["merge", "diff3"])
  func `ids and reuse are those of git rerere`(style: String) throws {
    let base = (1...20).map { "line \($0)\n" }.joined()
    let side = { (number: Int, text: String) in
      base.replacingOccurrences(of: "line \(number)\n", with: "\(text)\n")
    }
    try scratch.repository(files: ["a": base])
    try scratch.git("config", "rerere.enabled", "true", in: "repo")
    try scratch.git("config", "merge.conflictStyle", style, in: "repo")
    try commit(side(5, "ours"), on: "one", from: "main")
    try commit(side(5, "theirs"), on: "other", from: "main")
    // The same conflict, with a line changed elsewhere: git's resolution still fits.
    try commit(
      side(5, "ours").replacingOccurrences(of: "line 18", with: "far away"), on: "later",
      from: "main")
    let conflicted = try merge("one", "other")
    #expect(conflicted.contains("<<<<<<<"))
    let id = try scratch.run(["sh", "-c", "ls .git/rr-cache"], in: "repo").output
    let resolved = side(5, "ours and theirs")
    try scratch.write("repo/a", resolved)
    try scratch.git("commit", "-qam", "merged", in: "repo")

    var store = ResolutionStore()
    let known = store.learn(
      conflicted: Array(conflicted.utf8), resolved: Array(resolved.utf8))
    let learned = try #require(known)
    #expect(learned.id + "\n" == id)
    #expect(
      String(decoding: learned.preimage, as: UTF8.self)
        == (try scratch.read("repo/.git/rr-cache/\(learned.id)/preimage")))
    // Both orders of the sides are one conflict.
    for (one, other) in [("later", "other"), ("other", "later")] {
      let reused = try merge(one, other)
      try scratch.git("-c", "rerere.enabled=false", "checkout", "-q", "-m", "a", in: "repo")
      let again = try scratch.read("repo/a")
      #expect(again.contains("<<<<<<<"))
      let ours = try #require(try store.resolve(Array(again.utf8)))
      #expect(String(decoding: ours, as: UTF8.self) == reused)
      #expect(reused.contains("ours and theirs") && reused.contains("far away"))
    }
  }

  @Test func `another conflict is not resolved, and markers are no resolution`() throws {
    let file = { (text: String) in
      Array("a\n<<<<<<< x\none\n=======\n\(text)\n>>>>>>> y\nb\n".utf8)
    }
    var store = ResolutionStore()
    let withMarkers = store.learn(conflicted: file("two"), resolved: file("two"))
    let withoutConflict = store.learn(conflicted: Array("plain\n".utf8), resolved: [])
    #expect(withMarkers == nil && withoutConflict == nil && store.isEmpty)
    _ = store.learn(conflicted: file("two"), resolved: Array("a\nboth\nb\n".utf8))
    #expect(try store.resolve(file("two")) == Array("a\nboth\nb\n".utf8))
    #expect(try store.resolve(file("three")) == nil)
    #expect(ResolutionStore(store.resolutions.values.flatMap { $0 }) == store)
  }

  @Test func `a rebase takes a known resolution and says so`() throws {
    try scratch.repository(files: ["a": "1\n2\n3\n"])
    try commit("1\nmine\n3\n", on: "topic", from: "main")
    try scratch.git("checkout", "-q", "main", in: "repo")
    try scratch.write("repo/a", "1\nbase\n3\n")
    try scratch.git("commit", "-qam", "base", in: "repo")
    let repository = try Repository(at: scratch["repo"])
    let head = try #require(try repository.reference("refs/heads/topic"))
    let onto = try #require(try repository.reference("refs/heads/main"))
    func rebase(_ store: ResolutionStore) throws -> RebaseVerdict? {
      try InMemoryRebase.rebase(
        heads: [head], onto: onto, committer: committer, resolutions: store, in: repository
      ).first
    }
    guard case .conflict(let report) = try rebase(ResolutionStore()),
      let text = report.files.first?.text
    else {
      Issue.record("expected a conflict")
      return
    }
    var store = ResolutionStore()
    _ = store.learn(
      conflicted: Array(text.utf8), resolved: Array("1\nmine and base\n3\n".utf8))
    guard case .clean(let branch) = try rebase(store) else {
      Issue.record("expected a known resolution to be used")
      return
    }
    #expect(branch.reused.map(\.path) == ["a"])
    #expect(try scratch.git("show", "\(branch.head):a", in: "repo") == "1\nmine and base\n3")
  }
}
