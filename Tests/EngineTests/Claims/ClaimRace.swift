import Foundation
import Git2
import GitCLI
import GitState
import TestSupport
import Workflow

@testable import Engine

/// A host with a clone of its own that works off tasks as `orch run` does: the claims, the state and the syncs are
/// the real ones, and the work itself is one event.
struct RacingHost: Sendable {
  let work: SharedWork
  let tasks: TaskStore

  /// The host of a clone; the state comes with its first sync, or is made by `makeState`.
  init(_ name: String, path: String, scratch: Scratch, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let state = try StateStore(
      at: path, hostName: name,
      identity: Signature(name: "orch", email: "orch@localhost", seconds: 0),
      clock: { Int(Date().timeIntervalSince1970 * 1000) }, using: &random)
    tasks = TaskStore(state)
    var options = SharingOptions(remote: "origin") {
      ClaimClock.system.now().milliseconds
    }
    options.pushesPerMinute = .max
    work = try SharedWork(
      options: options, tasks: tasks,
      git: GitProgram(directory: path, environment: scratch.environment),
      seconds: { Int64(Date().timeIntervalSince1970) }, report: { _ in })
  }

  /// Makes the state, with tasks in it, and shares it.
  func makeState(_ ids: [RecordID]) async throws {
    try await tasks.state.initialise()
    for id in ids {
      _ = try await tasks.add(NewTask(title: "Task \(id)"), id: id, author: "test", now: 0)
    }
    _ = try await work.sync.run()
  }

  /// Works tasks off until none is left; returns the tokens that it finished with.
  func work(off ids: [RecordID]) async throws -> [RecordID: Int] {
    await work.begin()
    var finished: [RecordID: Int] = [:]
    var open = Set(ids)
    while let id = open.randomElement() {
      let task = try await tasks.find(id.text)
      if task.status.isTerminal {
        open.remove(id)
        continue
      }
      await beat()
      if let token = try await finish(task, id) {
        finished[id] = token
      } else {
        await work.synchronise()
      }
    }
    return finished
  }

  /// Gets a task and brings it to its end; nil if another host has it, or is faster with the state all the time.
  private func finish(_ task: TaskView, _ id: RecordID) async throws -> Int? {
    do {
      guard try await work.hold(task, for: .route(task: task.id)) == .ready else { return nil }
    } catch StateError.busy {
      // An effect that failed so is tried again.
      return nil
    }
    guard let token = await work.token(of: id) else { return nil }
    var change = TaskChange(.cancelled)
    change.token = token
    try await tasks.record(task.id, change)
    while await work.end(task.id) != .ended { await beat() }
    return token
  }

  /// Sends a heartbeat when the last one is about to run out, as `orch run` does beside its work.
  private func beat() async {
    let left = await work.keeper.workDeadline.map { $0 - ClaimClock.system.now() }
    if left ?? 0 < 20_000 { _ = await work.keeper.beat() }
  }

  /// The tokens that each task was ended with, as the events say that this host has.
  func endings() async throws -> [RecordID: [Int]] {
    try await tasks.state.read { reader, repository in
      var result: [RecordID: [Int]] = [:]
      for id in try reader.ids(of: .tasks, in: repository) {
        let events = try reader.events(of: RecordKey(.tasks, id), in: repository)
        result[id] = events.filter { $0.kind == "task.cancelled" }.map { $0.token ?? 0 }
      }
      return result
    }
  }
}

/// A host that only claims: its state knows of nothing.
struct ClaimingHost: Sendable {
  let git: GitProgram
  let keeper: ClaimKeeper

  init(_ name: String, path: String, scratch: Scratch) throws {
    git = GitProgram(directory: path, environment: scratch.environment)
    keeper = ClaimKeeper(
      arbiter: try GitArbiter(git: git, remote: "origin"),
      folder: try LocalFolder(commonDirectory: path + "/.git"), host: name,
      timing: ClaimTiming(lifetime: 600_000), clock: .system, using: SeededRandom(seed: 1))
  }

  /// What the state says of every task.
  static let fresh = TaskStanding(isTerminal: false, highestToken: 0)
  /// The state at the arbiter, for verifications.
  static let state = StateAtArbiter(standing: { _ in fresh }, record: { _, _ in fresh })
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
