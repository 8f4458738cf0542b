import Foundation
import Git2
import TestSupport
import Testing

@testable import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Files that pass through a filter` {
  let scratch = Scratch.current
  let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  /// A stand-in for Git LFS: what it stores begins with "pointer:", what it writes with "content:".
  private func repository(_ files: [String: String] = [:]) throws {
    try scratch.write(
      "git-lfs",
      """
      #!/bin/sh
      echo "$1 $2" >> "\(scratch["filter.log"])"
      [ -e "\(scratch["broken"])" ] && exit 1
      case $1 in
        clean) sed 's/^content:/pointer:/' ;;
        smudge) sed 's/^pointer:/content:/' ;;
      esac
      """)
    _ = try scratch.run(["chmod", "+x", scratch["git-lfs"]])
    try scratch.git("init", "-q", scratch["repo"])
    for (key, value) in [
      ("clean", "\(scratch["git-lfs"]) clean %f"), ("smudge", "\(scratch["git-lfs"]) smudge %f"),
      ("required", "true"),
    ] {
      try scratch.git("config", "filter.lfs." + key, value, in: "repo")
    }
    let all = [
      ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "a.bin": "content: 1\n",
      "plain": "content: plain\n", "new\nline.bin": "content: 2\n",
    ].merging(files) { $1 }
    for (name, text) in all { try scratch.write("repo/" + name, text) }
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "first", in: "repo")
  }

  private var log: String { (try? scratch.read("filter.log")) ?? "" }

  @Test func `clean and smudge run for those files only, and status is clean`() async throws {
    try repository()
    #expect(try scratch.git("show", "HEAD:a.bin", in: "repo") == "pointer: 1")
    try? FileManager.default.removeItem(atPath: scratch["filter.log"])
    let worktree = try await scratch.create(scratch.worktree())
    #expect(try scratch.read("trees/task/a.bin") == "content: 1\n")
    #expect(try scratch.read("trees/task/new\nline.bin") == "content: 2\n")
    #expect(try scratch.read("trees/task/plain") == "content: plain\n")
    #expect(log.split(separator: "\n").filter { $0.hasPrefix("smudge") }.count == 2)
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    #expect(WorktreeStore.isWhole(worktree))
    #expect(try worktree.status().isClean)
  }

  @Test func `a snapshot holds what clean makes of them, and restoring smudges again`()
    async throws
  {
    try repository()
    let worktree = try await scratch.create(scratch.worktree())
    try scratch.write("trees/task/a.bin", "content: changed\n")
    try scratch.write("trees/task/untracked.bin", "content: new\n")
    let error = #expect(throws: WorktreeError.self) {
      _ = try worktree.snapshot(message: "wip\n", by: signature)
    }
    guard case .needsGit = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let snapshot = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    #expect(try scratch.git("show", "\(snapshot.commit):a.bin", in: "repo") == "pointer: changed")
    #expect(
      try scratch.git("show", "\(snapshot.commit):untracked.bin", in: "repo") == "pointer: new")
    #expect(snapshot.tree.hex == (try scratch.treeByGit(worktree.path)))
    try scratch.write("trees/task/a.bin", "content: again\n")
    try FileManager.default.removeItem(atPath: worktree.path + "/untracked.bin")
    _ = try await worktree.restore(
      snapshot.commit, message: "before\n", by: signature, git: scratch.gitRunner)
    #expect(try scratch.read("trees/task/a.bin") == "content: changed\n")
    #expect(try scratch.read("trees/task/untracked.bin") == "content: new\n")
    #expect(
      try scratch.git("status", "--porcelain", in: worktree.path)
        == " M a.bin\n?? untracked.bin")
  }

  @Test func `leftover work is committed clean, and a move smudges`() async throws {
    try repository()
    let worktree = try await scratch.create(scratch.worktree())
    try scratch.write("trees/task/a.bin", "content: changed\n")
    let old = try #require(
      try await worktree.commitAll(message: "left\n", by: signature, git: scratch.gitRunner))
    #expect(try scratch.git("show", "\(old):a.bin", in: "repo") == "pointer: changed")
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    let new = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    try await worktree.move(to: new, from: old, by: signature, git: scratch.gitRunner) { _ in }
    #expect(try scratch.read("trees/task/a.bin") == "content: 1\n")
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
  }

  @Test func `a filter that fails leaves a typed error, and the next creation works`()
    async throws
  {
    try repository()
    try scratch.write("broken", "")
    await #expect(throws: WorktreeError.self) { try await scratch.create(scratch.worktree()) }
    #expect(!WorktreeStore.isWhole(scratch.worktree()))
    try scratch.git("fsck", "--no-dangling", in: "repo")
    try FileManager.default.removeItem(atPath: scratch["broken"])
    let worktree = try await scratch.create(scratch.worktree())
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    try scratch.write("trees/task/a.bin", "content: changed\n")
    try scratch.write("broken", "")
    await #expect(throws: WorktreeError.self) {
      try await worktree.snapshot(message: "wip\n", by: signature, git: scratch.gitRunner)
    }
  }

  @Test func `a filter that is not installed leaves pointers, as git does`() async throws {
    try repository()
    for key in ["clean", "smudge", "required"] {
      try scratch.git("config", "--unset", "filter.lfs." + key, in: "repo")
    }
    let worktree = try await scratch.create(scratch.worktree())
    #expect(try scratch.read("trees/task/a.bin") == "pointer: 1\n")
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
  }

  @Test func `line ends, keywords and encodings are written as git writes them`() async throws {
    try repository([
      ".gitattributes":
        "*.bat text eol=crlf\n*.id ident\n*.utf16 text working-tree-encoding=UTF-16LE\n"
        + "*.txt text=auto\n",
      "run.bat": "one\ntwo\n", "key.id": "$Id$\n", "note.utf16": "", "a.txt": "one\ntwo\n",
    ])
    let worktree = try await scratch.create(scratch.worktree())
    #expect(try scratch.read("trees/task/run.bat") == "one\r\ntwo\r\n")
    #expect(try scratch.read("trees/task/key.id").hasPrefix("$Id: "))
    #expect(try scratch.read("trees/task/a.txt") == "one\ntwo\n")
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    for name in ["run.bat", "key.id", "a.txt"] {
      try scratch.write("trees/task/" + name, "changed $Id: x $\r\nlines\r\n")
    }
    let snapshot = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    #expect(snapshot.tree.hex == (try scratch.treeByGit(worktree.path)))
  }

  @Test(arguments: ["true", "input", "false"])
  func `core.autocrlf is honoured both ways`(value: String) async throws {
    try repository(["text": "one\ntwo\n", "binary": "a\0\r\n", "mixed": "a\r\nb\n"])
    try scratch.git("config", "core.autocrlf", value, in: "repo")
    let worktree = try await scratch.create(scratch.worktree())
    #expect(
      try scratch.read("trees/task/text") == (value == "true" ? "one\r\ntwo\r\n" : "one\ntwo\n"))
    #expect(try scratch.read("trees/task/binary") == "a\0\r\n")
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    for name in ["text", "binary", "mixed", "new"] {
      try scratch.write("trees/task/" + name, "x\r\ny\r\n" + (name == "binary" ? "\0" : ""))
    }
    let snapshot = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    #expect(snapshot.tree.hex == (try scratch.treeByGit(worktree.path)))
  }
}
