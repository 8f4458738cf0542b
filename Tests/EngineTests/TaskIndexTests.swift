import Foundation
import Git2
import GitState
import JSON
import TestSupport
import Testing
import Workflow

@testable import Engine

/// Tasks that differ in everything that lists look at; few moments and ids, so that ties happen.
private func randomTask(_ id: UInt64, _ random: inout SeededRandom) -> TaskView {
  var task = TaskView(
    id: TaskSummary.digits(id),
    title: ["Fix", "", "emoji 🚀\n", "x\0y"].randomElement(using: &random) ?? "")
  task.status = TaskStatus.allCases.randomElement(using: &random) ?? .new
  task.kind = TaskKind.allCases.randomElement(using: &random) ?? .implement
  task.priority = Int.random(in: -2...2, using: &random)
  task.createdAt = Int.random(in: 0..<20, using: &random)
  task.labels = ["bug", "ui"].filter { _ in Bool.random(using: &random) }
  task.reason = Bool.random(using: &random) ? "because\nof this" : nil
  task.agent = Bool.random(using: &random) ? "claude" : nil
  if Bool.random(using: &random) { task.route = Route(executor: "codex", reason: "r") }
  if Bool.random(using: &random) {
    task.after = [
      TaskSummary.digits(UInt64.random(in: 0..<60, using: &random)), "no id", "ABCDEFABCDEF",
    ]
  }
  if Bool.random(using: &random) {
    task.pullRequest = PullRequestView(id: "7", head: "0123456789", baseHead: "b")
  }
  if Int.random(in: 0..<3, using: &random) == 0 {
    let text = ["which one?", "a\nb"].randomElement(using: &random) ?? ""
    task.messages = ["1", "2"].map {
      Message(id: $0, at: 1, sender: "worker", text: text + $0, isForWorker: false)
    }
  }
  for number in 0..<Int.random(in: 0..<3, using: &random) {
    var attempt = Attempt(number: number + 1, token: number + 1, agent: "claude")
    attempt.host = ["a", "b"].randomElement(using: &random) ?? ""
    attempt.startedAt = number
    attempt.costUSD = Double.random(in: 0..<9, using: &random)
    task.attempts.append(attempt)
  }
  return task
}

@Suite struct `Tables of tasks` {
  private func tasks(_ count: UInt64, _ random: inout SeededRandom) -> [String: TaskView] {
    let views = (0..<count).map { randomTask($0, &random) }
    return Dictionary(uniqueKeysWithValues: views.map { ($0.id, $0) })
  }

