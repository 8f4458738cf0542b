import Foundation
import Git2
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Repositories that libgit2 cannot serve` {
  let scratch = Scratch.current

  private func refusal(_ name: String = "repo") -> OpenError? {
    #expect(throws: OpenError.self) { _ = try Repository(at: scratch[name]) }
  }

  @Test func `configuration of each worktree is refused with the place where it is set`() throws {
    try scratch.repository()
    try scratch.git("config", "extensions.worktreeConfig", "true", in: "repo")
    try scratch.git("config", "core.repositoryFormatVersion", "1", in: "repo")
    #expect(
      refusal()
        == .unsupportedExtension(
          name: "extensions.worktreeconfig", value: "true", path: scratch["repo/.git/config"]))
  }

  @Test func `in the old format, too, unless it says no more than which files are left out`() throws
  {
    try scratch.repository(files: ["a/x": "1\n", "b/y": "2\n"])
    try scratch.git("sparse-checkout", "set", "a", in: "repo")
    _ = try Repository(at: scratch["repo"])
    try scratch.git("config", "--worktree", "core.autocrlf", "true", in: "repo")
    #expect(
      refusal()
        == .unsupportedExtension(
          name: "extensions.worktreeconfig", value: "core.autocrlf",
          path: scratch["repo/.git/config.worktree"]))
  }

  @Test func `SHA-256 is refused`() throws {
    try scratch.git("init", "-q", "--object-format=sha256", scratch["repo"])
    #expect(
      refusal()
        == .unsupportedExtension(
          name: "extensions.objectformat", value: "sha256", path: scratch["repo/.git/config"]))
  }

  @Test func `reftable is refused`() throws {
    try scratch.repository()
    try scratch.git("config", "core.repositoryFormatVersion", "1", in: "repo")
    try scratch.git("config", "extensions.refStorage", "reftable", in: "repo")
    guard case .unsupportedExtension(let name, let value, _) = refusal() else {
      Issue.record("it opens")
      return
    }
    #expect((name, value) == ("extensions.refstorage", "reftable"))
  }

  @Test(.enabled(if: geteuid() == 0))
  func `a repository of another user is refused`() throws {
    try scratch.repository()
    _ = try scratch.run(["chown", "-R", "12345", scratch["repo"]])
    #expect(refusal() == .ownedByAnotherUser(path: scratch["repo"]))
  }

  @Test func `no repository, a broken one, and a .git file that points nowhere`() throws {
    try scratch.write("plain/file", "x")
    #expect(refusal("plain") == .notARepository(path: scratch["plain"]))
    try scratch.write("nowhere/.git", "gitdir: /nonexistent/place\n")
    _ = refusal("nowhere")
    try scratch.repository()
    try scratch.write("repo/.git/config", "[core\n")
    _ = refusal()
  }

  @Test func `shallow clones, bare and submodule repositories open`() throws {
    try scratch.repository()
    try scratch.git("commit", "-q", "--allow-empty", "-m", "second", in: "repo")
    let url = "file://" + scratch["repo"]
    try scratch.git("clone", "-q", "--depth", "1", url, scratch["shallow"])
    #expect(try Repository(at: scratch["shallow"]).isShallow)
    try scratch.git("clone", "-q", "--bare", url, scratch["bare.git"])
    #expect(try Repository(at: scratch["bare.git"]).isBare)
    try scratch.repository("outer")
    try scratch.git("submodule", "--quiet", "add", url, "inner", in: "outer")
    let inner = try Repository(at: scratch["outer/inner"])
    #expect(inner.workDirectory == scratch["outer/inner"])
    #expect(inner.commonDirectory == scratch["outer/.git/modules/inner"])
  }

  @Test func `history that was cut off is walked to its end`() throws {
    try scratch.repository()
    for name in ["second", "third"] {
      try scratch.git("commit", "-q", "--allow-empty", "-m", name, in: "repo")
    }
    try scratch.git("clone", "-q", "--depth", "2", "file://" + scratch["repo"], scratch["shallow"])
    let repository = try Repository(at: scratch["shallow"])
    let head = try #require(try repository.reference("HEAD"))
    let base = try #require(
      ObjectID(hex: try scratch.git("rev-parse", "HEAD~1", in: "shallow")))
    #expect(try repository.commits(from: base, to: head) == [head])
    #expect(try repository.contains(base, inHistoryOf: head))
  }
}
