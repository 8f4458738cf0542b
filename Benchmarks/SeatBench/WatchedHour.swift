import Dashboard
import Engine
import Foundation
import Git2
import GitState
import JSON
import Synchronization
import Workflow

/// An hour of twenty workers, and what those see who watch it.
final class WatchedHour {
  /// Workers at a time.
  static let workers = 20
  /// Minutes that are played.
  static let minutes = 60

  /// One way of watching: looks, and bytes that came into the context.
  struct Cost {
    var looks = 0
    var bytes = 0

    mutating func add(_ text: String) {
      looks += 1
      bytes += text.utf8.count
    }

    func line(_ name: String, than best: Cost?) -> String {
      let ratio = best.map {
        String(format: "%.1f times", Double(bytes) / Double(max(1, $0.bytes)))
      }
      return "\(name)\t\(looks) looks\t\(bytes / 4) tokens\t\(ratio ?? "")"
    }
  }

  private let tasks: TaskStore
  private let repository: Repository
  private let now: SharedClock
  private var random = SplitMix(state: 20)
  private var active: [String] = []
  private var created = 0
  private var logs: [String: String] = [:]

  private var waiting = Cost()
  private var polling = Cost()
  private var listing = Cost()
  private var files = Cost()
  private var tails = Cost()

  init(at path: String) async throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "init", "-q", path]
    try process.run()
    process.waitUntilExit()
    let clock = SharedClock()
    now = clock
    var generator = SystemRandomNumberGenerator()
    let state = try StateStore(
      at: path, hostName: "bench", identity: Signature(name: "b", email: "b@b", seconds: 0),
      clock: { clock.milliseconds }, using: &generator)
    try await state.initialise()
    tasks = TaskStore(state)
    repository = try Repository(at: path)
  }

  /// Plays the hour; each minute everybody looks.
  func run() async throws {
    var seen = try StateReader(in: repository).tip
    for _ in 0..<Self.minutes {
      try await playMinute()
      now.advance(60_000)
      seen = try await look(since: seen)
    }
  }

  /// A line for each way.
  var report: [String] {
    [
      "== an hour of \(Self.workers) workers, \(created) tasks; tokens are bytes / 4",
      waiting.line("orch status --since --wait, questions read and answered", than: nil),
      polling.line("orch status --brief every minute", than: waiting),
      listing.line("orch status --json every minute", than: waiting),
      files.line("the task files of everything open, every minute", than: waiting),
      tails.line("the same and the last 40 lines of each worker's log", than: waiting),
    ]
  }

  private func playMinute() async throws {
    while active.count < Self.workers {
      var task = NewTask(title: "Change the handling of case \(created) in the importer")
      task.body = String(repeating: "The importer must keep what it cannot read. ", count: 12)
      let id = RecordID.random(using: &random)
      _ = try await tasks.add(task, id: id, author: "seat", now: now.milliseconds)
      created += 1
      active.append(id.text)
      try await record(id.text, .routed) {
        $0.fields["route"] = ["executor": "claude", "reason": "free"]
      }
      try await record(id.text, .attemptStarted) { change in
        change.token = 1
        change.fields["attempt.0001.start"] = [
          "number": 1, "agent": "claude", "host": "bench", "started": 1,
        ]
      }
    }
    for id in active {
      logs[id, default: ""] += Self.logOfAMinute
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<30:
        try await record(id, .checkpointed) {
          $0.fields["checkpoint"] =
            "The reader is done, the tests of the writer fail in two cases; next: those."
        }
      case 30..<32:
        let question = Message(
          id: "q\(now.milliseconds)", at: now.milliseconds, sender: "worker",
          text: "Should a line without a key be kept or reported? I would keep it.",
          isForWorker: false)
        try await tasks.send(question, to: id)
      case 32..<39: try await finish(id)
      default: break
      }
    }
  }

  private func finish(_ id: String) async throws {
    active.removeAll { $0 == id }
    try await record(id, .attemptSucceeded) {
      $0.fields["attempt.0001.end"] = ["ended": 2, "outcome": "succeeded", "commits": 2]
    }
    try await record(id, .pullRequestOpened) { _ in }
    try await record(id, .merged) { _ in }
  }

  private func record(
    _ id: String, _ event: TaskEvent, _ fill: (inout TaskChange) -> Void
  ) async throws {
    var change = TaskChange(event)
    fill(&change)
    let ready = change
    try await tasks.record(id, ready)
  }

  private func look(since seen: ObjectID) async throws -> ObjectID {
    let state = try StateReader(in: repository)
    let earlier = try StateReader(at: seen, in: repository)
    let all = try await tasks.all()
    let cursor = state.tip.short(12)
    var changes: [TaskDifference] = []
    for id in try state.changedRecords(since: earlier, of: .tasks, in: repository) {
      let key = RecordKey(.tasks, id)
      guard let record = try state.record(key, in: repository) else { continue }
      let before = try earlier.record(key, in: repository)
      changes.append(
        TaskDifference(
          before: before.map { TaskSummary(TaskView($0)) }, now: TaskSummary(TaskView(record))))
    }
    polling.add(BriefText.status(TaskFront(all.values), cursor: cursor))
    let open = all.values.filter { !$0.status.isTerminal }
    listing.add(open.map { TaskOutput.json($0).indentedText }.joined())
    let texts = open.map { TaskOutput.json($0).canonicalText }.joined()
    files.add(texts)
    let ends = open.map { task in
      (logs[task.id] ?? "").split(separator: "\n").suffix(40).joined(separator: "\n")
    }
    tails.add(texts + ends.joined())
    guard let text = BriefText.changes(changes) else { return seen }
    waiting.add(text + "\n" + BriefText.cursorLine(cursor))
    try await answer(open, cursor)
    return state.tip
  }

  /// What is asked is read in full and answered.
  private func answer(_ open: [TaskView], _ cursor: String) async throws {
    let asking = open.flatMap { task in
      task.openQuestions.map { (task: task.id, number: 1, message: $0) }
    }
    guard let text = BriefText.messages(asking) else { return }
    waiting.add(text + "\n" + BriefText.cursorLine(cursor))
    for (task, _, question) in asking {
      var answer = Message(
        id: "a-" + question.id, at: now.milliseconds, sender: "seat", text: "Keep it.",
        isForWorker: true)
      answer.answers = question.id
      try await tasks.send(answer, to: task)
    }
  }

  private static let logOfAMinute = (0..<6).map {
    #"{"type":"tool_use","name":"Bash","input":{"command":"swift test --filter Importer.case\#($0)"}}"#
      + "\n"
  }.joined()
}

/// A clock that is set forward.
final class SharedClock: Sendable {
  private let time = Mutex(1_700_000_000_000)

  var milliseconds: Int { time.withLock { $0 } }

  func advance(_ milliseconds: Int) { time.withLock { $0 += milliseconds } }
}

/// SplitMix64: the same hour every time.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
