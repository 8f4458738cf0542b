import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Histories of odd shapes` {
  let scratch = Scratch.current
  let committer = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  private func commit(_ name: String, _ files: [String: String]) throws {
    for (file, content) in files { try scratch.write("repo/" + file, content) }
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", name, in: "repo")
  }

  private func rebase(
    _ branch: String, onto: String, upstream: String? = nil
  ) throws -> RebaseVerdict {
    let repository = try Repository(at: scratch["repo"])
    func id(_ name: String) throws -> ObjectID {
      try #require(ObjectID(hex: try scratch.git("rev-parse", name, in: "repo")))
    }
    return try InMemoryRebase.rebase(
      head: id(branch), onto: id(onto), upstream: upstream.map(id), committer: committer,
      in: repository)
  }

  /// The same commits, trees and parents apart from the committer, as git's own rebase makes.
  private func expectGits(_ verdict: RebaseVerdict, onto: String, _ options: [String]) throws {
    guard case .clean(let branch) = verdict else {
      Issue.record("expected a clean rebase: \(verdict)")
      return
    }
    let command = ["git", "rebase", "-q"] + options
    let git = try scratch.run(command, in: "repo")
    #expect(git.exitCode == 0, "\(git.errorOutput)")
    let format = "--format=%T %an %at %s"
    #expect(
      try scratch.git("log", format, "\(onto)..\(branch.head)", in: "repo")
        == scratch.git("log", format, "\(onto)..HEAD", in: "repo"))
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `a branch without a common commit, root included, goes onto another history`() throws {
    try scratch.repository(files: ["a": "1\n"])
    try scratch.git("checkout", "-q", "--orphan", "other", in: "repo")
    try scratch.git("rm", "-qrf", ".", in: "repo")
    try commit("a root of its own", ["b": "b\n"])
    try commit("second", ["b": "b\nc\n"])
    try expectGits(
      rebase("other", onto: "main"), onto: "main", ["--root", "--onto", "main", "other"])
  }

  @Test func `two roots that add one file differently conflict in it`() throws {
    try scratch.repository(files: ["a": "1\n"])
    try scratch.git("checkout", "-q", "--orphan", "other", in: "repo")
    try commit("a root of its own", ["a": "2\n"])
    guard case .conflict(let report) = try rebase("other", onto: "main") else {
      Issue.record("expected a conflict")
      return
    }
    #expect(report.files.map(\.path) == ["a"] && report.files.map(\.kind) == [.addAdd])
  }

  @Test func `an octopus in the branch is laid flat, as git does`() throws {
    try scratch.repository(files: ["a": "1\n"])
    for name in ["one", "two", "three"] {
      try scratch.git("checkout", "-q", "-b", name, "main", in: "repo")
      try commit(name, [name: "\(name)\n"])
    }
    try scratch.git("checkout", "-q", "-b", "topic", "one", in: "repo")
    try scratch.git("merge", "-q", "-m", "octopus", "two", "three", in: "repo")
    try commit("after", ["after": "x\n"])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try commit("moved", ["a": "1\n2\n"])
    let verdict = try rebase("topic", onto: "main")
    guard case .clean(let branch) = verdict else {
      Issue.record("expected a clean rebase: \(verdict)")
      return
    }
    try scratch.git("rebase", "-q", "main", "topic", in: "repo")
    #expect(
      try scratch.git("rev-parse", "\(branch.head)^{tree}", in: "repo")
        == scratch.git("rev-parse", "HEAD^{tree}", in: "repo"))
    let subjects = { (range: String) in
      try scratch.git("log", "--format=%s", range, in: "repo").split(separator: "\n").sorted()
    }
    #expect(try subjects("main..\(branch.head)") == subjects("main..HEAD"))
  }

  @Test func `of a base that was rewritten, only the branch's own commits come along`() throws {
    try scratch.repository(files: ["a": "1\n"])
    try commit("to be dropped", ["dropped": "x\n"])
    try scratch.git("branch", "former", in: "repo")
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try commit("own", ["own": "x\n"])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try scratch.git("reset", "-q", "--hard", "HEAD~1", in: "repo")
    try commit("instead", ["instead": "x\n"])
    try expectGits(
      rebase("topic", onto: "main", upstream: "former"), onto: "main",
      ["--onto", "main", "former", "topic"])
    #expect(try scratch.git("ls-tree", "--name-only", "HEAD", in: "repo") == "a\ninstead\nown")
  }

  @Test func `submodules moved by both sides are a conflict, those moved by one are not`() throws {
    try scratch.repository(files: ["a": "1\n"])
    func link(_ digit: String, _ path: String) throws {
      let id = String(repeating: digit, count: 40)
      try scratch.git(
        "update-index", "--add", "--cacheinfo", "160000,\(id),\(path)", in: "repo")
    }
    func commitIndex(_ name: String) throws {
      try scratch.git("commit", "-q", "-m", name, in: "repo")
    }
    try link("1", "both")
    try link("1", "one")
    try commitIndex("submodules")
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try link("2", "one")
    try commitIndex("moves one")
    try link("2", "both")
    try commitIndex("moves both")
    try scratch.git("checkout", "-q", "-f", "main", in: "repo")
    try link("3", "both")
    try commitIndex("base moves both")
    guard case .conflict(let report) = try rebase("topic", onto: "main") else {
      Issue.record("expected a conflict")
      return
    }
    #expect(report.subject == "moves both")
    #expect(report.files.map(\.path) == ["both"] && report.files.map(\.kind) == [.submodule])
    #expect(report.done.count == 1)
  }
}
