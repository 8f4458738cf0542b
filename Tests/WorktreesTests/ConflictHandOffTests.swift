import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Handing a conflict over` {
  let scratch = Scratch.current
  let committer = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  private func commit(_ message: String, _ files: [String: String?]) throws {
    for (file, content) in files {
      if let content {
        try scratch.write("repo/" + file, content)
      } else {
        try scratch.git("rm", "-q", "--", file, in: "repo")
      }
    }
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-q", "-m", message, in: "repo")
  }

  /// A branch of three commits of which the second does not fit, checked out in two worktrees' places.
  private func prepare(
    base: [String: String], branch: [String: String?], moved: [String: String?]
  ) throws -> (ConflictReport, Worktree, ObjectID) {
    try scratch.repository(files: base.merging(["keep": "k\n"]) { $1 })
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try commit("it's first", ["first": "1\n"])
    try commit("second\n\nBody of it.\n\nTrailer: yes", branch)
    try commit("third", ["third": "3\n"])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try commit("moved", moved)
    try scratch.git("branch", "reference", "topic", in: "repo")
    try scratch.git("worktree", "add", "-q", scratch["ours"], "topic", in: "repo")
    try scratch.git("worktree", "add", "-q", scratch["git"], "reference", in: "repo")
    let repository = try Repository(at: scratch["repo"])
    let head = try #require(try repository.reference("refs/heads/topic"))
    let onto = try #require(try repository.reference("refs/heads/main"))
    let verdict = try InMemoryRebase.rebase(
      head: head, onto: onto, committer: committer, in: repository)
    guard case .conflict(let report) = verdict else {
      Issue.record("expected a conflict: \(verdict)")
      throw CancellationError()
    }
    return (report, Worktree(path: scratch["ours"], name: "ours", branch: "topic"), onto)
  }

  /// What git says about the state of a worktree, without ids of new commits and the branch's name.
  private func state(_ folder: String) throws -> [String] {
    let status = try scratch.git("status", "--porcelain=v2", in: folder)
    let stages = try scratch.git("ls-files", "-s", in: folder)
    let words = try scratch.git("status", in: folder)
      .replacingOccurrences(of: "'reference'", with: "'topic'")
    return [status, stages, words]
  }

  private static let conflicts:
    [(base: [String: String], branch: [String: String?], moved: [String: String?])] = [
      (["a": "1\n2\n"], ["a": "mine\n2\n"], ["a": "base\n2\n"]),
      (["a": "1\n2\n3\n"], ["a": nil], ["a": "1\n2\nmore\n"]),
      (["a": "1\n2\n3\n"], ["a": "1\n2\nmore\n"], ["a": nil]),
      ([:], ["new": "mine\n"], ["new": "theirs\n"]),
      (["bin": "a\0b"], ["bin": "a\0c"], ["bin": "a\0d"]),
      (
        ["a": "1\r\n2\r\n", "d/x": "1\n", "d/y": "2\n"],
        ["a": "mine\r\n2\r\n", "d/x": "mine\n"],
        ["a": "base\r\n2\r\n", "d/x": "base\n", "d/y": nil]
      ),
    ]

  @Test(arguments: 0..<conflicts.count)
  func `status, stages, files and what follows are as git leaves them`(number: Int) throws {
    let kind = Self.conflicts[number]
    let (report, worktree, onto) = try prepare(
      base: kind.base, branch: kind.branch, moved: kind.moved)
    try ConflictHandOff.layOut(report, in: worktree, onto: onto)
    let git = try scratch.run(["git", "rebase", "-q", "main"], in: "git")
    #expect(git.exitCode != 0)
    #expect(try state("ours") == state("git"))
    let names = try scratch.git("ls-files", in: "git").split(separator: "\n")
    for name in Set(names) where scratch.exists("git/\(name)") {
      #expect(try scratch.read("ours/\(name)") == scratch.read("git/\(name)"), "\(name)")
    }
    // Somebody resolves it, and goes on with git's own command.
    for folder in ["ours", "git"] {
      for name in Set(names) where name != "keep" && name != "first" {
        try scratch.write("\(folder)/\(name)", "resolved\n")
      }
      try scratch.git("add", "-A", in: folder)
      try scratch.git("-c", "core.editor=true", "rebase", "--continue", in: folder)
    }
    let format = "--format=%T %an %ae %at%n%B"
    #expect(
      try scratch.git("log", format, "main..HEAD", in: "ours")
        == scratch.git("log", format, "main..HEAD", in: "git"))
    #expect(try scratch.git("branch", "--show-current", in: "ours") == "topic")
    #expect(try scratch.git("status", "--porcelain", in: "ours") == "")
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  @Test func `aborting brings the branch back`() throws {
    let kind = Self.conflicts[0]
    let (report, worktree, onto) = try prepare(
      base: kind.base, branch: kind.branch, moved: kind.moved)
    let head = try scratch.git("rev-parse", "topic", in: "repo")
    try ConflictHandOff.layOut(report, in: worktree, onto: onto)
    try scratch.git("rebase", "--abort", in: "ours")
    #expect(try scratch.git("rev-parse", "HEAD", in: "ours") == head)
    #expect(try scratch.git("branch", "--show-current", in: "ours") == "topic")
    #expect(try scratch.git("status", "--porcelain", in: "ours") == "")
  }

  @Test func `uncommitted and untracked work is never overwritten`() throws {
    let kind = Self.conflicts[0]
    let (report, worktree, onto) = try prepare(
      base: kind.base, branch: kind.branch, moved: kind.moved.merging(["extra": "x\n"]) { $1 })
    try scratch.write("ours/keep", "mine\n")
    #expect(throws: WorktreeError.dirty(path: worktree.path, files: ["keep"])) {
      try ConflictHandOff.layOut(report, in: worktree, onto: onto)
    }
    try scratch.git("checkout", "-q", "keep", in: "ours")
    try scratch.write("ours/.gitignore", "ignored\n")
    #expect(throws: WorktreeError.self) {
      try ConflictHandOff.layOut(report, in: worktree, onto: onto)
    }
    #expect(try scratch.git("branch", "--show-current", in: "ours") == "topic")
    #expect(!scratch.exists("repo/.git/worktrees/ours/rebase-merge"))
  }

  @Test func `files that pass through a filter and do not differ are left alone`() throws {
    let attributes = "*.bin filter=lfs -text\n"
    let (report, worktree, onto) = try prepare(
      base: ["a": "1\n2\n", ".gitattributes": attributes, "x.bin": "pointer\n"],
      branch: ["a": "mine\n2\n"], moved: ["a": "base\n2\n"])
    try scratch.git("config", "filter.lfs.smudge", "sed s/^/smudged-/", in: "repo")
    try scratch.git("config", "filter.lfs.clean", "sed s/^smudged-//", in: "repo")
    try FileManager.default.removeItem(atPath: scratch["ours/x.bin"])
    try scratch.git("checkout", "-q", "x.bin", in: "ours")
    // Older than the index, so that nobody need look into it.
    _ = try scratch.run(["touch", "-d", "2001-01-01", scratch["ours/x.bin"]])
    try scratch.git("status", in: "ours")
    try ConflictHandOff.layOut(report, in: worktree, onto: onto)
    #expect(try scratch.read("ours/x.bin") == "smudged-pointer\n")
    #expect(try scratch.git("status", "--porcelain", in: "ours") == "UU a")
  }
}
