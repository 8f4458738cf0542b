import Foundation
import Git2
import TestSupport
import Testing

@testable import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Making worktrees` {
  let scratch = Scratch.current

  private func expectClean(_ worktree: Worktree) throws {
    #expect(WorktreeStore.isWhole(worktree))
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    #expect(try worktree.status().isClean)
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  private func index(_ worktree: Worktree) throws -> IndexFile {
    try IndexFile(
      path: try scratch.git("rev-parse", "--absolute-git-dir", in: worktree.path) + "/index")
  }

  @Test func `no file has to be read by the first git status`() async throws {
    try scratch.repository(
      files: Dictionary(uniqueKeysWithValues: (0..<300).map { ("d\($0 % 7)/f\($0)", "\($0)\n") }))
    let worktree = try await scratch.create(scratch.worktree())
    let index = try index(worktree)
    #expect(index.entries.count == 300)
    #expect(index.entries.filter { index.isRacy($0) }.isEmpty)
    #expect(index.cachedTree?.id?.hex == (try scratch.git("rev-parse", "HEAD^{tree}", in: "repo")))
    // A change of the same size in the same second is seen all the same.
    try scratch.write("trees/task/d0/f0", "X\n")
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == " M d0/f0")
    #expect(try worktree.status().changedFiles == ["d0/f0"])
  }

  @Test func `modes, links, names of any bytes and submodules are as git makes them`()
    async throws
  {
    try scratch.repository("inner")
    try scratch.repository(files: ["a": "1\n", "empty": ""])
    try scratch.git(
      "submodule", "--quiet", "add", "file://" + scratch["inner"], "sub", in: "repo")
    let names = ["new\nline", "ü 😀", "-dash", "q\"uote", String(repeating: "n", count: 255)]
    for name in names { try scratch.write("repo/" + name, name) }
    RawFile.write(Array(scratch["repo/"].utf8) + [0xFF, 0xFE, 0x0A], Array("raw".utf8))
    RawFile.write(Array(scratch["repo/run"].utf8), Array("#!/bin/sh\n".utf8), mode: 0o755)
    let deep = (0..<12).map { "\($0)" + String(repeating: "x", count: 200) }.joined(separator: "/")
    try scratch.write("repo/" + deep + "/file", "deep")
    _ = try scratch.run(["ln", "-s", "/nonexistent/place", scratch["repo/link"]])
    _ = try scratch.run(["ln", "-s", "a", scratch["repo/near"]])
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "second", in: "repo")
    let worktree = try await scratch.create(scratch.worktree())
    try expectClean(worktree)
    try scratch.git("worktree", "add", "-q", "--detach", scratch["peer"], in: "repo")
    let difference = try scratch.run(
      ["diff", "-r", "--no-dereference", "-x", ".git", worktree.path, scratch["peer"]])
    #expect(difference.output + difference.errorOutput == "")
    let modes = try scratch.run(
      ["sh", "-c", "find . -name .git -prune -o -type f -perm -100 -print; ls -d sub/"],
      in: worktree.path)
    #expect(modes.output == "./run\nsub/\n")
  }

  @Test(arguments: [".git", ".GIT", "git~1", ".git ", "..", ".g\u{200C}it"])
  func `a tree with a name that would reach git's own files is refused`(name: String) async throws {
    try scratch.repository()
    let blob = try scratch.git("hash-object", "-w", "--stdin", in: "repo", input: "x")
    let inner = try scratch.git(
      "mktree", in: "repo", input: "100644 blob \(blob)\tconfig\n")
    let tree = try scratch.git("mktree", in: "repo", input: "040000 tree \(inner)\t\(name)\n")
    let commit = try scratch.git("commit-tree", "-m", "evil", tree, in: "repo")
    let error = await #expect(throws: WorktreeError.self) {
      try await scratch.create(scratch.worktree(), at: commit)
    }
    guard case .refused = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch["trees/task"]) == [".git"])
    #expect(!WorktreeStore.isWhole(scratch.worktree()))
  }

  @Test
  func `a name that is too long for the system is a typed error, and nothing stays in the way`()
    async throws
  {
    try scratch.repository()
    let blob = try scratch.git("hash-object", "-w", "--stdin", in: "repo", input: "x")
    let name = String(repeating: "n", count: 256)
    let tree = try scratch.git("mktree", in: "repo", input: "100644 blob \(blob)\t\(name)\n")
    let commit = try scratch.git("commit-tree", "-m", "long", tree, in: "repo")
    let error = await #expect(throws: WorktreeError.self) {
      try await scratch.create(scratch.worktree(), at: commit)
    }
    guard case .file(_, "create", ENAMETOOLONG) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    try scratch.git("update-ref", "refs/heads/orch/task", "refs/heads/main", in: "repo")
    try expectClean(try await scratch.create(scratch.worktree()))
  }

  @Test func `a full disk is a typed error, and the next creation works`() async throws {
    try scratch.repository(files: ["big": String(repeating: "x", count: 1 << 20), "a": "1\n"])
    let worktree = scratch.worktree()
    let head = try scratch.git("rev-parse", "main", in: "repo")
    let result = try scratch.run([
      "sh", "-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh",
      BuiltProgram.path(of: "worktree-fixture"), "create", scratch["repo"], worktree.path,
      worktree.name, worktree.branch, head,
    ])
    #expect(result.exitCode != 0)
    #expect(!WorktreeStore.isWhole(worktree))
    try await scratch.create(worktree)
    try expectClean(worktree)
  }

  @Test func `a missing object is a typed error`() async throws {
    try scratch.repository(files: ["a": "only here\n"])
    let blob = try scratch.git("rev-parse", "HEAD:a", in: "repo")
    try FileManager.default.removeItem(
      atPath: scratch["repo/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"])
    let error = await #expect(throws: WorktreeError.self) {
      try await scratch.create(scratch.worktree())
    }
    guard case .git(let inner) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(inner.code == .notFound)
  }

  @Test func `sparse checkouts stay sparse, in either way of configuring them`() async throws {
    try scratch.repository(files: ["a/x": "1\n", "b/y": "2\n", "top": "3\n"])
    try scratch.git("sparse-checkout", "set", "a", in: "repo")
    let worktree = try await scratch.create(scratch.worktree())
    try expectClean(worktree)
    #expect(scratch.exists("trees/task/a/x") && !scratch.exists("trees/task/b"))
    try scratch.write("trees/task/a/x", "changed\n")
    let snapshot = try await worktree.snapshot(
      message: "wip\n", by: Signature(name: "o", email: "o@x", seconds: 1), git: scratch.gitRunner)
    #expect(
      try scratch.git("diff", "--name-status", "main", snapshot.commit.hex, in: "repo") == "M\ta/x")
  }

  @Test func `a partial clone fetches what it needs through git`() async throws {
    try scratch.repository("origin", files: ["a": "1\n", "d/b": "2\n"])
    try scratch.git("config", "uploadpack.allowFilter", "true", in: "origin")
    try scratch.git(
      "clone", "-q", "--filter=blob:none", "--no-checkout", "file://" + scratch["origin"],
      scratch["repo"])
    let worktree = try await scratch.create(scratch.worktree())
    try expectClean(worktree)
    #expect(try scratch.read("trees/task/d/b") == "2\n")
    try scratch.write("trees/task/a", "changed\n")
    let snapshot = try await worktree.snapshot(
      message: "wip\n", by: Signature(name: "o", email: "o@x", seconds: 1), git: scratch.gitRunner)
    #expect(try scratch.git("show", "\(snapshot.commit):a", in: "repo") == "changed")
  }

  @Test(arguments: ["bare", "submodule", "linked", "shallow", "moved"])
  func `repositories of every shape have worktrees`(shape: String) async throws {
    try scratch.repository("source", files: ["a": "1\n"])
    try scratch.git("commit", "-q", "--allow-empty", "-m", "second", in: "source")
    let url = "file://" + scratch["source"]
    var place = "repo"
    switch shape {
    case "bare": try scratch.git("clone", "-q", "--bare", url, scratch["repo"])
    case "shallow": try scratch.git("clone", "-q", "--depth=1", url, scratch["repo"])
    case "submodule":
      try scratch.repository("outer")
      try scratch.git("submodule", "--quiet", "add", url, "inner", in: "outer")
      place = "outer/inner"
    case "linked":
      try scratch.git("clone", "-q", url, scratch["repo"])
      try scratch.git("worktree", "add", "-q", "--detach", scratch["other"], in: "repo")
      place = "other"
    default:
      try scratch.git("clone", "-q", url, scratch["before"])
      try FileManager.default.moveItem(atPath: scratch["before"], toPath: scratch["repo"])
    }
    let worktree = scratch.worktree()
    let start = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: place)))
    try await WorktreeStore.create(
      worktree, at: start, through: RepositoryActor(at: scratch[place]), git: scratch.gitRunner)
    #expect(WorktreeStore.isWhole(worktree))
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    #expect(try worktree.removalPlan(published: [start]).losesNothing)
    try WorktreeStore.remove(worktree, in: Repository(at: scratch[place]))
    #expect(try scratch.git("worktree", "prune", "--dry-run", in: place) == "")
  }

  @Test func `a detached or unborn main checkout does not matter`() async throws {
    try scratch.repository()
    try scratch.git("checkout", "-q", "--detach", in: "repo")
    try expectClean(try await scratch.create(scratch.worktree()))
    try scratch.git("symbolic-ref", "HEAD", "refs/heads/unborn", in: "repo")
    try expectClean(try await scratch.create(scratch.worktree("second")))
  }

  @Test func `a branch whose lock is held is a typed error and leaves nothing`() async throws {
    try scratch.repository()
    let worktree = Worktree(path: scratch["trees/x"], name: "orch-x", branch: "topic/x")
    try scratch.write("repo/.git/refs/heads/topic/x.lock", "")
    let error = await #expect(throws: WorktreeError.self) { try await scratch.create(worktree) }
    guard case .git(let inner) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(inner.code == .locked)
    #expect(!scratch.exists("trees/x") && !scratch.exists("repo/.git/worktrees/orch-x"))
  }

  @Test func `many at once do not hinder one another`() async throws {
    try scratch.repository(
      files: Dictionary(uniqueKeysWithValues: (0..<50).map { ("d\($0 % 7)/f\($0)", "\($0)\n") }))
    let actor = try RepositoryActor(at: scratch["repo"])
    let start = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    let runner = scratch.gitRunner
    let worktrees = (0..<8).map { scratch.worktree("t\($0)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worktree in worktrees {
        group.addTask {
          try await WorktreeStore.create(worktree, at: start, through: actor, git: runner)
        }
      }
      try await group.waitForAll()
    }
    for worktree in worktrees { try expectClean(worktree) }
    #expect(!(try scratch.read("repo/.git/config").contains("[branch")))
  }

  @Test func `core.ignorecase and a user's locked debris are borne`() async throws {
    try scratch.repository(files: ["A": "1\n", "d/B": "2\n"])
    try scratch.git("config", "core.ignorecase", "true", in: "repo")
    let worktree = try await scratch.create(scratch.worktree())
    try expectClean(worktree)
    try scratch.git("worktree", "lock", "--reason", "mine", worktree.path, in: "repo")
    try FileManager.default.removeItem(atPath: worktree.path)
    try await scratch.create(worktree)
    try expectClean(worktree)
  }

  @Test func `a folder that another repository's worktree is in is left alone`() async throws {
    try scratch.repository()
    try scratch.repository("other")
    try scratch.git("worktree", "add", "-q", "--detach", scratch["trees/task"], in: "other")
    let error = await #expect(throws: WorktreeError.self) {
      try await scratch.create(scratch.worktree())
    }
    #expect(error == .pathOccupied(scratch["trees/task"]))
    #expect(scratch.exists("trees/task/README.md"))
  }
}
