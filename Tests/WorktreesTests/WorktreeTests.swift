import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Worktrees of tasks` {
  let scratch = Scratch.current
  let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  private var worktree: Worktree {
    Worktree(path: scratch["trees/a b\nc/task"], name: "orch-000000000001", branch: "orch/0-fix")
  }

  private func create(_ worktree: Worktree? = nil) throws {
    let repository = try Repository(at: scratch["repo"])
    let head = try #require(try repository.reference("refs/heads/main"))
    try WorktreeStore.create(worktree ?? self.worktree, at: head, in: repository)
  }

  private func git(_ arguments: String...) throws -> String {
    let command = ["git", "-C", worktree.path] + arguments
    let result = try scratch.run(command)
    guard result.exitCode == 0 else { throw CommandFailure(command: command, result: result) }
    return result.output
  }

  private func move(
    to new: ObjectID, from old: ObjectID, keep: (ObjectID) throws -> Void = { _ in }
  ) throws {
    try worktree.move(to: new, from: old, by: signature, keep: keep)
  }

  @Test func `one is made clean, without a mark, and may be made again`() throws {
    try scratch.repository(files: ["a": "1\n", "sub/b": "2\n"])
    try scratch.write("repo/dirty.txt", "the user's own\n")
    let index = try scratch.read("repo/.git/index")
    try create()
    try create()
    #expect(try git("status", "--porcelain") == "")
    #expect(try git("branch", "--show-current") == "orch/0-fix\n")
    #expect(WorktreeStore.isWhole(worktree))
    #expect(!(try scratch.git("worktree", "list", "--porcelain", in: "repo").contains("locked")))
    #expect(try scratch.read("repo/.git/index") == index)
    #expect(try scratch.read("repo/dirty.txt") == "the user's own\n")
  }

  @Test func `the protocol folder is excluded once, and the exclude file's own lines stay`() throws
  {
    try scratch.repository()
    try scratch.write("repo/.git/info/exclude", "*.tmp")
    try create()
    try scratch.git("worktree", "remove", "--force", "--force", worktree.path, in: "repo")
    try create()
    #expect(try scratch.read("repo/.git/info/exclude") == "*.tmp\n/.orchestrator/\n")
    try scratch.write("trees/a b\nc/task/.orchestrator/task.json", "{}")
    #expect(try git("status", "--porcelain") == "")
  }

  @Test(arguments: ["folder gone", "entry gone", "dot git gone", "dot git points nowhere"])
  func `what is half there is cleared and made anew`(debris: String) throws {
    try scratch.repository()
    try create()
    let path = "trees/a b\nc/task"
    switch debris {
    case "folder gone": _ = try scratch.run(["rm", "-rf", worktree.path])
    case "entry gone": _ = try scratch.run(["rm", "-rf", scratch["repo/.git/worktrees"]])
    case "dot git gone":
      _ = try scratch.run(["sh", "-c", "rm -rf \"$1\"/* \"$1\"/.git", "sh", worktree.path])
    default: try scratch.write(path + "/.git", "gitdir: /nonexistent/place\n")
    }
    #expect(!WorktreeStore.isWhole(worktree))
    let isGone = !scratch.exists(path)
    if !isGone { try scratch.write(path + "/work.txt", "work that is in no commit\n") }
    try create()
    #expect(WorktreeStore.isWhole(worktree))
    #expect(try git("status", "--porcelain") == "")
    if !isGone {
      #expect(try scratch.read(path + ".kept-1/work.txt") == "work that is in no commit\n")
    }
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  @Test func `a folder with someone's files is left alone and reported`() throws {
    try scratch.repository()
    try scratch.write("trees/a b\nc/task/precious.txt", "x")
    let error = #expect(throws: WorktreeError.self) { try create() }
    #expect(error == .pathOccupied(worktree.path))
    #expect(scratch.exists("trees/a b\nc/task/precious.txt"))
  }

  @Test func `a folder with nothing but messages for its worker is in nobody's way`() throws {
    try scratch.repository()
    try scratch.write("trees/a b\nc/task/.orchestrator/inbox/0001.md", "hello\n")
    try scratch.write("trees/a b\nc/task/.git.new", "gitdir: ")
    try create()
    #expect(WorktreeStore.isWhole(worktree))
    #expect(try git("status", "--porcelain") == "")
  }

  @Test func `a removal leaves what is somebody else's`() throws {
    try scratch.repository()
    try scratch.write("trees/a b\nc/task/precious.txt", "x")
    let repository = try Repository(at: scratch["repo"])
    #expect(throws: WorktreeError.pathOccupied(worktree.path)) {
      try WorktreeStore.remove(worktree, in: repository)
    }
    #expect(scratch.exists("trees/a b\nc/task/precious.txt"))
    try FileManager.default.removeItem(atPath: worktree.path)
    try scratch.repository("other")
    try scratch.git(
      "worktree", "add", "-q", "-b", worktree.branch, worktree.path, in: "other")
    #expect(throws: WorktreeError.pathOccupied(worktree.path)) {
      try WorktreeStore.remove(worktree, in: repository)
    }
    #expect(try git("status", "--porcelain") == "")
    let claimed = Worktree(
      path: worktree.path, name: worktree.name, branch: worktree.branch,
      commonDirectory: repository.commonDirectory)
    #expect(WorktreeStore.isWhole(worktree) && !WorktreeStore.isWhole(claimed))
  }

  @Test func `a branch that another worktree has is reported with its place`() throws {
    try scratch.repository()
    try scratch.git("worktree", "add", "-q", "-b", "orch/0-fix", scratch["other"], in: "repo")
    let error = #expect(throws: WorktreeError.self) { try create() }
    #expect(error == .branchCheckedOut(branch: "orch/0-fix", by: scratch["other"]))
  }

  @Test func `a filter such as Git LFS is handed to git`() throws {
    try scratch.repository(files: [".gitattributes": "*.bin filter=lfs diff=lfs\n", "a.bin": "x"])
    try scratch.git("config", "filter.lfs.smudge", "cat", in: "repo")
    let error = #expect(throws: WorktreeError.self) { try create() }
    guard case .needsGit = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a snapshot holds everything and touches nothing`() throws {
    try scratch.repository(files: [".gitignore": "ignored\n", "a": "1\n", "gone": "x\n"])
    try create()
    let path = "trees/a b\nc/task/"
    try scratch.write(path + "a", "2\n")
    try scratch.write(path + "new\nline", "n\n")
    try scratch.write(path + "ignored", "i\n")
    _ = try scratch.run(["rm", worktree.path + "/gone"])
    let status = try git("status", "--porcelain", "-z")
    let index = try scratch.read("repo/.git/worktrees/\(worktree.name)/index")
    let commit = try worktree.snapshot(message: "wip\n", by: signature)
    #expect(try scratch.read("repo/.git/worktrees/\(worktree.name)/index") == index)
    #expect(try git("status", "--porcelain", "-z") == status)
    #expect(
      try scratch.git("ls-tree", "-z", "--name-only", commit.hex, in: "repo")
        == ".gitignore\0a\0new\nline\0")
    #expect(try scratch.git("show", "\(commit):a", in: "repo") == "2")
  }

  @Test func `leftover work is committed, and every commit gets its trailers once`() throws {
    try scratch.repository(files: ["a": "1\n"])
    let base = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try create()
    try scratch.write("trees/a b\nc/task/a", "2\n")
    _ = try git("commit", "-qam", "work\n\nSigned-off-by: Me <me@x>")
    try scratch.write("trees/a b\nc/task/b", "left\n")
    #expect(try worktree.commitAll(message: "leftover\n", by: signature) != nil)
    #expect(try worktree.commitAll(message: "leftover\n", by: signature) == nil)
    let trailers = [(name: "Orch-Task", value: "000000000001")]
    let first = try worktree.annotate(notIn: [base], trailers: trailers)
    let second = try worktree.annotate(notIn: [base], trailers: trailers)
    #expect(first.head == second.head)
    #expect(first.commits.count == 2)
    #expect(try git("status", "--porcelain") == "")
    #expect(
      try git("log", "--format=%(trailers:key=Orch-Task,valueonly,separator=%x2C)", "main..HEAD")
        == "000000000001\n000000000001\n")
    #expect(
      try git("log", "-1", "--format=%B", "HEAD~1").contains("Signed-off-by: Me <me@x>\nOrch-Task"))
  }

  @Test func `moving along with a rebase refuses to lose uncommitted work`() throws {
    try scratch.repository(files: ["a": "1\n"])
    try create()
    let old = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try scratch.write("repo/b", "2\n")
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "second", in: "repo")
    let new = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try scratch.write("trees/a b\nc/task/a", "dirty\n")
    #expect(throws: WorktreeError.dirty(path: worktree.path, files: ["a"])) {
      try move(to: new, from: old)
    }
    _ = try git("checkout", "--", "a")
    try move(to: new, from: old)
    #expect(try git("status", "--porcelain") == "")
    #expect(try git("rev-parse", "HEAD") == new.hex + "\n")
  }

  @Test
  func `a move takes a folder of ignored files out of the way of a file, and never a repository`()
    throws
  {
    try scratch.repository(files: [".gitignore": "build/\n", "a": "1\n"])
    try create()
    let old = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try scratch.write("repo/build", "a file\n")
    try scratch.write("repo/a", "2\n")
    try scratch.git("add", "-Af", in: "repo")
    try scratch.git("commit", "-qm", "a file named build", in: "repo")
    let new = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    let path = "trees/a b\nc/task/"
    try scratch.repository(path + "build")
    let error = #expect(throws: WorktreeError.self) { try move(to: new, from: old) }
    guard case .refused = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try scratch.read(path + "a") == "1\n")
    try FileManager.default.removeItem(atPath: scratch[path + "build"])
    try scratch.write(path + "build/gen/o", "artefact\n")
    try move(to: new, from: old)
    #expect(try git("status", "--porcelain") == "")
    #expect(try scratch.read(path + "build") == "a file\n")
  }

  @Test func `a move refuses to overwrite an edit that git was told not to see`() throws {
    try scratch.repository(files: ["a": "1\n", "b": "1\n"])
    try create()
    let old = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try scratch.write("repo/a", "2\n")
    try scratch.git("commit", "-qam", "moved", in: "repo")
    let new = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    _ = try git("update-index", "--assume-unchanged", "a", "b")
    let path = "trees/a b\nc/task/"
    try scratch.write(path + "a", "a person's edit\n")
    #expect(throws: WorktreeError.dirty(path: worktree.path, files: ["a"])) {
      try move(to: new, from: old)
    }
    #expect(try scratch.read(path + "a") == "a person's edit\n")
    _ = try git("update-index", "--no-assume-unchanged", "a")
    _ = try git("checkout", "-q", "a")
    try scratch.write(path + "b", "an edit that is in nobody's way\n")
    try move(to: new, from: old)
    #expect(try scratch.read(path + "b") == "an edit that is in nobody's way\n")
    #expect(try scratch.read(path + "a") == "2\n")
  }

  @Test func `signed commits and those before them stay as they are`() throws {
    try scratch.repository(files: ["a": "1\n"])
    let base = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try create()
    for name in ["one", "two", "three"] {
      _ = try git("commit", "-q", "--allow-empty", "-m", name)
      if name == "two" { try sign() }
    }
    let before = try git("log", "--format=%H", "main..").split(separator: "\n")
    let marked = try worktree.annotate(
      notIn: [base], trailers: [(name: "Orch-Task", value: "000000000001")])
    let after = try git("log", "--format=%H", "main..").split(separator: "\n")
    #expect(after.count == 3 && after.dropFirst() == before.dropFirst() && after[0] != before[0])
    #expect(marked.commits.map(\.hex) == after.reversed().map(String.init))
  }

  /// Gives the newest commit a signature, which nobody can check.
  private func sign() throws {
    let text = try git("cat-file", "commit", "HEAD")
      .replacingOccurrences(of: "\n\n", with: "\ngpgsig -----BEGIN\n x\n -----END\n\n")
    let made = try scratch.run(
      ["git", "hash-object", "-t", "commit", "-w", "--stdin"], in: "repo", input: text)
    _ = try git("reset", "-q", "--soft", String(made.output.dropLast()))
  }

  @Test func `words that are to be changed are changed under a signature too, which goes then`()
    throws
  {
    try scratch.repository(files: ["a": "1\n"])
    let base = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try create()
    for name in ["one", "bad", "three"] {
      _ = try git("commit", "-q", "--allow-empty", "-m", name)
      try sign()
    }
    let before = try git("log", "--format=%H", "main..").split(separator: "\n")
    let trailers = [(name: "Orch-Task", value: "000000000001")]
    func mark() throws -> [ObjectID] {
      try worktree.annotate(notIn: [base], trailers: trailers) {
        $0.replacingOccurrences(of: "bad", with: "good")
      }.commits
    }
    let marked = try mark()
    #expect(marked.first?.hex == before.last.map(String.init))
    #expect(try git("log", "--format=%s", "main..") == "three\ngood\none\n")
    let raw = try marked.map { try git("cat-file", "commit", $0.hex).contains("gpgsig") }
    #expect(raw == [true, false, false])
    #expect(try mark() == marked)
  }

  @Test func `a move that was killed on its way is finished`() throws {
    try scratch.repository(files: ["a": "1\n", "b": "1\n", "c": "1\n"])
    try create()
    let old = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    for file in ["a", "b"] { try scratch.write("repo/" + file, "2\n") }
    try scratch.write("repo/new", "n\n")
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "second", in: "repo")
    let new = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    // Some files are written, the reference is not moved.
    try scratch.write("trees/a b\nc/task/a", "2\n")
    try scratch.write("trees/a b\nc/task/new", "n\n")
    try move(to: new, from: old)
    #expect(try git("status", "--porcelain") == "")
    #expect(try git("rev-parse", "HEAD") == new.hex + "\n")
    #expect(try scratch.read("trees/a b\nc/task/b") == "2\n")
  }

  @Test func `a file that a killed move left half written is kept and then made whole`() throws {
    try scratch.repository(files: ["a": "1\n", "b": "1\n"])
    try create()
    let old = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try scratch.write("repo/a", "2\n2\n2\n")
    try scratch.git("commit", "-qam", "second", in: "repo")
    let first = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try scratch.write("repo/b", "3\n")
    try scratch.git("commit", "-qam", "third", in: "repo")
    let second = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    let gitFolder = try git("rev-parse", "--absolute-git-dir").dropLast()
    try (first.hex + "\n").write(
      toFile: gitFolder + "/orch-move", atomically: true, encoding: .utf8)
    try scratch.write("trees/a b\nc/task/a", "2\n2")
    var kept: [ObjectID] = []
    try move(to: second, from: old) { kept.append($0) }
    #expect(try git("status", "--porcelain") == "")
    #expect(try git("rev-parse", "HEAD") == second.hex + "\n")
    let commit = try #require(kept.first)
    #expect(try git("show", commit.hex + ":a") == "2\n2")
    // The note is gone: from now on a difference is somebody's work again.
    try scratch.write("trees/a b\nc/task/a", "mine\n")
    #expect(throws: WorktreeError.dirty(path: worktree.path, files: ["a"])) {
      try move(to: old, from: second)
    }
  }

  @Test func `a worktree whose making was killed is made again`() throws {
    try scratch.repository(files: ["a": "1\n", "b": "1\n"])
    try create()
    try scratch.write("repo/.git/orch/making/" + worktree.name, "")
    try FileManager.default.removeItem(atPath: worktree.path + "/b")
    #expect(!WorktreeStore.isWhole(worktree))
    try create()
    #expect(WorktreeStore.isWhole(worktree))
    #expect(try git("status", "--porcelain") == "")
    #expect(!scratch.exists("repo/.git/orch/making/" + worktree.name))
  }

  @Test func `what would be lost is known before a removal`() throws {
    try scratch.repository(files: ["a": "1\n"])
    try create()
    let base = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    #expect(try worktree.removalPlan(published: [base]).losesNothing)
    try scratch.write("trees/a b\nc/task/a", "2\n")
    #expect(try worktree.removalPlan(published: [base]).dirtyFiles == ["a"])
    _ = try git("commit", "-qam", "work")
    let plan = try worktree.removalPlan(published: [base])
    #expect(plan.dirtyFiles.isEmpty && plan.unpublishedHead != nil)
    let repository = try Repository(at: scratch["repo"])
    try WorktreeStore.remove(worktree, in: repository)
    try WorktreeStore.remove(worktree, in: repository)
    #expect(!scratch.exists("trees/a b\nc/task"))
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
  }

  @Test(arguments: [
    ("Fix login 'timeout' 😀\nnow", "fix-login-timeout-now"), ("---", "task"), ("", "task"),
    ("ÄÖÜ", "task"), ("-rf /", "rf"), ("a/../b", "a-b"),
    (String(repeating: "x", count: 200), String(repeating: "x", count: 40)),
  ])
  func `slugs are safe names`(title: String, slug: String) {
    #expect(Naming.slug(title) == slug)
  }
}
