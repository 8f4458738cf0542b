import Foundation
import Git2
import TestSupport
import Testing

@testable import Worktrees

@Suite(.scratch, .serialized, .timeLimit(.minutes(30))) struct `Worktrees and kill -9` {
  let scratch = Scratch.current

  private static let rounds = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 60 : 12

  private func repository() throws {
    try scratch.repository(
      files: Dictionary(
        uniqueKeysWithValues: (0..<400).map { ("d\($0 % 20)/f\($0)", "\($0)\n") }))
    for number in 0..<200 { try scratch.write("repo/d\(number % 20)/f\(number)", "second\n") }
    try scratch.git("commit", "-qam", "second", in: "repo")
  }

  /// Runs an operation and kills it after a random number of microseconds; false if it ended before.
  private func kill(
    _ arguments: [String], after microseconds: UInt32
  ) throws -> Bool {
    let process = try ChildProcess(
      [BuiltProgram.path(of: "worktree-fixture")] + arguments, environment: scratch.environment,
      error: .null)
    _ = poll(nil, 0, Int32(microseconds / 1000))
    process.send(SIGKILL)
    process.waitForEnd()
    return process.wasKilled
  }

  private func arguments(_ operation: String, _ worktree: Worktree, _ commits: String...) throws
    -> [String]
  {
    [operation, scratch["repo"], worktree.path, worktree.name, worktree.branch]
      + (try commits.map { try scratch.git("rev-parse", $0, in: "repo") })
  }

  private func expectSound(_ place: String) throws {
    for folder in ["repo", place] {
      #expect(try scratch.git("status", "--porcelain", in: folder) == "", "\(folder)")
    }
    try scratch.git("fsck", "--no-dangling", in: "repo")
    try scratch.git("worktree", "list", in: "repo")
  }

  @Test func `a creation that is killed at any moment is cleared and done again`() async throws {
    try repository()
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    var killed = 0
    for round in 0..<Self.rounds {
      let worktree = scratch.worktree("t\(round)")
      let wasKilled = try kill(
        arguments("create", worktree, "main"), after: .random(in: 2_000...60_000, using: &random))
      killed += wasKilled ? 1 : 0
      // What is there in between is no worktree for orch, and harmless for git.
      try scratch.git("status", "--porcelain", in: "repo")
      try scratch.git("worktree", "list", in: "repo")
      try await scratch.create(worktree)
      try expectSound("trees/t\(round)")
    }
    #expect(killed > 0, "seed \(seed): none was killed")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: scratch["repo/.git/orch/making"]) == [])
  }

  @Test func `taking from the pool, killed at any moment, leaves all in order`() async throws {
    try repository()
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let actor = try RepositoryActor(at: scratch["repo"])
    let head = try #require(ObjectID(hex: try scratch.git("rev-parse", "main", in: "repo")))
    for round in 0..<Self.rounds {
      let old = try await scratch.create(scratch.worktree("old\(round)"), at: "main~1")
      let refusal = try await actor.run { repository throws(WorktreeError) in
        try WorktreePool.release(old, published: [head], in: repository)
      }
      #expect(refusal == nil)
      let new = scratch.worktree("new\(round)")
      _ = try kill(
        arguments("take", new, "main"), after: .random(in: 2_000...60_000, using: &random))
      // The way of a caller: from the pool, or else from nothing.
      let runner = scratch.gitRunner
      if try await !WorktreePool.take(
        new, at: head, keepingIgnored: false, through: actor, git: runner)
      {
        try await scratch.create(new)
      }
      #expect(WorktreeStore.isWhole(new), "seed \(seed) round \(round)")
      try expectSound("trees/new\(round)")
      try WorktreeStore.remove(new, in: Repository(at: scratch["repo"]))
      try WorktreePool.clear(in: Repository(at: scratch["repo"]))
      try WorktreeStore.clearHalfMade(in: Repository(at: scratch["repo"]))
      #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: scratch["trees"]) == [],
        "seed \(seed) round \(round)")
    }
  }

  @Test func `a move and a commit, killed at any moment, are finished by the next`() async throws {
    try repository()
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let worktree = try await scratch.create(scratch.worktree())
    let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)
    for round in 0..<Self.rounds {
      let target = round % 2 == 0 ? "main~1" : "main"
      let from = try scratch.git("rev-parse", "orch/task", in: "repo")
      _ = try kill(
        arguments("move", worktree, target, from),
        after: .random(in: 2_000...60_000, using: &random))
      let old = try #require(
        ObjectID(hex: try scratch.git("rev-parse", "orch/task", in: "repo")))
      let new = try #require(ObjectID(hex: try scratch.git("rev-parse", target, in: "repo")))
      try worktree.move(to: new, from: old, by: signature) { _ in }
      try expectSound("trees/task")
      #expect(try scratch.git("rev-parse", "HEAD", in: worktree.path) == new.hex)
    }
    for round in 0..<Self.rounds {
      for number in 0..<30 { try scratch.write("trees/task/n\(number)", "\(round) \(number)\n") }
      _ = try kill(
        arguments("commit", worktree, "main"),
        after: .random(in: 2_000...60_000, using: &random))
      _ = try worktree.commitAll(message: "left\n", by: signature)
      try expectSound("trees/task")
      #expect(
        try scratch.git("show", "HEAD:n7", in: worktree.path) == "\(round) 7", "seed \(seed)")
    }
  }

  @Test func `a removal that is killed at any moment is done to its end, and the way is free`()
    async throws
  {
    try repository()
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    var killed = 0
    for round in 0..<Self.rounds {
      let worktree = try await scratch.create(scratch.worktree("t\(round)"))
      killed +=
        try kill(
          arguments("remove", worktree, "main"), after: .random(in: 2_000...40_000, using: &random))
        ? 1 : 0
      try scratch.git("worktree", "list", in: "repo")
      try WorktreeStore.clearHalfMade(in: Repository(at: scratch["repo"]))
      if round % 2 == 0 {
        try await scratch.create(worktree)
        try expectSound("trees/t\(round)")
      } else {
        try WorktreeStore.remove(worktree, in: Repository(at: scratch["repo"]))
        #expect(!scratch.exists("trees/t\(round)"), "seed \(seed) round \(round)")
      }
    }
    #expect(killed > 0, "seed \(seed): none was killed")
  }

  @Test func `a restoring, killed at any moment, is done again`() async throws {
    try repository()
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let worktree = try await scratch.create(scratch.worktree())
    let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)
    var kept: [ObjectID] = []
    for number in 0..<2 {
      for file in 0..<60 { try scratch.write("trees/task/n\(file)", "\(number) \(file)\n") }
      kept.append(try worktree.snapshot(message: "orch: work\n", by: signature))
    }
    for round in 0..<Self.rounds {
      let wanted = kept[round % 2]
      _ = try kill(
        arguments("restore", worktree, wanted.hex),
        after: .random(in: 2_000...40_000, using: &random)
      )
      _ = try await worktree.restore(
        wanted, message: "before\n", by: signature, git: scratch.gitRunner)
      #expect(
        try scratch.treeByGit("trees/task")
          == scratch.git("rev-parse", "\(wanted.hex)^{tree}", in: "repo"), "seed \(seed)")
      try scratch.git("fsck", "--no-dangling", in: "repo")
    }
  }

  @Test func `a conflict whose laying out is killed at any moment is undone and laid out again`()
    async throws
  {
    try repository()
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let worktree = try await scratch.create(scratch.worktree(), at: "main~1")
    try scratch.write("trees/task/d1/f1", "of the branch\n")
    try scratch.git("commit", "-qam", "branch", in: worktree.path)
    let head = try scratch.git("rev-parse", "HEAD", in: worktree.path)
    let repository = try Repository(at: scratch["repo"])
    let ids = try ["orch/task", "main"].map {
      try #require(try repository.reference("refs/heads/" + $0))
    }
    let verdict = try InMemoryRebase.rebase(
      head: ids[0], onto: ids[1], committer: Signature(name: "orch", email: "o@x", seconds: 1),
      in: repository)
    guard case .conflict(let report) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    for round in 0..<Self.rounds {
      _ = try kill(
        arguments("lay-out", worktree, "main", head),
        after: .random(in: 2_000...40_000, using: &random))
      // As orch does: the branch's own files are there again.
      try Repository(at: worktree.path).removeStaleLocks()
      _ = try scratch.run(["git", "rebase", "--quit"], in: worktree.path)
      try scratch.git("symbolic-ref", "HEAD", "refs/heads/orch/task", in: worktree.path)
      try scratch.git("reset", "-q", "--hard", in: worktree.path)
      try scratch.git("clean", "-fdq", in: worktree.path)
      try expectSound("trees/task")
      try ConflictHandOff.layOut(report, in: worktree, onto: ids[1])
      #expect(
        try scratch.git("diff", "--name-only", "--diff-filter=U", in: worktree.path) == "d1/f1",
        "seed \(seed) round \(round)")
      try scratch.git("rebase", "--abort", in: worktree.path)
      try expectSound("trees/task")
      #expect(try scratch.git("rev-parse", "HEAD", in: worktree.path) == head)
    }
  }
}
