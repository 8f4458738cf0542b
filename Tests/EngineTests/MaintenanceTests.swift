import Engine
import Foundation
import Git2
import GitCLI
import GitState
import JSON
import Synchronization
import TestSupport
import Testing
import Workflow

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Upkeep` {
  let scratch = Scratch.current
  private static let isProof = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1"
  private static let day = 86_400_000

  private func store() async throws -> StateStore {
    try scratch.repository()
    var random = SeededRandom(seed: 5)
    let state = try StateStore(
      at: scratch["repo"], hostName: "test",
      identity: Signature(name: "orch", email: "orch@localhost", seconds: 0),
      clock: { 1_800_000_000_000 }, using: &random)
    try await state.initialise()
    return state
  }

  private var git: GitProgram {
    GitProgram(directory: scratch["repo"], environment: scratch.environment)
  }

  @Test func `of a long history loses no event, with the user's own gc beside it`() async throws {
    let state = try await store()
    let tasks = TaskStore(state)
    let count = Self.isProof ? 100_000 : 3_000
    var random = SeededRandom(seed: 6)
    let ids = (0..<count / 50).map { _ in RecordID.random(using: &random) }
    try await withThrowingTaskGroup { group in
      for id in ids {
        group.addTask {
          _ = try await tasks.add(NewTask(title: "\(id)"), id: id, author: "test", now: 0)
        }
      }
      try await group.waitForAll()
    }
    let isOver = Atomic(false)
    let collections = Atomic(0)
    let hasEnded = Atomic(false)
    let path = scratch["repo"]
    let scratch = scratch
    let user = Thread {
      var round = 0
      while !isOver.load(ordering: .relaxed) || collections.load(ordering: .relaxed) < 2 {
        round += 1
        // git's own locks may be in its way; that is the user's to repeat.
        let prune = round % 2 == 0 ? ["--prune=now"] : []
        let collected = try? scratch.run(["git", "gc", "-q"] + prune, in: path)
        if collected?.exitCode == 0 { collections.add(1, ordering: .relaxed) }
        if !scratch.exists("repo") { break }
      }
      hasEnded.store(true, ordering: .relaxed)
    }
    user.start()
    for round in 1..<50 {
      try await withThrowingTaskGroup { group in
        for id in ids {
          group.addTask {
            var change = TaskChange(.checkpointed)
            change.fields["checkpoint"] = .string("round \(round)")
            try await tasks.record(id.text, change)
          }
        }
        try await group.waitForAll()
      }
      if round % 10 == 0 {
        _ = try await Maintenance(git: git, tasks: tasks, remote: nil).run(now: 1_800_000_000_000)
      }
    }
    isOver.store(true, ordering: .relaxed)
    let report = try await Maintenance(git: git, tasks: tasks, remote: nil).run(
      now: 1_800_000_000_000)
    #expect(report.wroteCommitGraph)
    #expect(await eventually(within: 300) { hasEnded.load(ordering: .relaxed) })
    #expect(collections.load(ordering: .relaxed) >= 2)
    let events = try await state.read { reader, repository in
      try reader.ids(of: .tasks, in: repository).reduce(0) {
        $0 + (try reader.events(of: RecordKey(.tasks, $1), in: repository).count)
      }
    }
    #expect(events == count / 50 * 50)
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
    let id = try #require(ids.first)
    let folder = "tasks/\(id.shard)/\(id)"
    let log = try scratch.git("log", "--oneline", "refs/orch/state", "--", folder, in: "repo")
    #expect(log.split(separator: "\n").count == 50)
  }

  @Test func `removes checkpoints of tasks that are long over, and no others`() async throws {
    let state = try await store()
    let tasks = TaskStore(state)
    let head = try scratch.git("rev-parse", "main", in: "repo")
    var names: [String] = []
    var random = SeededRandom(seed: 7)
    for title in ["over", "open"] {
      let id = RecordID.random(using: &random)
      _ = try await tasks.add(NewTask(title: title), id: id, author: "test", now: 0)
      names.append(RefLayout.workInProgress(id, token: 1))
      try scratch.git("update-ref", names.last ?? "", head, in: "repo")
      if title == "over" { try await tasks.record(id.text, TaskChange(.cancelled)) }
    }
    let maintenance = Maintenance(git: git, tasks: tasks, remote: nil)
    let soon = try await maintenance.run(now: 1_800_000_000_000 + Self.day)
    #expect(soon.removed == [])
    let dry = try await maintenance.run(now: 1_800_000_000_000 + 31 * Self.day, dryRun: true)
    #expect(dry.removed == [names[0]])
    let late = try await maintenance.run(now: 1_800_000_000_000 + 31 * Self.day)
    #expect(late.removed == [names[0]])
    let left = try scratch.git("for-each-ref", "--format=%(refname)", "refs/orch/wip", in: "repo")
    #expect(left == names[1])
  }

  @Test func `removes what machines that are gone have left at the remote, however much it is`()
    async throws
  {
    let state = try await store()
    let tasks = TaskStore(state)
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.git("remote", "add", "origin", scratch["origin.git"], in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    let head = try scratch.git("rev-parse", "main", in: "repo")
    var random = SeededRandom(seed: 8)
    var lines = ""
    var kept = ""
    for title in ["over", "open"] {
      let id = RecordID.random(using: &random)
      _ = try await tasks.add(NewTask(title: title), id: id, author: "test", now: 0)
      if title == "over" {
        for token in 1...1100 {
          lines += "create \(RefLayout.workInProgress(id, token: token)) \(head)\n"
        }
        try await tasks.record(id.text, TaskChange(.cancelled))
      } else {
        kept = RefLayout.workInProgress(id, token: 1)
        lines += "create \(kept) \(head)\n"
      }
    }
    try scratch.git("update-ref", "--stdin", in: "origin.git", input: lines)
    // What was seen of claims that are gone is forgotten too.
    let tracked = "refs/orch/remotes/origin/claims/a3b2c4d5e6f7"
    try scratch.git("update-ref", tracked, head, in: "repo")
    try scratch.git("update-ref", "refs/orch/remotes/origin/orch/state", head, in: "repo")
    let report = try await Maintenance(git: git, tasks: tasks, remote: "origin").run(
      now: 1_800_000_000_000 + 31 * Self.day)
    #expect(report.removedAtRemote.count == 1100)
    let left = try scratch.git(
      "for-each-ref", "--format=%(refname)", "refs/orch", in: "origin.git")
    #expect(left == kept)
    let seen = try scratch.git(
      "for-each-ref", "--format=%(refname)", "refs/orch/remotes", in: "repo")
    #expect(seen == "refs/orch/remotes/origin/orch/state")
  }
}
