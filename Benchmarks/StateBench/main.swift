// Times transitions of the state: orch's store, git plumbing, and SQLite, in turn on one machine.
//
//   StateBench FOLDER TASKS
//
// prints one line for each way: transitions per second, alone and in batches of 64. The peers do the
// same job: replace one task's half-kilobyte file durably and record that it happened.
import Foundation
import Git2
import GitState
import JSON

struct Usage: Error {}

guard CommandLine.arguments.count == 3, let count = Int(CommandLine.arguments[2]) else {
  throw Usage()
}
let folder = CommandLine.arguments[1]
let repository = folder + "/state-\(count)"

@discardableResult
func run(_ command: [String], input: String? = nil, in directory: String = folder) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  process.currentDirectoryURL = URL(fileURLWithPath: directory)
  let output = Pipe()
  process.standardOutput = output
  let source = Pipe()
  process.standardInput = source
  try process.run()
  if let input { source.fileHandleForWriting.write(Data(input.utf8)) }
  try source.fileHandleForWriting.close()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}

/// Seconds that some work takes.
func seconds(_ work: () async throws -> Void) async rethrows -> Double {
  let start = DispatchTime.now().uptimeNanoseconds
  try await work()
  return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
}

func report(_ way: String, _ transitions: Int, _ time: Double) {
  let rate = Double(transitions) / time
  print("\(count)\t\(way)\t\(Int(rate.rounded()))/s\t\(transitions) transitions")
}

@Sendable func change(_ key: RecordKey, _ number: Int) -> Change {
  let text = String(repeating: "x", count: 300)
  return Change(
    key: key,
    event: EventDraft(
      kind: "task.edited",
      operations: [.set("body", .string("\(number) \(text)")), .set("title", .string("Task \(number)"))]),
    note: CommitNote(verb: "edited", title: "Task \(number)"))
}

try run(["git", "init", "-q", repository])
var random = SystemRandomNumberGenerator()
let store = try StateStore(
  at: repository, hostName: "bench",
  identity: Signature(name: "orch", email: "orch@localhost", seconds: 0),
  clock: { Int(Date().timeIntervalSince1970 * 1000) }, using: &random)
try await store.initialise()
var keys: [RecordKey] = []
while keys.count < count { keys.append(RecordKey(.tasks, .random(using: &random))) }
for start in stride(from: 0, to: count, by: 512) {
  let part = Array(keys[start..<min(start + 512, count)])
  _ = try await store.write(
    Decision(reading: []) { _ in part.map { Change(key: $0, event: change($0, 0).event, note: nil) } })
}

// One at a time: the caller waits for each.
let singles = 200
report(
  "orch, one by one", singles,
  try await seconds {
    for number in 0..<singles {
      let key = keys[number * 7919 % count]
      _ = try await store.write(Decision(reading: [key]) { _ in [change(key, number)] })
    }
  })

// Many callers at once share a turn.
let batches = 16
report(
  "orch, 64 at once", 64 * batches,
  try await seconds {
    for batch in 0..<batches {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<64 {
          let key = keys[(batch * 64 + number) * 7919 % count]
          group.addTask {
            _ = try await store.write(Decision(reading: [key]) { _ in [change(key, number)] })
          }
        }
        try await group.waitForAll()
      }
    }
  })

// git plumbing: what a script would do, with the objects and the reference synced.
let sync = ["git", "-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"]
let plumbing = 20
report(
  "git plumbing", plumbing,
  try await seconds {
    for number in 0..<plumbing {
      let id = keys[number * 7919 % count].id
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
  })

// SQLite, as other orchestrators use it: write-ahead log, synchronous FULL, one transaction each.
let script = """
  import sqlite3, sys, time
  d = sqlite3.connect(sys.argv[1], isolation_level=None)
  d.execute('pragma journal_mode=wal'); d.execute('pragma synchronous=full')
  d.execute('create table t(id integer primary key, body text)')
  d.execute('create table e(at integer, id integer, body text)')
  n = int(sys.argv[2])
  d.execute('begin')
  d.executemany('insert into t values(?, ?)', ((i, 'x' * 500) for i in range(n)))
  d.execute('commit')
  s = time.perf_counter()
  for i in range(1000):
      d.execute('begin')
      d.execute('update t set body=? where id=?', ('y' * 500, i * 7919 % n))
      d.execute('insert into e values(?,?,?)', (i, i, 'edited'))
      d.execute('commit')
  print(time.perf_counter() - s)
  """
if let time = Double(try run(["python3", "-c", script, folder + "/db-\(count)", String(count)])) {
  report("SQLite, WAL, FULL", 1000, time)
}
