import Foundation
import Git2
import TestSupport
import Testing

@testable import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A disk that is full in the middle` {
  let scratch = Scratch.current
  private let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  /// Text of about a mebibyte that does not become smaller by compression.
  private var noise: String {
    var random = SeededRandom(seed: 7)
    let bytes = (0..<(1 << 19)).map { _ in UInt8.random(in: 0...255, using: &random) }
    return Data(bytes).base64EncodedString(options: .lineLength64Characters) + "\n"
  }

  /// Runs an operation of the fixture where no file may have more than 32 KiB.
  private func runCramped(_ operation: String, _ worktree: Worktree, _ commits: ObjectID...) throws
  {
    let result = try scratch.run(
      [
        "sh", "-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh",
        BuiltProgram.path(of: "worktree-fixture"), operation, scratch["repo"], worktree.path,
        worktree.name, worktree.branch,
      ] + commits.map(\.hex))
    #expect(result.exitCode != 0)
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  private func id(_ revision: String) throws -> ObjectID {
    try #require(ObjectID(hex: try scratch.git("rev-parse", revision, in: "repo")))
  }

  @Test func `a move is done to its end by the next`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    let old = try id("main")
    try scratch.write("repo/a", "2\n")
    try scratch.write("repo/big", noise)
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "big", in: "repo")
    let new = try id("main")
    try runCramped("move", worktree, new, old)
    #expect(try id("orch/task") == old)
    try worktree.move(to: new, from: old, by: signature) { _ in }
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    #expect(try scratch.git("rev-parse", "HEAD", in: worktree.path) == new.hex)
  }

  @Test func `a snapshot leaves everything as it was`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try scratch.write("trees/task/big", noise)
    try runCramped("commit", worktree, try id("main"))
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "?? big")
    #expect(try worktree.commitAll(message: "left\n", by: signature) != nil)
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  @Test func `a restoring is done again`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try scratch.write("trees/task/big", noise)
    let snapshot = try worktree.snapshot(message: "orch: work\n", by: signature)
    try FileManager.default.removeItem(atPath: scratch["trees/task/big"])
    try runCramped("restore", worktree, snapshot)
    _ = try await worktree.restore(
      snapshot, message: "before\n", by: signature, git: scratch.gitRunner)
    #expect(
      try scratch.treeByGit("trees/task")
        == scratch.git("rev-parse", "\(snapshot.hex)^{tree}", in: "repo"))
  }

  @Test func `names that differ in case only are rebased and moved along`() async throws {
    try scratch.repository(files: ["Name": "1\n2\n3\n", "b": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    try scratch.git("mv", "Name", "name", in: worktree.path)
    try scratch.git("commit", "-qm", "case", in: worktree.path)
    try scratch.write("repo/Name", "1\n2\n3 of the base\n")
    try scratch.git("commit", "-qam", "base", in: "repo")
    let head = try id("orch/task")
    let verdict = try InMemoryRebase.rebase(
      head: head, onto: try id("main"), committer: signature,
      in: Repository(at: scratch["repo"]))
    guard case .clean(let rebased) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    try worktree.move(to: rebased.head, from: head, by: signature) { _ in }
    #expect(try scratch.git("status", "--porcelain", in: worktree.path) == "")
    #expect(try scratch.read("trees/task/name") == "1\n2\n3 of the base\n")
    #expect(try scratch.git("ls-files", in: worktree.path) == "b\nname")
  }
}
