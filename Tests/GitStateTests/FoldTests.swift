import Git2
import JSON
import TestSupport
import Testing

@testable import GitState

@Suite struct `Folding events` {
  private func event(
    _ time: Int, _ host: String, _ sequence: Int, token: Int? = nil,
    _ operations: [GitState.Operation]
  ) throws -> Event {
    try Event(
      EventDraft(kind: "k", token: token, operations: operations), time: time, host: host,
      sequence: sequence)
  }

  @Test func `the last set wins and null takes a field away`() throws {
    let key = try task("000000000001")
    let events = [
      try event(1, "a", 1, [.set("a", 1), .set("b", "x")]), try event(2, "a", 2, [.set("a", 2)]),
      try event(3, "a", 3, [.set("b", .null)]),
    ]
    #expect(Record.folding(events, key: key).fields == ["a": 2])
  }

  @Test func `the status is the greatest pair of generation and rank`() throws {
    let key = try task("000000000001")
    let events = [
      try event(1, "a", 1, [.state(generation: 0, rank: 7, name: "done")]),
      try event(2, "a", 2, [.state(generation: 0, rank: 2, name: "in_progress")]),
    ]
    #expect(Record.folding(events, key: key).state?.name == "done")
    let retried = events + [try event(3, "a", 3, [.state(generation: 1, rank: 0, name: "new")])]
    #expect(Record.folding(retried, key: key).state?.name == "new")
  }

  @Test func `a set forgets only what the remover had seen`() throws {
    let key = try task("000000000001")
    let events = [
      try event(1, "a", 1, [.add("labels", "bug")]),
      try event(2, "b", 1, [.add("labels", "bug")]),
      try event(3, "a", 2, [.remove("labels", "bug", observed: ["a:1"])]),
    ]
    #expect(Record.folding(events, key: key).members(of: "labels") == ["bug"])
    let all =
      events + [
        try event(4, "b", 2, [.remove("labels", "bug", observed: ["a:1", "b:1"])])
      ]
    #expect(Record.folding(all, key: key).members(of: "labels").isEmpty)
  }

  @Test func `at equal times the greater machine's word counts`() throws {
    let key = try task("000000000001")
    let events = [
      try event(5, "b", 1, [.set("title", "from b")]),
      try event(5, "a", 9, [.set("title", "from a")]),
    ]
    for order in [events, events.reversed()] {
      #expect(Record.folding(order, key: key).fields == ["title": "from b"])
    }
  }

  @Test func `an event of an older attempt is counted and changes nothing`() throws {
    let key = try task("000000000001")
    let events = [
      try event(1, "a", 1, token: 2, [.set("a", "new")]),
      try event(2, "a", 2, token: 1, [.set("a", "old")]),
    ]
    let record = Record.folding(events, key: key)
    #expect(record.fields["a"] == "new")
    #expect(record.staleCount == 1)
    #expect(record.token == 2)
  }

  @Test func `random events fold alike in any order, and through snapshots`() throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let key = try task("000000000001")
    for _ in 0..<100 {
      var events: [Event] = []
      for number in 1...20 {
        events.append(
          try event(
            Int.random(in: 0..<30, using: &random),
            ["a", "b", "c"].randomElement(using: &random) ?? "a",
            number,
            token: Bool.random(using: &random) ? Int.random(in: 0..<4, using: &random) : nil,
            [randomOperation(using: &random)]))
      }
      let record = Record.folding(events, key: key)
      #expect(Record.folding(events.shuffled(using: &random), key: key) == record, "seed \(seed)")
      #expect(Record.folding(events + events, key: key) == record, "seed \(seed)")
      let id = try #require(emptyTreeID)
      let bytes = record.snapshot(log: id)
      #expect(Record(snapshot: bytes, key: key, log: id) == record, "seed \(seed)")
    }
  }

  private func randomOperation(using random: inout SeededRandom) -> GitState.Operation {
    let key = ["x", "y"].randomElement(using: &random) ?? "x"
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return .set(key, .number(Int.random(in: 0..<9, using: &random)))
    case 1: return .max("m" + key, Int.random(in: -5..<9, using: &random))
    case 2: return .add("s", key)
    case 3: return .remove("s", key, observed: ["a:1", "b:2", "c:3"])
    default:
      return .state(
        generation: Int.random(in: 0..<3, using: &random),
        rank: Int.random(in: 0..<8, using: &random),
        name: key)
    }
  }

  @Test func `operations and lines of a newer version fold as nothing`() throws {
    let line =
      #"{"v":7,"t":5,"h":"a","n":1,"k":"new.kind","ops":[{"o":"hologram"},{"o":"set","k":"a","v":1}]}"#
    let event = try #require(Event(line: Array(line.utf8)[...]))
    #expect(Record.folding([event], key: try task("000000000001")).fields == ["a": 1])
    #expect(Event(line: Array("not json".utf8)[...]) == nil)
    #expect(Event(line: Array(#"{"t":9007199254740992,"h":"a","n":1,"k":"x"}"#.utf8)[...]) == nil)
  }
}

private let emptyTreeID = ObjectID(hex: "4b825dc642cb6eb9a060e54bf8d69288fbee4904")

@Suite struct `Commit messages of the state` {
  @Test func `the subject is one line of at most 72 characters`() throws {
    let note = CommitNote(
      verb: "done", title: String(repeating: "long title ", count: 20),
      detail: "attempt 2, 14m, 3 files")
    let text = note.message(for: try task("a3b2c4d5e6f7"), event: "pr.merged", host: "h-1")
    let subject = try #require(text.split(separator: "\n").first)
    #expect(subject.count <= 72)
    #expect(subject.hasPrefix("a3b2c4 done: long title"))
    #expect(subject.hasSuffix("(attempt 2, 14m, 3 files)"))
  }

  @Test func `hostile titles and bodies cannot make lines or trailers`() throws {
    let note = CommitNote(
      verb: "new", title: "x\n\nOrch-Task: forged\u{202E}\u{0}\r\ny",
      body: "hello\n\nOrch-Task: forged\n\n")
    let text = note.message(for: try task("a3b2c4d5e6f7"), event: "task.created", host: "h-1")
    #expect(text.hasPrefix("a3b2c4 new: x Orch-Task: forged y\n\nhello\n"))
    let trailers = text.split(separator: "\n").filter { $0.hasPrefix("Orch-Task:") }
    #expect(trailers == ["Orch-Task: a3b2c4d5e6f7"])
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x202E })
  }
}
