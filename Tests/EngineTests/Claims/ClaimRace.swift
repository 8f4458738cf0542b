import Engine
import Foundation
import Git2
import GitCLI
import GitState
import TestSupport

/// A host with a clone of its own that works off tasks by claims; the state is a chain of commits whose
/// messages say `<task> <token> <what>`.
struct RacingHost: Sendable {
  struct Broken: Error {}

  static let state = "refs/orch/state"

  let name: String
  let path: String
  let git: GitProgram
  let keeper: ClaimKeeper
  private let repository: RepositoryActor

  init(_ name: String, path: String, scratch: Scratch, lifetime: Int, seed: UInt64) throws {
    self.name = name
    self.path = path
    git = GitProgram(directory: path, environment: scratch.environment)
    repository = try RepositoryActor(at: path)
    keeper = ClaimKeeper(
      arbiter: try GitArbiter(git: git, remote: "origin"),
      folder: try LocalFolder(commonDirectory: path + "/.git"), host: name,
      timing: ClaimTiming(lifetime: lifetime), clock: .system, using: SeededRandom(seed: seed))
  }

  /// The lines of the state at the arbiter, oldest first, and its tip.
  func lines() async throws -> (tip: ObjectID?, lines: [[String]]) {
    let tracking = "refs/orch/remotes/origin/state"
    let shown = try await git.advertisedReferences(remote: "origin", patterns: [Self.state])
    guard shown[Self.state] != nil else { return (nil, []) }
    try await git.fetch(remote: "origin", refspecs: ["+\(Self.state):\(tracking)"])
    return try await repository.run { repository in
      try repository.refreshObjects()
      let tip = try repository.reference(tracking)
      var lines: [[String]] = []
      var next = tip
      while let id = next {
        let commit = try repository.commit(id)
        lines.append(commit.subject.split(separator: " ").map(String.init))
        next = commit.parents.first
      }
      return (tip, lines.reversed())
    }
  }

  func standing(_ task: RecordID) async throws -> TaskStanding {
    let own = try await lines().lines.filter { $0[0] == task.text }
    return TaskStanding(
      isTerminal: own.contains { $0[2] == "done" },
      highestToken: own.compactMap { Int($0[1]) }.max() ?? 0)
  }

  /// A commit of the state after the newest one.
  func entry(_ task: RecordID, _ token: Int, _ word: String) async throws -> ArbiterMove {
    let tip = try await lines().tip
    let who = Signature(name: name, email: "host@localhost", seconds: 0)
    let id = try await repository.run { repository in
      let tree = try repository.write([], .tree)
      let text = CommitText(
        tree: tree, parents: tip.map { [$0] } ?? [], author: who, committer: who,
        message: "\(task) \(token) \(word) \(name)\n")
      return try repository.write(text.bytes, .commit)
    }
    return ArbiterMove(Self.state, from: tip, to: id)
  }

  /// The state at the arbiter, for verifications.
  var stateAtArbiter: StateAtArbiter {
    StateAtArbiter(
      standing: { try await self.standing($0) },
      record: { task, token in
        while true {
          let standing = try await self.standing(task)
          if standing.isTerminal || standing.highestToken >= token { return standing }
          let move = try await self.entry(task, token, "started")
          _ = try? await self.git.push(
            remote: "origin",
            [
              PushUpdate(
                move.new?.hex, to: move.reference,
                expecting: move.expected.map { .object($0.hex) } ?? .absent)
            ])
        }
      })
  }

  /// Works tasks off until none is left; returns the tokens that it finished with.
  func work(off tasks: [RecordID]) async throws -> [RecordID: Int] {
    _ = try await keeper.begin(continuing: [:])
    var finished: [RecordID: Int] = [:]
    var open = Set(tasks)
    while let task = open.randomElement() {
      let standing = try await standing(task)
      if standing.isTerminal {
        open.remove(task)
        continue
      }
      if await keeper.workDeadline.map({ $0 - ClaimClock.system.now() < 20_000 }) ?? true {
        _ = await keeper.beat()
      }
      guard
        case .won(let token) = try await keeper.acquire(task, standing, state: stateAtArbiter)
      else { continue }
      if try await finish(task, token) { finished[task] = token }
    }
    return finished
  }

  private func finish(_ task: RecordID, _ token: Int) async throws -> Bool {
    for _ in 0..<50 {
      let state = try await entry(task, token, "done")
      let branch = ArbiterMove("refs/heads/orch/\(task)/\(token)", from: nil, to: state.new)
      switch await keeper.finish(task, publishing: [state, branch]) {
      case .published: return true
      case .lost: return false
      case .suspended: _ = await keeper.beat()
      case .outdated, .unknown:
        let mine = try await lines().lines.contains {
          $0[0] == task.text && $0[1] == String(token) && $0[2] == "done"
        }
        if mine { return await keeper.release(task, hasWorked: true) }
      }
    }
    throw Broken()
  }
}

extension ClaimClock {
  /// The machine's clocks.
  static let system = running {
    MonotonicTime(milliseconds: Int(DispatchTime.now().uptimeNanoseconds / 1_000_000))
  }
  /// Time stands still, however slow the machine is; pauses are real.
  static let standing = running { MonotonicTime(milliseconds: 0) }

  private static func running(_ now: @escaping @Sendable () -> MonotonicTime) -> ClaimClock {
    ClaimClock(
      now: now,
      seconds: { Int64(Date().timeIntervalSince1970) },
      pause: { milliseconds in
        await withCheckedContinuation { continuation in
          DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
            continuation.resume()
          }
        }
      })
  }
}
