import Foundation
import Git2
import GitState
import JSON

/// A state with many tasks, changed by orch's store and by git alone.
final class BenchState {
  let repository: String
  let store: StateStore
  private(set) var keys: [RecordKey] = []
  private var next = 0

  /// Opens the repository, or makes it with so many tasks.
  init(at path: String, tasks count: Int) async throws {
    repository = path
    let isNew = !FileManager.default.fileExists(atPath: path)
    if isNew { try run(["git", "init", "-q", path]) }
    var random = SystemRandomNumberGenerator()
    store = try StateStore(
      at: path, hostName: "bench",
      identity: Signature(name: "orch", email: "orch@localhost", seconds: 0),
      clock: { Int(Date().timeIntervalSince1970 * 1000) }, using: &random)
    try await store.initialise()
    if isNew {
      while keys.count < count { keys.append(RecordKey(.tasks, .random(using: &random))) }
      for start in stride(from: 0, to: count, by: 512) {
        let part = Array(keys[start..<min(start + 512, count)])
        _ = try await store.write(
          Decision(reading: []) { _ in
            part.map { Change(key: $0, event: Self.change($0, 0).event, note: nil) }
          })
      }
    } else {
      let ids = try await store.read { try $0.ids(of: .tasks, in: $1) }
      keys = ids.map { RecordKey(.tasks, $0) }
      next = Int.random(in: 0..<count)
    }
  }

  /// One change after the other: the caller waits for each.
  func change(oneByOne count: Int) async throws {
    for _ in 0..<count {
      let (key, number) = nextKey()
      _ = try await store.write(Decision(reading: [key]) { _ in [Self.change(key, number)] })
    }
  }

  /// Many callers at once, who share a turn.
  func change(together count: Int) async throws {
    let store = store
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        let (key, number) = nextKey()
        group.addTask {
          _ = try await store.write(Decision(reading: [key]) { _ in [Self.change(key, number)] })
        }
      }
      try await group.waitForAll()
    }
  }

  /// What a script would do with git's plumbing, with the objects and the reference synced.
  func changeWithGit(_ count: Int) throws {
    let sync = ["git", "-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"]
    for _ in 0..<count {
      let (key, number) = nextKey()
      let id = key.id
      let blob = try run(
        sync + ["hash-object", "-w", "--stdin"],
        input: "{\"n\":\(number),\"x\":\"\(String(repeating: "y", count: 400))\"}", in: repository)
      let tip = try run(["git", "rev-parse", "refs/orch/state"], in: repository)
      var child = blob
      var mode = "100644 blob"
      var name = "task.json"
      for path in ["tasks/\(id.shard)/\(id)", "tasks/\(id.shard)", "tasks", ""] {
        let tree = try run(["git", "ls-tree", "\(tip):\(path)"], in: repository)
        let kept = tree.split(separator: "\n").filter { !$0.hasSuffix("\t\(name)") }
        let entries = (kept + ["\(mode) \(child)\t\(name)"]).joined(separator: "\n") + "\n"
        child = try run(sync + ["mktree"], input: entries, in: repository)
        mode = "040000 tree"
        name = path.split(separator: "/").last.map(String.init) ?? ""
      }
      let commit = try run(
        sync + ["commit-tree", child, "-p", tip, "-m", "edited"], in: repository)
      try run(sync + ["update-ref", "refs/orch/state", commit, tip], in: repository)
    }
  }

  private func nextKey() -> (RecordKey, Int) {
    next += 1
    return (keys[next * 7919 % keys.count], next)
  }

  static func change(_ key: RecordKey, _ number: Int) -> Change {
    let text = String(repeating: "x", count: 300)
    return Change(
      key: key,
      event: EventDraft(
        kind: "task.edited",
        operations: [
          .set("body", .string("\(number) \(text)")), .set("title", .string("Task \(number)")),
        ]),
      note: CommitNote(verb: "edited", title: "Task \(number)"))
  }
}
