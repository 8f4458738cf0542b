import Foundation
import Git2
import TestSupport
import Testing

@testable import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Restoring snapshots` {
  let scratch = Scratch.current
  let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  /// Everything in a worktree but git's own file: names, modes, links and contents.
  private func image(_ worktree: Worktree) throws -> String {
    try scratch.run(
      [
        "sh", "-c",
        "find . -name .git -prune -o \\( -type f -o -type l \\) -printf '%P|%y|%l|%m|' "
          + "-exec sh -c '[ -L \"$1\" ] || md5sum < \"$1\"' sh {} \\; -printf '\\n' | sort",
      ], in: worktree.path
    ).output
  }

  @Test func `files come back exactly, whatever was done since`() async throws {
    try scratch.repository(
      files: [".gitignore": "*.o\n", "a": "1\n", "d/b": "2\n", "d/c": "3\n", "gone": "4\n"])
    let worktree = try await scratch.create(scratch.worktree())
    let path = "trees/task/"
    try scratch.write(path + "a", "changed\n")
    try scratch.write(path + "new/file", "new\n")
    try scratch.write(path + "x.o", "ignored\n")
    _ = try scratch.run(["sh", "-c", "rm gone; chmod +x d/b; ln -s a link"], in: worktree.path)
    let before = try image(worktree)
    let kept = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    _ = try scratch.run(
      [
        "sh", "-c",
        "rm -rf d new link; echo file > d; mkdir -p a.d gone; echo x > gone/x; rm a; mkdir a; "
          + "echo y > a/y; git add -A; echo later > later; ln -s / new",
      ], in: worktree.path)
    let messy = try image(worktree)
    let other = try await worktree.restore(
      kept.commit, message: "before\n", by: signature, git: scratch.gitRunner)
    #expect(try image(worktree) == before)
    #expect(
      try scratch.git("status", "--porcelain", "--untracked-files=all", in: worktree.path)
        == " M a\n M d/b\n D gone\n?? link\n?? new/file")
    _ = try await worktree.restore(
      other.commit, message: "again\n", by: signature, git: scratch.gitRunner)
    #expect(try image(worktree) == messy)
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  @Test func `links on the way are not followed out of the worktree`() async throws {
    try scratch.repository(files: ["d/e/f": "1\n"])
    try scratch.write("outside/e/f", "precious\n")
    let worktree = try await scratch.create(scratch.worktree())
    let kept = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    _ = try scratch.run(
      ["sh", "-c", "rm -rf d && ln -s \"$1\" d", "sh", scratch["outside"]], in: worktree.path)
    _ = try await worktree.restore(
      kept.commit, message: "before\n", by: signature, git: scratch.gitRunner)
    #expect(try scratch.read("outside/e/f") == "precious\n")
    #expect(try scratch.read("trees/task/d/e/f") == "1\n")
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
  }

  @Test func `what no commit can hold is named, and nothing is restored over it`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    let kept = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    _ = try scratch.run(["mkfifo", worktree.path + "/pipe"])
    try scratch.git("init", "-q", worktree.path + "/nested")
    try scratch.write("trees/task/nested/work", "w\n")
    let now = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    #expect(now.unkept == ["nested", "pipe"])
    #expect(try worktree.removalPlan(published: []).unkeepable == ["nested", "pipe"])
    let error = await #expect(throws: WorktreeError.self) {
      try await worktree.restore(
        kept.commit, message: "before\n", by: signature, git: scratch.gitRunner)
    }
    guard case .refused = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    try scratch.git("commit", "-q", "--allow-empty", "-m", "inner", in: worktree.path + "/nested")
    try FileManager.default.removeItem(atPath: worktree.path + "/pipe")
    let gitlink = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    #expect(gitlink.tree.hex == (try scratch.treeByGit(worktree.path)))
    #expect(try worktree.removalPlan(published: []).unkeepable == ["nested"])
  }

  @Test func `a conflict is kept as its files are, and large files go in pieces`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try scratch.write("repo/a", "main\n")
    try scratch.git("commit", "-qam", "main", in: "repo")
    try scratch.write("trees/task/a", "task\n")
    try scratch.git("commit", "-qam", "task", in: worktree.path)
    _ = try scratch.run(["git", "merge", "main"], in: worktree.path)
    #expect(try worktree.status().isInOperation)
    _ = try scratch.run(
      ["sh", "-c", "head -c 40000000 /dev/urandom > big; head -c 40000000 /dev/zero > zero"],
      in: worktree.path)
    let expected = try scratch.treeByGit(worktree.path)
    let kept = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    #expect(kept.tree.hex == expected)
    #expect(try scratch.git("ls-files", "-u", in: worktree.path) != "")
  }

  @Test func `an unborn branch has snapshots without a parent`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try scratch.git("checkout", "-q", "--orphan", "fresh", in: worktree.path)
    let kept = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    #expect(try scratch.git("rev-list", "--count", kept.commit.hex, in: "repo") == "1")
    #expect(kept.tree.hex == (try scratch.treeByGit(worktree.path)))
  }
}
