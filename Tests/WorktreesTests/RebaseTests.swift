import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Rebasing in memory` {
  let scratch = Scratch.current
  let committer = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  private func id(_ revision: String) throws -> ObjectID {
    try #require(ObjectID(hex: try scratch.git("rev-parse", revision, in: "repo")))
  }

  private func rebase(_ branch: String, onto: String) throws -> RebaseVerdict {
    let repository = try Repository(at: scratch["repo"])
    return try InMemoryRebase.rebase(
      head: id(branch), onto: id(onto), committer: committer, in: repository)
  }

  private func commit(_ name: String, _ files: [String: String?]) throws {
    for (file, content) in files {
      if let content {
        try scratch.write("repo/" + file, content)
      } else {
        try scratch.git("rm", "-q", "--", file, in: "repo")
      }
    }
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", name, in: "repo")
  }

  private func head(_ verdict: RebaseVerdict) throws -> ObjectID {
    guard case .clean(let branch) = verdict else {
      Issue.record("expected a clean rebase: \(verdict)")
      throw CancellationError()
    }
    return branch.head
  }

  private func conflict(_ verdict: RebaseVerdict) throws -> ConflictReport {
    guard case .conflict(let report) = verdict else {
      Issue.record("expected a conflict: \(verdict)")
      throw CancellationError()
    }
    return report
  }

  @Test func `author, dates and message are kept, the committer is orch`() throws {
    try scratch.repository(files: ["a": "1\n", "b": "1\n"])
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try commit("change a\n\nwith a body\n\nTrailer: yes", ["a": "2\n"])
    try commit("empty", [:])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try commit("change b", ["b": "2\n"])
    let before = try scratch.git("log", "-2", "--format=%an%ae%ad%B", "topic", in: "repo")
    let new = try head(rebase("topic", onto: "main"))
    #expect(try scratch.git("log", "-2", "--format=%an%ae%ad%B", new.hex, in: "repo") == before)
    #expect(try scratch.git("log", "-1", "--format=%cn", new.hex, in: "repo") == "orch")
    #expect(try scratch.git("rev-list", "--count", "main..\(new)", in: "repo") == "2")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `a change that the base has already is dropped`() throws {
    try scratch.repository(files: ["a": "1\n"])
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try commit("same", ["a": "2\n"])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try commit("same on main", ["a": "2\n", "b": "x\n"])
    #expect(try head(rebase("topic", onto: "main")) == id("main"))
  }

  @Test func `a file that becomes a submodule, and one that was one, come along`() throws {
    let module = String(repeating: "5", count: 40)
    try scratch.repository(files: ["a": "1\n"])
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try scratch.git("rm", "-q", "--cached", "a", in: "repo")
    try scratch.git(
      "update-index", "--add", "--cacheinfo", "160000,\(module),a", in: "repo")
    try scratch.git("commit", "-q", "-m", "a submodule", in: "repo")
    try scratch.git("update-index", "--force-remove", "a", in: "repo")
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", "a file again", in: "repo")
    try scratch.git("checkout", "-q", "main", in: "repo")
    try commit("the base moves", ["b": "x\n"])
    let head = try head(rebase("topic", onto: "main"))
    let middle = try scratch.git("ls-tree", "\(head.hex)~1", "a", in: "repo")
    #expect(middle.hasPrefix("160000 commit \(module)"))
    #expect(try scratch.git("ls-tree", head.hex, "a", in: "repo").hasPrefix("100644 blob"))
  }

  @Test func `a conflict names commit, file, kind, and shows both sides`() throws {
    try scratch.repository(files: ["a": "1\n", "keep": "k\n"])
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try commit("mine", ["a": "mine\n"])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try commit("theirs", ["a": "theirs\n"])
    let report = try conflict(rebase("topic", onto: "main"))
    #expect(report.subject == "mine")
    #expect(report.commit == (try id("topic")))
    #expect(report.files.map(\.path) == ["a"])
    #expect(report.files.first?.kind == .content)
    #expect(report.files.first?.text?.contains("<<<<<<<") == true)
  }

  @Test func `deleting what the base changed, and binary files, are conflicts of their kinds`()
    throws
  {
    try scratch.repository(files: ["gone": "1\n2\n3\n", "bin": "a\0b"])
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try commit("mine", ["gone": nil, "bin": "a\0c"])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try commit("theirs", ["gone": "1\n2\nchanged\n", "bin": "a\0d"])
    let report = try conflict(rebase("topic", onto: "main"))
    let kinds = Dictionary(report.files.map { ($0.path, $0.kind) }, uniquingKeysWith: { $1 })
    #expect(kinds["gone"] == .deleteModify)
    #expect(kinds["bin"] == .binary)
  }

  @Test func `a rename on one side takes the other side's edit along`() throws {
    let text = (1...40).map { "line \($0)\n" }.joined()
    try scratch.repository(files: ["old.txt": text, "other": "x\n"])
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try commit("edit", ["old.txt": text + "more\n"])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try scratch.git("mv", "old.txt", "new.txt", in: "repo")
    try commit("rename", [:])
    let new = try head(rebase("topic", onto: "main"))
    #expect(try scratch.git("show", "\(new):new.txt", in: "repo").hasSuffix("more"))
  }

  @Test func `a file added to a folder that the base moved is a conflict, as git says`() throws {
    let text = (1...40).map { "line \($0)\n" }.joined()
    try scratch.repository(files: ["dir/a.txt": text, "dir/b.txt": text + "b", "z": "z\n"])
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try commit("add", ["dir/new.txt": "new\n"])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try scratch.git("mv", "dir", "moved", in: "repo")
    try commit("move", [:])
    let report = try conflict(rebase("topic", onto: "main"))
    #expect(report.files.first?.kind == .folder)
    let git = try scratch.run(
      ["git", "-c", "merge.directoryRenames=conflict", "rebase", "main", "topic"], in: "repo")
    #expect(git.exitCode != 0)
  }

  @Test func `a branch that is on the base already stays as it is`() throws {
    try scratch.repository()
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try commit("one", ["a": "1\n"])
    #expect(try head(rebase("topic", onto: "main")) == id("topic"))
  }
}