  @Test func `show what the planner's order shows, and read back as they were written`() throws {
    for round in 0..<UInt64(200) {
      let seed = TestSeed.next() &+ round
      var random = SeededRandom(seed: seed)
      let tasks = tasks(UInt64.random(in: 0..<80, using: &random), &random)
      let table = TaskTable(tasks.values)
      let front = TaskFront(table)
      #expect(TaskFront(bytes: front.bytes) == front, "seed \(seed)")
      #expect(try #require(TaskTable(body: table.body)).body == table.body, "seed \(seed)")
      for status in TaskStatus.allCases where !status.isTerminal {
        let group = Planner.order(tasks.filter { $0.value.status == status })
        #expect(front.counts[status] ?? 0 == group.count, "seed \(seed)")
        #expect(
          front.leading[status] ?? [] == group.prefix(20).map { TaskSummary($0) }, "seed \(seed)")
      }
      let open = Planner.order(tasks.filter { !$0.value.status.isTerminal })
      #expect(table.openIDs == open.map(\.id), "seed \(seed)")
      let asking = Planner.order(tasks.filter { !$0.value.openQuestions.isEmpty })
      #expect(front.asking == asking.prefix(20).map { TaskSummary($0) }, "seed \(seed)")
      let newest = tasks.values.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
      #expect(front.newest == newest.prefix(50).map { TaskSummary($0) }, "seed \(seed)")
      let bugs = newest.filter { $0.labels.contains("bug") && $0.status == .done }
      let found = table.newest(3, of: [.done]) { $0.labels.contains("bug") }
      #expect(found.shown == bugs.prefix(3).map { TaskSummary($0) }, "seed \(seed)")
      #expect(found.total == bugs.count, "seed \(seed)")
    }
  }

  @Test func `brought up to date are the same as made anew`() {
    for round in 0..<UInt64(200) {
      let seed = TestSeed.next() &+ round
      var random = SeededRandom(seed: seed)
      var tasks = tasks(40, &random)
      var table = TaskTable(tasks.values)
      for _ in 0..<5 {
        let ids = Set(
          (0..<UInt64.random(in: 0..<9, using: &random)).map { _ in
            UInt64.random(in: 0..<60, using: &random)
          })
        for id in ids {
          let isGone = Int.random(in: 0..<4, using: &random) == 0
          tasks[TaskSummary.digits(id)] = isGone ? nil : randomTask(id, &random)
        }
        let changed = ids.compactMap { tasks[TaskSummary.digits($0)] }.map { TaskSummary($0) }
        table = table.replacing(ids, with: changed)
        #expect(table.body == TaskTable(tasks.values).body, "seed \(seed)")
      }
    }
  }

  @Test func `bytes that are not rows are no table, wherever they are cut or altered`() {
    var random = SeededRandom(seed: 5)
    let table = TaskTable((0..<9).map { randomTask($0, &random) })
    let front = TaskFront(table).bytes
    for length in 0..<front.count { #expect(TaskFront(bytes: Array(front[..<length])) == nil) }
    for length in 0..<table.body.count {
      // A cut between two rows leaves rows: the file's own checksum tells that one.
      if let cut = TaskTable(body: Array(table.body[..<length])) { #expect(cut.count < 9) }
    }
    for position in table.body.indices {
      var altered = table.body
      altered[position] ^= UInt8.random(in: 1...255, using: &random)
      // No trap is what is asked for: the checksum stands before this.
      _ = TaskTable(body: altered).map { TaskFront($0) }
    }
  }
}

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The index of the state` {
  let scratch = Scratch.current
  static let version = "test"

  private var file: URL { URL(fileURLWithPath: TaskIndex.path(in: scratch["repo/.git"])) }

  private func store() async throws -> StateStore {
    try scratch.repository()
    var random = SeededRandom(seed: 1)
    let store = try StateStore(
      at: scratch["repo"], hostName: "test",
      identity: Signature(name: "orch", email: "orch@localhost", seconds: 0),
      clock: { 1_700_000_000_000 }, using: &random)
    try await store.initialise()
    return store
  }

  /// Gives some tasks of 60 another title, status or label, and adds those that are not there.
  private func change(_ store: StateStore, _ random: inout SeededRandom) async throws {
    var changes: [Change] = []
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      let number = UInt64.random(in: 0..<60, using: &random) &* 0x1234_5678_9AB
      guard let id = RecordID(TaskSummary.digits(number)) else { continue }
      let status = TaskStatus.allCases.randomElement(using: &random) ?? .new
      let operations: [GitState.Operation] = [
        .set("title", .string("Task \(number)")), .add("labels", "l\(number % 3)"),
        .state(generation: Int(number % 7), rank: status.rank, name: status.rawValue),
      ]
      changes.append(
        Change(
          key: RecordKey(.tasks, id), event: EventDraft(kind: "k", operations: operations),
          note: nil))
    }
    let all = changes
    _ = try await store.write(Decision(reading: []) { _ in all })
  }

  /// The table of the newest state, made without any cache.
  private func truth() throws -> (tip: ObjectID, table: TaskTable) {
    let repository = try Repository(at: scratch["repo"])
    let state = try StateReader(in: repository)
    let views = try state.records(of: .tasks, in: repository).map { TaskView($0) }
    return (state.tip, TaskTable(views))
  }

  private func index() throws -> TaskIndex {
    try TaskIndex(in: Repository(at: scratch["repo"]), version: Self.version)
  }

  private func front(_ tip: ObjectID, version: String = Self.version) -> TaskFront? {
    TaskIndex.front(of: tip, in: scratch["repo/.git"], version: version)
  }

  @Test func `is the same whether it is made anew, brought up to date, or read`() async throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let store = try await store()
    for _ in 0..<25 {
      try await change(store, &random)
      let truth = try truth()
      #expect(front(truth.tip) == nil, "seed \(seed)")
      #expect(try index().table.body == truth.table.body, "seed \(seed)")
      #expect(front(truth.tip) == TaskFront(truth.table), "seed \(seed)")
      #expect(try index().table.body == truth.table.body, "seed \(seed)")
      if Bool.random(using: &random) { try? FileManager.default.removeItem(at: file) }
    }
  }

  @Test func `a file that is cut, altered or empty is never believed`() async throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let store = try await store()
    try await change(store, &random)
    let truth = try truth()
    _ = try index()
    let whole = [UInt8](try Data(contentsOf: file))
    let shown = TaskFront(truth.table)
    for round in 0..<400 {
      var bytes = whole
      switch round % 4 {
      case 0: bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))
      case 1: bytes += [0]
      case 2:
        let start = Int.random(in: 0..<bytes.count, using: &random)
        for index in start..<min(bytes.count, start + 512) { bytes[index] = 0 }
      default:
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^=
          1 << UInt8.random(in: 0..<8, using: &random)
      }
      try Data(bytes).write(to: file)
      let seen = front(truth.tip)
      #expect(seen == nil || seen == shown, "seed \(seed), round \(round)")
      #expect(try index().table.body == truth.table.body, "seed \(seed), round \(round)")
    }
    #expect([UInt8](try Data(contentsOf: file)) == whole)
  }

  @Test func `of another version, another repository or a lost commit is made anew`() async throws {
    var random = SeededRandom(seed: 3)
    let store = try await store()
    try await change(store, &random)
    let truth = try truth()
    _ = try TaskIndex(in: Repository(at: scratch["repo"]), version: "older")
    #expect(front(truth.tip) == nil)
    #expect(try index().table.body == truth.table.body)
    #expect(front(truth.tip, version: "older") == nil)
    let foreign = IndexFile(
      tip: try #require(ObjectID(hex: String(repeating: "1", count: 40))),
      front: TaskFront(truth.table).bytes, body: TaskTable([TaskView]()).body)
    let schema = TaskIndex.schema(Self.version)
    #expect(foreign.write(to: file.path, schema: schema))
    #expect(front(truth.tip) == nil)
    #expect(try index().table.body == truth.table.body)
  }

  @Test func `a repository that cannot be written to is read without one`() async throws {
    var random = SeededRandom(seed: 4)
    let store = try await store()
    try await change(store, &random)
    let truth = try truth()
    // A file where the folder should be: also root cannot write there.
    try FileManager.default.removeItem(atPath: scratch["repo/.git/orch"])
    try scratch.write("repo/.git/orch", "")
    #expect(try index().table.body == truth.table.body)
    #expect(front(truth.tip) == nil)
  }

  @Test func `two that write at once leave one whole file, and dead ones' leftovers go`()
    async throws
  {
    var random = SeededRandom(seed: 6)
    let store = try await store()
    try await change(store, &random)
    let truth = try truth()
    let old = file.path + ".tmp-1-2"
    try Data([1]).write(to: URL(fileURLWithPath: old))
    let past = Date(timeIntervalSinceNow: -3600)
    try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: old)
    let repository = scratch["repo"]
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<8 {
        group.addTask {
          try TaskIndex(in: Repository(at: repository), version: Self.version).table.body
        }
      }
      for try await body in group { #expect(body == truth.table.body) }
    }
    #expect(front(truth.tip) == TaskFront(truth.table))
    let folder = file.deletingLastPathComponent().path
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["tasks"])
  }
}
