import Foundation
import Git2
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Index files` {
  let scratch = Scratch.current

  private var path: String { scratch["repo/.git/index"] }

  private func listing() throws -> String {
    try scratch.git("ls-files", "-s", "-v", "--debug", in: "repo")
  }

  @Test(arguments: [2, 3, 4])
  func `what git wrote is read, and written as git reads it`(version: Int) throws {
    try scratch.repository(
      files: ["a": "1\n", "a.b": "2\n", "a/b": "x", "deep/er/file": "3\n", "ü": "4\n"].filter {
        $0.key != "a/b"
      })
    try scratch.git("update-index", "--index-version", String(version), in: "repo")
    if version > 2 {
      try scratch.write("repo/soon", "x")
      try scratch.git("add", "-N", "soon", in: "repo")
      try scratch.git("update-index", "--skip-worktree", "a.b", in: "repo")
    }
    try scratch.git("update-index", "--assume-unchanged", "a", in: "repo")
    let before = try listing()
    let index = try IndexFile(path: path)
    #expect(index.entries.map { index.text($0) }.sorted() == index.entries.map { index.text($0) })
    try index.write(to: path)
    #expect(try listing() == before)
    try scratch.git("fsck", "--strict", in: "repo")
    let again = try IndexFile(path: path)
    #expect(again.entries.map { again.text($0) } == index.entries.map { index.text($0) })
    #expect(again.cachedTree == index.cachedTree)
  }

  @Test func `both sides of a conflict are kept`() throws {
    try scratch.repository(files: ["a": "1\n"])
    try scratch.git("checkout", "-q", "-b", "topic", in: "repo")
    try scratch.write("repo/a", "2\n")
    try scratch.git("commit", "-qam", "two", in: "repo")
    try scratch.git("checkout", "-q", "main", in: "repo")
    try scratch.write("repo/a", "3\n")
    try scratch.git("commit", "-qam", "three", in: "repo")
    _ = try scratch.run(["git", "merge", "topic"], in: "repo")
    let before = try listing()
    let index = try IndexFile(path: path)
    #expect(index.entries.map(\.stage) == [1, 2, 3])
    try index.write(to: path)
    #expect(try listing() == before)
  }

  @Test func `cached trees are those that git would write`() throws {
    try scratch.repository(files: ["a": "1\n", "d/e/f": "2\n", "d/g": "3\n"])
    try scratch.git("read-tree", "HEAD", in: "repo")
    let index = try IndexFile(path: path)
    let tree = try #require(index.cachedTree)
    #expect(tree.id?.hex == (try scratch.git("rev-parse", "HEAD^{tree}", in: "repo")))
    #expect(tree.entryCount == 3)
    let folder = try #require(tree.children.first)
    #expect(folder.name == Array("d".utf8))
    #expect(folder.id?.hex == (try scratch.git("rev-parse", "HEAD:d", in: "repo")))
  }

  @Test func `a missing index is empty, a damaged one is a typed error`() throws {
    try scratch.repository()
    #expect(try IndexFile(path: scratch["repo/none"]).entries.isEmpty)
    try scratch.write("repo/short", "DIRC")
    #expect(throws: IndexError.self) { try IndexFile(path: scratch["repo/short"]) }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[11] = 200
    try bytes.write(to: URL(fileURLWithPath: scratch["repo/wrong"]))
    #expect(throws: IndexError.self) { try IndexFile(path: scratch["repo/wrong"]) }
  }

  @Test func `a lock that a commit holds is left to it, however old it is`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let index = try IndexFile(path: path)
    let hook = try scratch.write(
      "repo/.git/hooks/pre-commit",
      "#!/bin/sh\ntouch .git/began\nwhile [ ! -e .git/go ]; do sleep 0.1; done\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
    try scratch.write("repo/a", "2\n")
    let commit = try scratch.start(["git", "commit", "-qam", "Slow"], in: "repo", log: "log")
    #expect(await eventually { scratch.exists("repo/.git/began") })
    _ = try scratch.run(["touch", "-c", "-d", "1 hour ago", path + ".lock"])
    #expect(throws: IndexError.locked(path: path + ".lock")) { try index.write(to: path) }
    #expect(throws: IndexError.locked(path: path + ".lock")) {
      try IndexFile.waitForLock(of: path)
    }
    try scratch.write("repo/.git/go", "")
    commit.waitForEnd()
    #expect(commit.terminationStatus == 0)
    #expect(try scratch.git("status", "--porcelain", in: "repo") == "")
    try IndexFile.waitForLock(of: path)
  }

  @Test func `a lock of a killed process is removed, a living one is waited for`() async throws {
    try scratch.repository()
    let index = try IndexFile(path: path)
    _ = try scratch.run(["touch", "-d", "1 hour ago", path + ".lock"])
    try index.write(to: path)
    #expect(!scratch.exists("repo/.git/index.lock"))
    let holder = try ChildProcess([
      "/bin/sh", "-c",
      "touch \"$1.lock\"; until [ -e \"$1.go\" ]; do sleep 0.05; done; rm \"$1.lock\"", "sh",
      path,
    ])
    #expect(await eventually { scratch.exists("repo/.git/index.lock") })
    try scratch.write("repo/.git/index.go", "")
    try index.write(to: path)
    holder.waitForEnd()
    try scratch.git("fsck", in: "repo")
  }
}
