import Foundation
import Git2
import TestSupport
import Testing

@testable import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `What is staged and nowhere else` {
  let scratch = Scratch.current
  let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  private func shell(_ script: String, in worktree: Worktree) throws {
    let result = try scratch.run(["sh", "-euc", script], in: worktree.path)
    if result.exitCode != 0 { throw CommandFailure(command: [script], result: result) }
  }

  private func snapshot(_ worktree: Worktree, unlessLike last: ObjectID? = nil) async throws
    -> Snapshot
  {
    try await worktree.snapshot(
      message: "orch: work of a\n", by: signature, git: scratch.gitRunner, unlessLike: last)
  }

  private func staged(_ snapshot: Snapshot) throws -> String? {
    let repository = try Repository(at: scratch["repo"])
    return try StagedWork.commit(
      of: repository.commit(snapshot.commit), in: repository)?.tree.hex
  }

  /// The index without times: modes, ids, stages, names.
  private func index(_ worktree: Worktree) throws -> String {
    try scratch.git("ls-files", "--stage", in: worktree.path)
  }

  static let scripts = [
    "echo staged > a; git add a; echo edited > a",
    "echo staged > new; git add new; rm new",
    "echo staged > a; git add a; git show HEAD:a > a",
    "git rm -q --cached d/b; echo x > untracked",
    "chmod +x a; git add a; chmod -x a; echo y >> d/b",
    "mkdir e; echo staged > e/f; git add e; rm -r e; echo file > e",
    "git mv a moved; echo edited >> moved",
  ]

  @Test(arguments: scripts) func `is kept beside the files, and comes back with them`(
    script: String
  ) async throws {
    try scratch.repository(files: ["a": "1\n", "d/b": "2\n", "c": "3\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try shell(script, in: worktree)
    let (tree, before) = (try scratch.treeByGit(worktree.path), try index(worktree))
    let written = try scratch.git("write-tree", in: worktree.path)
    let kept = try await snapshot(worktree)
    #expect(kept.tree.hex == tree)
    #expect(try staged(kept) == written)
    #expect(
      try scratch.git("rev-parse", "\(kept.commit)^1", in: "repo")
        == scratch.git("rev-parse", "main", in: "repo"))
    #expect(try await snapshot(worktree, unlessLike: kept.commit) == kept)
    try shell("git reset -q --hard; git clean -fdq; echo other > other", in: worktree)
    // The objects of the index would go with the next `git gc`, were they not in the commit.
    try scratch.git("update-ref", "refs/kept", kept.commit.hex, in: "repo")
    try scratch.git("gc", "-q", "--prune=now", in: "repo")
    _ = try await worktree.restore(
      kept.commit, message: "before\n", by: signature, git: scratch.gitRunner)
    #expect(try index(worktree) == before)
    #expect(try scratch.treeByGit(worktree.path) == tree)
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test(arguments: ["echo x > a", "echo x > a; git add a", "echo x > new", ":"])
  func `is not there where the files or the head hold it`(script: String) async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try shell(script, in: worktree)
    let kept = try await snapshot(worktree)
    #expect(try staged(kept) == nil)
    #expect(
      try scratch.git("rev-list", "--count", "main..\(kept.commit)", in: "repo")
        == (script == ":" ? "0" : "1"))
  }

  @Test func `is there anew when only the index has changed since`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try shell("echo one > a; git add a; echo edited > a", in: worktree)
    let one = try await snapshot(worktree)
    try shell("echo two > a; git add a; echo edited > a", in: worktree)
    let other = try await snapshot(worktree, unlessLike: one.commit)
    #expect(other.tree == one.tree && other.commit != one.commit)
    #expect(try staged(other) != (try staged(one)))
  }

  @Test
  func `in the middle of a conflict is what was settled, and the branch's own side of the rest`()
    async throws
  {
    try scratch.repository(files: ["a": "1\n", "b": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try shell(
      """
      git checkout -q -b other; echo other > a; echo other > b; git commit -qam other
      git checkout -q orch/task; echo task > a; echo task > b; git commit -qam task
      git merge -q other || true
      echo settled > a; git add a; echo edited > a
      """, in: worktree)
    let kept = try await snapshot(worktree)
    let tree = try #require(try staged(kept))
    #expect(try scratch.git("show", "\(tree):a", in: "repo") == "settled")
    #expect(try scratch.git("show", "\(tree):b", in: "repo") == "task")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `of another head is kept, and the index is the head's`() async throws {
    try scratch.repository(files: ["a": "1\n", "b": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try shell("echo staged > a; git add a; echo edited > a", in: worktree)
    let kept = try await snapshot(worktree)
    try shell("git reset -q --hard; echo more > b; git commit -qam more", in: worktree)
    _ = try await worktree.restore(
      kept.commit, message: "before\n", by: signature, git: scratch.gitRunner)
    #expect(try scratch.git("diff", "--cached", "--name-only", in: worktree.path) == "")
    #expect(try scratch.read("trees/task/a") == "edited\n")
  }
}
