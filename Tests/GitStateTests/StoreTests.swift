import Git2
import GitState
import JSON
import Synchronization
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The state store` {
  let scratch = Scratch.current

  @Test func `a new state has an alias, a readme and a log, and starting twice changes nothing`()
    async throws
  {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    let tip = try scratch.git("rev-parse", "refs/orchestrator", in: "repo")
    try await store.initialise()
    try await openStore(at: scratch["repo"]).initialise()
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "repo") == tip)
    #expect(try scratch.git("symbolic-ref", "refs/orchestrator", in: "repo") == "refs/orch/state")
    #expect(
      try scratch.git("show", "refs/orchestrator:README.md", in: "repo").contains("git log"))
    #expect(try scratch.git("reflog", "refs/orch/state", in: "repo").isEmpty == false)
    try scratch.git("fsck", "--strict", in: "repo")
  }

  @Test func `two inits share their first commit`() async throws {
    for name in ["one", "two"] {
      try scratch.repository(name)
      try await openStore(at: scratch[name]).initialise()
    }
    let roots = try ["one", "two"].map {
      try scratch.git("rev-list", "--max-parents=0", "refs/orch/state", in: $0)
    }
    #expect(roots[0] == roots[1])
  }

  @Test func `reading before init says what is missing`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    let error = await #expect(throws: StateError.self) {
      try await store.read { state, _ in state.tip.hex }
    }
    guard case .notInitialised = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    await #expect(throws: StateError.self) {
      _ = try await store.write(adding(try task("0123456789ab")))
    }
  }

  @Test func `an event becomes a line, a snapshot and one commit that people can read`()
    async throws
  {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    let key = try task("a3b2c4d5e6f7")
    let outcome = try await store.write(
      adding(
        key, "task.created",
        [
          .set("title", "Fix login"), .add("labels", "bug"),
          .state(generation: 0, rank: 0, name: "new"),
        ]))
    #expect(outcome.records[key]?.state?.name == "new")
    #expect(
      try scratch.git("log", "-1", "--format=%s", "refs/orchestrator", in: "repo")
        == "a3b2c4 new: Fix login")
    #expect(
      try scratch.git(
        "log", "-1", "--format=%(trailers:key=Orch-Task,valueonly)", "refs/orchestrator",
        in: "repo"
      ).hasPrefix("a3b2c4d5e6f7"))
    #expect(try scratch.git("rev-parse", "refs/orchestrator", in: "repo") == outcome.tip)
    let line = try scratch.git(
      "show", "refs/orchestrator:tasks/a3/a3b2c4d5e6f7/log/\(store.host).jsonl", in: "repo")
    #expect(try JSONValue(parsing: line)["k"] == "task.created")
    let read = try await store.read { state, repository in
      try state.record(key, in: repository)
    }
    #expect(read == outcome.records[key])
    #expect(read?.members(of: "labels") == ["bug"])
    try scratch.git("fsck", "--strict", in: "repo")
  }

  @Test func `one path shows one task's story`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    let one = try task("aa0000000001")
    let other = try task("aa0000000002")
    for number in 1...3 {
      _ = try await store.write(adding(one, note: .init(verb: "step \(number)", title: "One")))
      _ = try await store.write(adding(other, note: .init(verb: "step \(number)", title: "Two")))
    }
    let story = try scratch.git(
      "log", "--format=%s", "refs/orchestrator", "--", "tasks/aa/aa0000000001", in: "repo")
    #expect(story == "aa0000 step 3: One\naa0000 step 2: One\naa0000 step 1: One")
  }

  @Test func `a decision that throws changes nothing and tells its own caller only`() async throws {
    struct Refused: Error {}
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    let key = try task("bb0000000001")
    async let fails: Outcome = store.write(Decision(reading: [key]) { _ in throw Refused() })
    async let works: Outcome = store.write(adding(key))
    do {
      _ = try await fails
      Issue.record("the decision's error was lost")
    } catch is Refused {}
    let outcome = try await works
    #expect(outcome.records[key]?.eventCount == 1)
  }

  @Test func `a decision is whole or not at all`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    let key = try task("bb0000000002")
    let long = String(repeating: "x", count: Event.maximumBytes)
    let decision = Decision(reading: []) { _ in
      [
        Change(
          key: key, event: EventDraft(kind: "ok"), note: CommitNote(verb: "ok", title: "t")),
        Change(key: key, event: EventDraft(kind: "long", message: long), note: nil),
      ]
    }
    await #expect(throws: StateError.self) { try await store.write(decision) }
    let record = try await store.read { state, repository in
      try state.record(key, in: repository)
    }
    #expect(record == nil)
  }

  @Test func `whoever listens is told of each change once it is durable, and of nothing else`()
    async throws
  {
    try scratch.repository()
    let told = Mutex<[String]>([])
    let store = try openStore(at: scratch["repo"]) { changes in
      told.withLock { $0 += changes.map { $0.note?.verb ?? $0.event.kind } }
    }
    try await store.initialise()
    let key = try task("a3b2c4d5e6f7")
    _ = try await store.write(adding(key))
    struct Refused: Error {}
    await #expect(throws: Refused.self) {
      try await store.write(Decision(reading: [key]) { _ in throw Refused() })
    }
    let note = CommitNote(verb: "half", title: "x")
    let tooLong = String(repeating: "x", count: Event.maximumBytes)
    await #expect(throws: StateError.self) {
      try await store.write(
        Decision(reading: [key]) { _ in
          [
            Change(key: key, event: EventDraft(kind: "half"), note: note),
            Change(key: key, event: EventDraft(kind: "long", message: tooLong), note: nil),
          ]
        })
    }
    _ = try await store.write(adding(key, "task.progress", note: nil))
    #expect(told.withLock { $0 } == ["new", "task.progress"])
  }

  @Test func `progress shares a commit`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    let keys = try (1...3).map { try task("cc000000000\($0)") }
    let decision = Decision(reading: []) { _ in
      keys.map { Change(key: $0, event: EventDraft(kind: "task.progress"), note: nil) }
    }
    let before = try scratch.git("rev-list", "--count", "refs/orch/state", in: "repo")
    _ = try await store.write(decision)
    let after = try scratch.git("rev-list", "--count", "refs/orch/state", in: "repo")
    #expect(Int(after) == (Int(before) ?? 0) + 1)
    #expect(
      try scratch.git("log", "-1", "--format=%s", "refs/orch/state", in: "repo")
        == "3 tasks: progress")
  }

  @Test func `many writers at once lose nothing and every commit is one event`() async throws {
    try scratch.repository()
    let path = scratch["repo"]
    try await openStore(at: path).initialise()
    let key = try task("dd0000000001")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          let store = try openStore(at: path, seed: UInt64(writer))
          try await withThrowingTaskGroup(of: Void.self) { inner in
            for number in 0..<10 {
              inner.addTask {
                _ = try await store.write(adding(key, message: "\(writer)/\(number)"))
              }
            }
            try await inner.waitForAll()
          }
        }
      }
      try await group.waitForAll()
    }
    let store = try openStore(at: path)
    let (record, events) = try await store.read { state, repository in
      (try state.record(key, in: repository), try state.events(of: key, in: repository))
    }
    #expect(record?.eventCount == 40)
    #expect(Set(events.compactMap(\.message)).count == 40)
    #expect(events.map(\.time) == events.map(\.time).sorted())
    #expect(Set(events.map(\.sequence)) == Set(1...40))
    let count = try scratch.git(
      "rev-list", "--count", "refs/orch/state", "--", "tasks", in: "repo")
    #expect(count == "40")
    try scratch.git("fsck", "--strict", in: "repo")
  }

  @Test func `git as the second writer is noticed and built upon`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    let key = try task("ee0000000001")
    _ = try await store.write(adding(key))
    let tree = try scratch.git("rev-parse", "refs/orch/state^{tree}", in: "repo")
    let own = try scratch.git(
      "commit-tree", tree, "-p", "refs/orch/state", "-m", "by hand", in: "repo")
    try scratch.git("update-ref", "refs/orch/state", own, in: "repo")
    let outcome = try await store.write(adding(key))
    #expect(outcome.records[key]?.eventCount == 2)
    #expect(
      try scratch.git("log", "--format=%s", "-2", "refs/orch/state", in: "repo")
        == "ee0000 new: Fix login\nby hand")
  }

  @Test func `a lock that a killed process left is removed once it is older than any live one`()
    async throws
  {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    try scratch.write("repo/.git/refs/orch/state.lock", "")
    let packs = { try scratch.run(["ls", scratch["repo/.git/objects/pack"]]).output }
    let before = try packs().split(separator: "\n").count
    let outcome = try await store.write(adding(try task("ee0000000002")))
    #expect(outcome.records.count == 1)
    #expect(!scratch.exists("repo/.git/refs/orch/state.lock"))
    #expect(
      try packs().split(separator: "\n").count == before + 3, "a pack, its index and its mark")
  }

  @Test func `a state of a newer format may be read, not written`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    let key = try task("ff0000000001")
    _ = try await store.write(adding(key))
    let blob = try scratch.git(
      "hash-object", "-w", "--stdin", in: "repo", input: #"{"format":9,"min_writer":9}"#)
    let meta = try scratch.git("ls-tree", "refs/orch/state:meta", in: "repo")
      .split(separator: "\n").filter { !$0.hasSuffix("format.json") }.joined(separator: "\n")
    let newMeta = try scratch.git(
      "mktree", in: "repo", input: meta + "\n100644 blob \(blob)\tformat.json\n")
    let top = try scratch.git("ls-tree", "refs/orch/state", in: "repo").split(separator: "\n")
      .filter { !$0.hasSuffix("\tmeta") }.joined(separator: "\n")
    let tree = try scratch.git(
      "mktree", in: "repo", input: top + "\n040000 tree \(newMeta)\tmeta\n")
    let commit = try scratch.git(
      "commit-tree", tree, "-p", "refs/orch/state", "-m", "newer", in: "repo")
    try scratch.git("update-ref", "refs/orch/state", commit, in: "repo")
    let error = await #expect(throws: StateError.self) { try await store.write(adding(key)) }
    #expect(error == .newerFormat(found: 9, known: 1))
    let record = try await store.read { try $0.record(key, in: $1) }
    #expect(record?.eventCount == 1)
  }

  @Test func `names are found by prefix, and doubt is reported`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    for text in ["abc000000001", "abd000000002", "ff0000000003"] {
      _ = try await store.write(adding(try task(text)))
    }
    let found = try await store.read { try $0.resolve("abc", in: .tasks, $1).text }
    #expect(found == "abc000000001")
    #expect(try await store.read { try $0.resolve("F", in: .tasks, $1).text } == "ff0000000003")
    await #expect(
      throws: StateError.ambiguousRecord("ab", candidates: ["abc000000001", "abd000000002"])
    ) {
      try await store.read { try $0.resolve("ab", in: .tasks, $1).text }
    }
    for wrong in ["", "zz", "0123456789abc", "9"] {
      await #expect(throws: StateError.noSuchRecord(wrong)) {
        try await store.read { try $0.resolve(wrong, in: .tasks, $1).text }
      }
    }
  }

  @Test func `changed records are found between two states`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    for text in ["aa0000000001", "bb0000000002"] {
      _ = try await store.write(adding(try task(text)))
    }
    let before = try await store.read { state, _ in state }
    _ = try await store.write(adding(try task("bb0000000002")))
    _ = try await store.write(adding(try task("cc0000000003")))
    let changed = try await store.read { state, repository in
      try state.changedRecords(since: before, of: .tasks, in: repository).map(\.text)
    }
    #expect(changed == ["bb0000000002", "cc0000000003"])
  }

  @Test func `hundreds of writes leave few packs, and git reads all of them`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    for number in 0..<200 {
      _ = try await store.write(adding(try task("ab00000000\(number % 89 + 10)")))
    }
    let packs = try scratch.run([
      "sh", "-c", "ls \"$1\"/*.pack | wc -l", "sh", scratch["repo/.git/objects/pack"],
    ])
    let count = try #require(Int(packs.output.split(separator: "\n")[0]))
    #expect(count < 2 * PackConsolidator.fanIn)
    #expect(try scratch.git("rev-list", "--count", "refs/orch/state", in: "repo") == "202")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
    try scratch.git("gc", "-q", "--prune=now", in: "repo")
    #expect(try await store.read { try $0.records(of: .tasks, in: $1).count } == 89)
  }

  @Test func `a long log goes on in a new segment`() async throws {
    try scratch.repository()
    let store = try openStore(at: scratch["repo"])
    try await store.initialise()
    let key = try task("ab0000000001")
    let text = String(repeating: "x", count: 15_000)
    for _ in 0..<6 { _ = try await store.write(adding(key, note: nil, message: text)) }
    let names = try await store.read { try $0.fileNames(["log"], of: key, in: $1) }
    #expect(names.count == 2)
    #expect(try await store.read { try $0.events(of: key, in: $1).count } == 6)
  }

  @Test func `works in a bare repository, a linked worktree and a path with spaces`() async throws {
    try scratch.repository("a b\nc")
    try scratch.git("worktree", "add", "-q", scratch["linked"], in: "a b\nc")
    try await openStore(at: scratch["linked"]).initialise()
    #expect(try scratch.git("rev-parse", "refs/orchestrator", in: "a b\nc").count == 40)
    try scratch.git("init", "-q", "--bare", scratch["bare.git"])
    let store = try openStore(at: scratch["bare.git"])
    try await store.initialise()
    _ = try await store.write(adding(try task("ab0000000001")))
    try scratch.git("fsck", "--strict", in: "bare.git")
  }
}
