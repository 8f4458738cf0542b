import Git2
import JSON
import TestSupport
import Testing

@testable import GitState

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Joining stores` {
  let scratch = Scratch.current

  @Test func `two machines that wrote apart make the same commit, and git reads it`() async throws {
    let one = try await Machine("one", in: scratch, seed: 1, clock: { 1_700_000_000_000 })
    let two = try await Machine("two", in: scratch, seed: 2, clock: { 1_699_000_000_000 })
    let shared = try task("aa0000000001")
    _ = try await one.store.write(adding(shared, "task.created", [.set("title", "from one")]))
    try await two.join(one)
    _ = try await one.store.write(adding(shared, "task.edited", [.add("labels", "one")]))
    _ = try await two.store.write(adding(shared, "task.edited", [.add("labels", "two")]))
    _ = try await two.store.write(adding(try task("bb0000000002")))
    let (first, second) = (try one.fetch(two), try two.fetch(one))
    let (left, right) = (
      try await one.store.join(with: first), try await two.store.join(with: second)
    )
    #expect(left.outcome == .merged && right.outcome == .merged)
    #expect(left.tip == right.tip)
    #expect(left.changed == [shared, try task("bb0000000002")])
    #expect(right.changed == [shared])
    #expect(left.findings == [] && left.conflicts == [] && left.forks == [] && left.skews == [])
    #expect(right.skews == [ClockSkew(host: one.store.host, milliseconds: 1_000_000_001)])
    let record = try await one.store.read { try $0.record(shared, in: $1) }
    #expect(record?.members(of: "labels") == ["one", "two"])
    #expect(record?.eventCount == 3)
    let log = try scratch.git(
      "log", "-1", "--format=%B|%an|%ae|%cn|%at|%P", left.tip.hex, in: "one")
    let parents = [first.hex, second.hex].sorted().joined(separator: " ")
    #expect(log == "sync: join 2 histories\n|orch|orch@localhost|orch|1700000000|\(parents)")
    for name in ["one", "two"] {
      try scratch.git("fsck", "--strict", "--no-dangling", in: name)
      let story = try scratch.git(
        "log", "--no-merges", "--format=%s", "refs/orchestrator", "--", "tasks/aa", in: name)
      #expect(story.split(separator: "\n").count == 3)
    }
  }

  @Test func `the side that has everything is taken, and joining again changes nothing`()
    async throws
  {
    let one = try await Machine("one", in: scratch, seed: 1)
    let two = try await Machine("two", in: scratch, seed: 2, hasState: false)
    let adopted = try await two.join(one)
    #expect(adopted.outcome == .adopted)
    #expect(try two.tip == one.tip)
    #expect(try scratch.git("symbolic-ref", "refs/orchestrator", in: "two") == "refs/orch/state")
    #expect(try scratch.git("reflog", "refs/orch/state", in: "two").isEmpty == false)
    _ = try await one.store.write(adding(try task("aa0000000001")))
    let forward = try await two.join(one)
    #expect(forward.outcome == .fastForwarded)
    #expect(forward.changed == [try task("aa0000000001")])
    #expect(try two.tip == one.tip)
    for _ in 0..<2 {
      let again = try await two.join(one)
      #expect(again.outcome == .unchanged && again.previous == again.tip && again.changed == [])
    }
    _ = try await two.store.write(adding(try task("bb0000000001")))
    let ahead = try await two.join(one)
    #expect(ahead.outcome == .unchanged)
    let back = try await one.join(two)
    #expect(back.outcome == .fastForwarded)
    #expect(try two.tip == one.tip)
  }

  @Test func `a writer goes on after a join: numbers, times and segments`() async throws {
    let one = try await Machine("one", in: scratch, seed: 1, clock: { 1_000_000 })
    let two = try await Machine("two", in: scratch, seed: 2, clock: { 9_000_000_000_000 })
    let key = try task("aa0000000001")
    let text = String(repeating: "x", count: 15_000)
    for _ in 0..<6 { _ = try await two.store.write(adding(key, note: nil, message: text)) }
    _ = try await one.store.write(adding(key, "task.created"))
    var limits = ValidationLimits.sync
    limits.futureMilliseconds = 10_000_000_000_000
    let report = try await one.join(two, limits: limits)
    #expect(report.skews.map(\.host) == [two.store.host])
    _ = try await one.store.write(adding(key, "task.edited"))
    let events = try await one.store.read { try $0.events(of: key, in: $1) }
    #expect(events.count == 8)
    #expect(events.last?.kind == "task.edited" && events.last?.sequence == 2)
    #expect(events.last?.time == (events.dropLast().last?.time ?? 0) + 1)
    let back = try await two.join(one)
    #expect(back.outcome == .fastForwarded)
    _ = try await two.store.write(adding(key, "task.edited"))
    let names = try await two.store.read { try $0.fileNames(["log"], of: key, in: $1) }
    #expect(
      names == ["\(one.store.host).jsonl", "\(two.store.host).1.jsonl", "\(two.store.host).jsonl"])
    let all = try await two.store.read { try $0.events(of: key, in: $1) }
    #expect(all.filter { $0.host == two.store.host }.map(\.sequence) == Array(1...7))
  }

  @Test func `a copied host name is noticed on both sides, nothing is lost, and it can be changed`()
    async throws
  {
    let one = try await Machine("one", in: scratch, seed: 1)
    let key = try task("aa0000000001")
    _ = try await one.store.write(adding(key))
    _ = try scratch.run(["cp", "-a", scratch["one"], scratch["copy"]])
    // As on a copied disk, where the folder looks the same.
    try scratch.write("copy/.git/orch/host.json", #"{"host":"\#(one.store.host)"}"#)
    let copy = try openStore(at: scratch["copy"], host: "other")
    #expect(copy.host == one.store.host)
    _ = try await one.store.write(adding(key, message: "from one"))
    _ = try await copy.write(adding(key, message: "from the copy"))
    try scratch.git(
      "fetch", "-q", scratch["copy"], "refs/orch/state:refs/orch/remotes/c/state", in: "one")
    let theirs = try id(scratch.git("rev-parse", "refs/orch/remotes/c/state", in: "one"))
    let report = try await one.store.join(with: theirs)
    #expect(report.isHostShared)
    #expect(
      report.forks == [
        HostFork(host: copy.host, path: "tasks/aa/aa0000000001/log", number: 2)
      ])
    let events = try await one.store.read { try $0.events(of: key, in: $1) }
    #expect(events.map(\.sequence) == [1, 2, 2])
    _ = try await one.store.write(adding(key, message: "later"))
    let last = try await one.store.read { try $0.events(of: key, in: $1).last }
    #expect(last?.sequence == 3)
    // The other one sees it too, although nothing is left to join.
    try scratch.git(
      "fetch", "-q", scratch["one"], "refs/orch/state:refs/orch/remotes/o/state", in: "copy")
    let back = try await copy.join(
      with: id(scratch.git("rev-parse", "refs/orch/remotes/o/state", in: "copy")))
    #expect(back.outcome == .fastForwarded && back.isHostShared && back.forks.map(\.number) == [2])
    var random = SeededRandom(seed: 7)
    let name = try copy.folder.renewHostName(
      insteadOf: copy.host, preferring: "copy", using: &random)
    #expect(name != copy.host && name.hasPrefix("copy-"))
    #expect(
      try copy.folder.renewHostName(
        insteadOf: copy.host, preferring: "copy", using: &random) == name)
    #expect(try openStore(at: scratch["copy"]).host == name)
  }

  @Test func `two contents of one write-once file are both kept and reported`() async throws {
    let one = try await Machine("one", in: scratch, seed: 1)
    let two = try await Machine("two", in: scratch, seed: 2)
    let key = try task("aa0000000001")
    for (machine, text) in [(one, "first"), (two, "second")] {
      _ = try await machine.store.write(
        Decision(reading: []) { _ in
          let file = Change.File(path: ["spec", "1.md"], bytes: Array(text.utf8))
          return [
            Change(
              key: key, event: EventDraft(kind: "k"), note: .init(verb: "new", title: "t"),
              files: [file])
          ]
        })
    }
    let report = try await one.join(two)
    let names = try scratch.git(
      "ls-tree", "--name-only", "refs/orch/state:tasks/aa/aa0000000001/spec", in: "one"
    )
    .split(separator: "\n").map(String.init)
    #expect(names.count == 2 && names.first == "1.md")
    let folder = "tasks/aa/aa0000000001/spec"
    #expect(report.conflicts.map(\.path) == ["\(folder)/1.md"])
    #expect(report.conflicts.map(\.other) == ["\(folder)/\(names.last ?? "")"])
    #expect(Set(try names.map { try one.show("\(folder)/\($0)") }) == ["first", "second"])
    let other = try scratch.git(
      "rev-parse", "refs/orch/state:\(report.conflicts[0].other)", in: "one")
    #expect(report.conflicts[0].other.hasSuffix("~" + other.prefix(8)))
    let again = try await one.join(two)
    #expect(again.outcome == .unchanged && again.conflicts == [])
    #expect(try await two.join(one).outcome == .fastForwarded)
  }

  @Test func `nothing is deleted by absence, and a snapshot that came from elsewhere is made anew`()
    async throws
  {
    let one = try await Machine("one", in: scratch, seed: 1)
    let two = try await Machine("two", in: scratch, seed: 2, hasState: false)
    let key = try task("aa0000000001")
    let other = try task("bb0000000002")
    for key in [key, other] {
      _ = try await one.store.write(adding(key, "task.created", [.set("title", "t")]))
    }
    try await two.join(one)
    let before = try await one.tree()
    try await two.commit { tree in
      for path in tree.files.keys where path.hasPrefix("tasks/bb/") { tree.files[path] = nil }
      tree["tasks/aa/aa0000000001/task.json"] = tree["tasks/aa/aa0000000001/task.json"]?
        .replacing("\"title\":\"t\"", with: "\"title\":\"forged\"")
    }
    #expect(try two.show("tasks/aa/aa0000000001/task.json").contains("forged"))
    let report = try await one.join(two)
    #expect(report.outcome == .merged && report.changed == [])
    #expect(try await one.tree() == before)
    let back = try await two.join(one)
    #expect(back.outcome == .fastForwarded && back.changed == [key, other])
    try scratch.git("fsck", "--strict", "--no-dangling", in: "two")
  }

  @Test func `joins and writes at once lose nothing`() async throws {
    let one = try await Machine("one", in: scratch, seed: 1)
    let two = try await Machine("two", in: scratch, seed: 2)
    let key = try task("aa0000000001")
    let second = try openStore(at: scratch["one"])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for number in 0..<20 { _ = try await one.store.write(adding(key, message: "1/\(number)")) }
      }
      group.addTask {
        for number in 0..<20 { _ = try await second.write(adding(key, message: "2/\(number)")) }
      }
      group.addTask {
        for number in 0..<10 {
          _ = try await two.store.write(adding(key, message: "3/\(number)"))
          try await one.join(two)
        }
      }
      try await group.waitForAll()
    }
    let events = try await one.store.read { try $0.events(of: key, in: $1) }
    #expect(Set(events.compactMap(\.message)).count == 50)
    #expect(Set(events.map { "\($0.host) \($0.sequence)" }).count == 50)
    #expect(try await two.join(one).outcome == .fastForwarded)
    try scratch.git("fsck", "--strict", "--no-dangling", in: "one")
  }
}
