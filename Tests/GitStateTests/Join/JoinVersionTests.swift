import Git2
import JSON
import TestSupport
import Testing

@testable import GitState

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Joining other versions and other times` {
  let scratch = Scratch.current

  @Test func `what a newer version wrote goes through an older one byte for byte`() async throws {
    let one = try await Machine("one", in: scratch, seed: 1)
    let two = try await Machine("two", in: scratch, seed: 2, hasState: false)
    let key = try task("aa0000000001")
    _ = try await one.store.write(adding(key, "task.created", [.set("title", "t")]))
    try await two.join(one)
    let line =
      #"{"zz": [1,2] ,"v":9,"t":1700000000500,"h":"new-0001","n":1,"k":"task.dreamt","ops":[{"o":"hologram"}]}"#
    let log = "tasks/aa/aa0000000001/log/new-0001.jsonl"
    let snapshot = #"{"fold":9,"events":2,"dream":true}"# + "\n"
    try await one.commit { tree in
      tree[log] = line + "\n" + "not json at all\n"
      tree["tasks/aa/aa0000000001/task.json"] = snapshot
      tree["dreams/aa/one.bin"] = "\u{0}\u{1}"
    }
    _ = try await two.store.write(adding(key, "task.edited", [.set("title", "two")]))
    #expect(try await two.join(one).outcome == .merged)
    _ = try await two.store.write(adding(key, "task.edited"))
    let tree = try await two.tree()
    #expect(tree[log] == line + "\nnot json at all\n")
    #expect(
      tree["tasks/aa/aa0000000001/task.json"] == snapshot, "a lower fold replaced a higher one")
    #expect(tree["dreams/aa/one.bin"] == "\u{0}\u{1}")
    let record = try await two.store.read { try $0.record(key, in: $1) }
    #expect(record?.fields["title"] == "two" && record?.eventCount == 4)
  }

  @Test func `a state that asks for a newer writer is read, taken over, and not merged`()
    async throws
  {
    let one = try await Machine("one", in: scratch, seed: 1)
    let two = try await Machine("two", in: scratch, seed: 2, hasState: false)
    let three = try await Machine("three", in: scratch, seed: 3, hasState: false)
    for machine in [two, three] { try await machine.join(one) }
    let key = try task("aa0000000001")
    _ = try await three.store.write(adding(key))
    try await one.commit {
      $0["meta/format.json"] = #"{"epoch":0,"format":9,"min_writer":9}"# + "\n"
    }
    let before = try three.tip
    let error = await #expect(throws: StateError.self) { try await three.join(one) }
    #expect(error == .newerFormat(found: 9, known: 1))
    #expect(try three.tip == before)
    #expect(try await two.join(one).outcome == .fastForwarded)
    let refused = await #expect(throws: StateError.self) { try await two.store.write(adding(key)) }
    #expect(refused == .newerFormat(found: 9, known: 1))
  }

  @Test func `lines from the future wait until the clock has caught up`() async throws {
    let one = try await Machine("one", in: scratch, seed: 1)
    let two = try await Machine("two", in: scratch, seed: 2, clock: { 1_800_000_000_000 })
    let (early, late) = (try task("aa0000000001"), try task("bb0000000002"))
    _ = try await one.store.write(adding(early))
    _ = try await two.store.write(adding(late))
    let report = try await one.join(two)
    #expect(report.outcome == .merged)
    let path = "tasks/bb/bb0000000002/log/\(two.store.host).jsonl"
    #expect(
      report.findings.contains(
        Finding(path: path, reason: .futureLines(count: 1, latest: 1_800_000_000_000))))
    #expect(try await one.store.read { try $0.events(of: late, in: $1) } == [])
    // Whoever has the right time, or waits, has both.
    #expect(try await two.join(one).outcome == .merged)
    let events = try await two.store.read {
      try $0.events(of: early, in: $1) + $0.events(of: late, in: $1)
    }
    #expect(events.count == 2)
    let again = try await one.join(two)
    #expect(again.outcome == .unchanged && again.findings.count == report.findings.count)
    var limits = ValidationLimits.sync
    limits.futureMilliseconds = 200_000_000_000
    #expect(try await one.join(two, limits: limits).outcome == .fastForwarded)
    #expect(try one.tip == two.tip)
  }

  @Test func `commits that are no state, and other epochs, are refused`() async throws {
    let one = try await Machine("one", in: scratch, seed: 1)
    let code = try id(scratch.git("rev-parse", "HEAD", in: "one"))
    let error = await #expect(throws: StateError.self) { try await one.store.join(with: code) }
    #expect(error == .refused(.notAState(reason: "it has no meta/format.json")))
    let tree = try id(scratch.git("rev-parse", "HEAD^{tree}", in: "one"))
    let kind = await #expect(throws: StateError.self) { try await one.store.join(with: tree) }
    #expect(kind == .refused(.notAState(reason: "it is a tree")))
    let two = try await Machine("two", in: scratch, seed: 2)
    try await two.commit { $0["meta/format.json"] = #"{"epoch":1,"format":1,"min_writer":1}"# }
    let epoch = await #expect(throws: StateError.self) { try await one.join(two) }
    #expect(epoch == .refused(.differentEpoch(ours: 0, theirs: 1)))
  }

  @Test func `the bytes of a joined record and the id of the merge never change`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    var pack = PackWriter()
    let folder = "tasks/aa/aa0000000001"
    var sides: [StateJoin.Side] = []
    for (host, time, operation) in [
      ("one-0001", 5, #"{"o":"set","k":"title","v":"ü"}"#),
      ("two-0002", 7, #"{"o":"add","k":"s","v":"x"}"#),
    ] {
      var tree = TreeFixture()
      tree["\(folder)/log/\(host).jsonl"] =
        #"{"h":"\#(host)","k":"k","n":1,"ops":[\#(operation)],"t":\#(time),"v":1}"# + "\n"
      let root = try tree.write(to: &pack)
      let signature = Signature(name: "m", email: "m@localhost", seconds: Int64(time))
      let commit = Genesis.commitBytes(tree: root, parents: [], by: signature, message: "m\n")
      sides.append(.init(id: try pack.add(commit, .commit), tree: root, seconds: Int64(time)))
    }
    let join = try StateJoin(
      sides[0], sides[1], relation: .none, leavingOut: .none, host: nil, on: pack, in: repository)
    let joined = try TreeFixture(join.tree, join.pack, in: repository)
    #expect(
      joined["\(folder)/task.json"]
        == #"{"created":5,"events":2,"fields":{"title":"ü"},"fold":1,"id":"aa0000000001","log":"366a6018257e0e0a53802a9011a1378987f74311","seq":{"one-0001":1,"two-0002":1},"sets":{"s":{"x":["two-0002:1"]}},"updated":7}"#
        + "\n")
    #expect(join.tip.hex == "3fa9780dd0dec11cfbb4035292de896d9cfed679")
  }
}
