import Foundation
import Git2
import TestSupport
import Testing

@testable import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The pool of worktrees` {
  let scratch = Scratch.current

  private func release(_ worktree: Worktree, limit: Int = 8) throws -> WorktreePool.Refusal? {
    let head = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    return try WorktreePool.release(
      worktree, published: [head], limit: limit, in: Repository(at: scratch["repo"]))
  }

  private func take(
    _ worktree: Worktree, at revision: String = "main", keepingIgnored: Bool = false
  ) async throws -> Bool {
    let start = try #require(ObjectID(hex: try scratch.git("rev-parse", revision, in: "repo")))
    return try await WorktreePool.take(
      worktree, at: start, keepingIgnored: keepingIgnored,
      through: RepositoryActor(at: scratch["repo"]), git: scratch.gitRunner)
  }

  private func advance() throws {
    try scratch.write("repo/a", "second\n")
    try scratch.write("repo/new/file", "n\n")
    try scratch.git("rm", "-q", "gone", in: "repo")
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "second", in: "repo")
  }

  @Test(arguments: [true, false])
  func `only files that differ are written, and nothing of the last task is left`(
    keepsIgnored: Bool
  ) async throws {
    try scratch.repository(
      files: [".gitignore": "*.o\nbuild/\n", "a": "1\n", "same": "s\n", "gone": "g\n"])
    let old = try await scratch.create(scratch.worktree("old"))
    try scratch.write("trees/old/.orchestrator/task.json", "{}")
    try scratch.write("trees/old/build/out.o", "built\n")
    try scratch.write("trees/old/x.o", "built\n")
    try scratch.git("config", "branch.orch/old.description", "x", in: "repo")
    let inode = FileInformation(path: scratch["trees/old/same"])?.stat.inode
    try advance()
    #expect(try release(old) == nil)
    #expect(!WorktreeStore.isWhole(old))
    #expect(!scratch.exists("trees/old/.orchestrator"))
    try scratch.git("branch", "-D", "orch/old", in: "repo")
    let new = scratch.worktree("new")
    #expect(try await take(new, keepingIgnored: keepsIgnored))
    #expect(WorktreeStore.isWhole(new))
    #expect(try scratch.git("status", "--porcelain", in: new.path) == "")
    #expect(try scratch.git("branch", "--show-current", in: new.path) == "orch/new")
    #expect(try scratch.read("trees/new/a") == "second\n")
    #expect(scratch.exists("trees/new/new/file") && !scratch.exists("trees/new/gone"))
    #expect(FileInformation(path: scratch["trees/new/same"])?.stat.inode == inode)
    #expect(scratch.exists("trees/new/build/out.o") == keepsIgnored)
    #expect(scratch.exists("trees/new/x.o") == keepsIgnored)
    #expect(!scratch.exists("trees/old") && !scratch.exists("repo/.git/worktrees/orch-old"))
    #expect(
      try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 2)
    try scratch.git("worktree", "prune", in: "repo")
    try scratch.git("fsck", "--no-dangling", in: "repo")
    #expect(WorktreeStore.isWhole(new))
  }

  @Test func `one that holds work is refused, and stays as it is`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try scratch.write("trees/task/untracked", "u\n")
    #expect(try release(worktree) == .dirty(files: ["untracked"]))
    _ = try scratch.run(["git", "add", "-A"], in: worktree.path)
    #expect(try release(worktree) == .dirty(files: ["untracked"]))
    _ = try scratch.run(["git", "commit", "-qm", "work"], in: worktree.path)
    let head = try #require(
      ObjectID(hex: try scratch.git("rev-parse", "HEAD", in: worktree.path)))
    #expect(try release(worktree) == .unpublished(head))
    #expect(WorktreeStore.isWhole(worktree))
    try scratch.git("merge", "-q", "orch/task", in: "repo")
    #expect(try release(worktree, limit: 0) == .full)
    #expect(try release(worktree) == nil)
    #expect(try release(worktree) == .notWhole)
  }

  @Test func `one in which a process lives is neither released nor taken`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    let process = try ChildProcess(["/bin/sleep", "300"], in: worktree.path)
    #expect(try release(worktree) == .inUse(processes: [process.processIdentifier]))
    process.terminate()
    process.waitForEnd()
    #expect(try release(worktree) == nil)
  }

  @Test func `someone's files in a waiting one are never lost`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let old = try await scratch.create(scratch.worktree("old"))
    #expect(try release(old) == nil)
    try scratch.write("trees/old/precious", "p\n")
    #expect(try await !take(scratch.worktree("new")))
    #expect(try scratch.read("trees/old/precious") == "p\n")
    #expect(try WorktreePool.free(in: Repository(at: scratch["repo"])) == ["orch-old"])
    try WorktreePool.clear(in: Repository(at: scratch["repo"]))
    #expect(try scratch.read("trees/old/precious") == "p\n")
    try FileManager.default.removeItem(atPath: scratch["trees/old/precious"])
    #expect(try await take(scratch.worktree("new")))
  }

  @Test func `someone's commits in a waiting one are never lost`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let old = try await scratch.create(scratch.worktree("old"))
    #expect(try release(old) == nil)
    try scratch.write("trees/old/precious", "p\n")
    try scratch.git("add", "-A", in: "trees/old")
    try scratch.git("commit", "-qm", "precious", in: "trees/old")
    #expect(try await !take(scratch.worktree("new")))
    try WorktreePool.clear(in: Repository(at: scratch["repo"]))
    #expect(try scratch.git("log", "-1", "--format=%s", in: "trees/old") == "precious")
    try scratch.git("checkout", "-q", "--detach", "HEAD~1", in: "trees/old")
    #expect(try await take(scratch.worktree("new")))
  }

  @Test func `two tasks never get the same one`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    for name in ["one", "two", "three"] {
      #expect(try release(try await scratch.create(scratch.worktree(name))) == nil)
    }
    let names = (0..<5).map { "new\($0)" }
    let taken = try await withThrowingTaskGroup(of: String?.self) { group in
      for name in names {
        group.addTask { try await take(scratch.worktree(name)) ? name : nil }
      }
      return try await group.reduce(into: [String]()) { if let name = $1 { $0.append(name) } }
    }
    #expect(taken.count == 3)
    for name in taken {
      #expect(WorktreeStore.isWhole(scratch.worktree(name)))
      #expect(try scratch.git("status", "--porcelain", in: scratch["trees/" + name]) == "")
    }
  }
}
