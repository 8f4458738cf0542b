import Foundation
import Git2
import TestSupport
import Testing

@testable import GitState

/// What a join costs, in objects: time is the machine's, these counts are the join's.
@Suite(.scratch, .timeLimit(.minutes(30))) struct `The cost of a join` {
  let scratch = Scratch.current
  /// The most objects that one task which differs may make: three folders, a log, a snapshot, and its shard.
  private static let madeForEach = 6

  /// The folder of a task's log.
  private static func log(_ number: Int) -> String {
    let id = String(format: "%02x%010x", number % 256, number)
    return "tasks/\(id.prefix(2))/\(id)/log"
  }

  private static func line(_ number: Int, _ host: String) -> String {
    #"{"h":"\#(host)","k":"task.edited","n":\#(number + 1),"ops":[{"k":"a","o":"set","v":1}],"t":\#(number + 1),"v":1}"#
      + "\n"
  }

  /// A state of some tasks.
  private static func state(of tasks: Int) -> TreeFixture {
    var tree = TreeFixture()
    tree["meta/format.json"] = #"{"epoch":0,"format":1,"min_writer":1}"# + "\n"
    for task in 0..<tasks { tree[log(task) + "/host-0.jsonl"] = line(task, "host-0") }
    return tree
  }

  /// The same with a line of a host's own in the first tasks.
  private static func fork(_ tree: TreeFixture, by host: String, in tasks: Int) -> TreeFixture {
    var tree = tree
    for task in 0..<tasks { tree[log(task) + "/\(host).jsonl"] = line(task, host) }
    return tree
  }

  /// How many objects are made where two forks of a state differ in some of its tasks.
  private func made(
    _ tasks: Int, _ differing: Int, in repository: borrowing Repository
  ) throws -> Int {
    var pack = PackWriter()
    let base = Self.state(of: tasks)
    let ours = try Self.fork(base, by: "host-1", in: differing).write(to: &pack)
    let theirs = try Self.fork(base, by: "host-2", in: differing).write(to: &pack)
    let before = pack.count
    var joiner = TreeJoiner()
    joiner.objects.pack = pack
    _ = try joiner.join(ours, theirs, in: repository)
    return joiner.objects.pack.count - before
  }

  @Test func `follows what differs, not what there is`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    for differing in [8, 64, 256] {
      let few = try made(300, differing, in: repository)
      let many = try made(2400, differing, in: repository)
      #expect(few == many, "\(differing) tasks differ")
      // The top and the folder of all tasks are made once; each task's folder, log and snapshot at least.
      let expected = 3 * differing...Self.madeForEach * differing + 2
      #expect(expected.contains(few), "\(differing): \(few)")
    }
  }

  @Test func `needs nothing that both sides have: it need not even be there`() async throws {
    let differing = 12
    try scratch.repository("one")
    let (ours, theirs) = try commits(differing)
    _ = try scratch.run(["cp", "-a", "one", "whole"])
    let changed = Set((0..<differing).map { String(Self.log($0).dropLast("/log".count)) })
    let removed = try removeShared(ours, theirs, except: changed)
    #expect(removed > 2000, "\(removed)")
    let report = try await openStore(at: scratch["one"]).join(with: theirs)
    #expect(report.outcome == .merged)
    #expect(report.changed.count == differing)
    // Where everything is there, it is the same commit.
    let whole = try await openStore(at: scratch["whole"]).join(with: theirs)
    #expect(whole.tip == report.tip)
    let read = try scratch.run(["git", "cat-file", "-p", "\(ours):\(Self.log(500))"], in: "one")
    #expect(read.exitCode != 0, "the objects were there all the time")
  }

  /// A state with one fork as its tip and the other beside it; returns both.
  private func commits(_ differing: Int) throws -> (ours: ObjectID, theirs: ObjectID) {
    let repository = try Repository(at: scratch["one"])
    let base = Self.state(of: 600)
    let root = try stateCommit(base, on: [], in: repository)
    let sides = try ["host-1", "host-2"].map { host in
      try stateCommit(Self.fork(base, by: host, in: differing), on: [root], in: repository)
    }
    try scratch.git("update-ref", "refs/orch/state", sides[0].hex, in: "one")
    return (sides[0], sides[1])
  }

  /// Removes the objects that both commits' trees have outside of some folders; returns how many.
  private func removeShared(
    _ ours: ObjectID, _ theirs: ObjectID, except folders: Set<String>
  ) throws -> Int {
    let script = """
      mkdir packs && mv one/.git/objects/pack/* packs/ && cd one
      for pack in ../packs/*.pack; do git unpack-objects -q < "$pack"; done
      """
    let unpacked = try scratch.run(["sh", "-ec", script])
    guard unpacked.exitCode == 0 else { throw CommandFailure(command: ["sh"], result: unpacked) }
    var shared: [Set<String>] = []
    var kept: Set<String> = []
    for side in [ours, theirs] {
      var ids: Set<String> = []
      for line in try scratch.git("ls-tree", "-r", "-t", side.hex, in: "one").split(separator: "\n")
      {
        let parts = line.split(separator: "\t")
        guard parts.count == 2, let id = parts[0].split(separator: " ").last else { continue }
        let isKept = folders.contains { parts[1].hasPrefix($0) || $0.hasPrefix(parts[1]) }
        if isKept || parts[1].hasPrefix("meta") {
          kept.insert(String(id))
        } else {
          ids.insert(String(id))
        }
      }
      shared.append(ids)
    }
    let removed = shared[0].intersection(shared[1]).subtracting(kept)
    for id in removed {
      try FileManager.default.removeItem(
        atPath: scratch["one/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))"])
    }
    return removed.count
  }
}
