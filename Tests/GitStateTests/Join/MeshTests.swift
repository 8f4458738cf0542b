import Git2
import TestSupport
import Testing

@testable import GitState

/// Machines that exchange states directly, in memory: commits, trees and files are real, the network is not.
private struct Mesh {
  /// How joins are signed.
  enum Identity { case fixed, ofEachMachine }

  /// What a machine does with the other's tip.
  enum Exchange {
    /// As `orch sync` does: it joins, and gives the join back unless the other has moved meanwhile.
    case both
    /// It joins, and the other learns nothing: what machines without any remote could do.
    case fetching
  }

  var random: SeededRandom
  var pack = PackWriter()
  var tips: [StateJoin.Side] = []
  var lines: Set<String> = []
  private var parents: [ObjectID: [ObjectID]] = [:]
  private var skews: [Int] = []
  private var sequences: [Int: Int] = [:]
  private let identity: Identity
  private let keys: [RecordKey]

  init(seed: UInt64, machines: Int, identity: Identity = .fixed) throws {
    random = SeededRandom(seed: seed)
    self.identity = identity
    keys = try ["0a0000000001", "0a0000000002", "ff0000000001"].map(task)
    let genesis = try StateJoin.Side.genesis(in: &pack)
    parents[genesis.id] = []
    for _ in 0..<machines {
      // One in four began by itself, with a root of its own.
      let isAlone = Int.random(in: 0..<4, using: &random) == 0
      let root =
        isAlone
        ? try commit(genesis.tree, on: [], seconds: Int64.random(in: 0..<9, using: &random))
        : genesis
      tips.append(root)
      skews.append(Int.random(in: -5...5, using: &random) * 365 * 86_400_000)
    }
  }

  /// One machine writes an event, as the writer does: after all that it has seen.
  mutating func write(_ machine: Int, at now: Int, in repository: borrowing Repository) throws {
    let key = keys[Int.random(in: 0..<keys.count, using: &random)]
    var editor = TreeFixture()
    editor = try TreeFixture(tips[machine].tree, pack, in: repository)
    let host = "host-\(machine)"
    let path = "tasks/\(key.id.shard)/\(key.id)/log/\(host).jsonl"
    sequences[machine, default: 0] += 1
    let line =
      #"{"h":"\#(host)","k":"k","n":\#(sequences[machine] ?? 0),"ops":[{"k":"a","o":"set","v":\#(Int.random(in: 0..<9, using: &random))}],"t":\#(max(0, now + skews[machine])),"v":1}"#
    editor[path] = (editor[path] ?? "") + line + "\n"
    if Int.random(in: 0..<5, using: &random) == 0 {
      editor["meta/format.json"] = #"{"format":1,"n":\#(machine)}"#
    }
    if Int.random(in: 0..<5, using: &random) == 0 { editor["shared/file"] = "by \(machine)" }
    lines.insert(line)
    let tree = try editor.write(to: &pack)
    tips[machine] = try commit(
      tree, on: [tips[machine].id], seconds: Int64(max(0, now + skews[machine]) / 1000))
  }

  /// One machine fetches another's tip and joins it.
  mutating func join(
    _ machine: Int, with theirs: StateJoin.Side, in repository: borrowing Repository
  ) throws {
    let ours = tips[machine]
    let join = try StateJoin(
      ours, theirs, relation: relation(ours.id, theirs.id), leavingOut: .none,
      host: "host-\(machine)", on: pack, in: repository)
    pack = join.pack
    switch join.outcome {
    case .unchanged: return
    case .fastForward: tips[machine] = theirs
    case .merged where identity == .fixed:
      parents[join.tip] = [ours.id, theirs.id].sorted()
      tips[machine] = .init(
        id: join.tip, tree: join.tree, seconds: max(ours.seconds, theirs.seconds))
    case .merged:
      tips[machine] = try commit(
        join.tree, on: [ours.id, theirs.id], seconds: Int64.random(in: 0..<1 << 40, using: &random))
    }
  }

  /// Someone throws a machine's newest commits away by force.
  mutating func rewind(_ machine: Int, in repository: borrowing Repository) throws {
    guard let parent = parents[tips[machine].id]?.first, let bytes = pack[parent]?.bytes,
      let text = CommitText(bytes: bytes)
    else { return }
    tips[machine] = .init(id: parent, tree: text.tree, seconds: tips[machine].seconds)
  }

  private mutating func commit(
    _ tree: ObjectID, on parents: [ObjectID], seconds: Int64
  ) throws -> StateJoin.Side {
    let signature = Signature(name: "m", email: "m@localhost", seconds: seconds)
    let id = try pack.add(
      Genesis.commitBytes(tree: tree, parents: parents, by: signature, message: "m\n"), .commit)
    self.parents[id] = parents
    return .init(id: id, tree: tree, seconds: seconds)
  }

  private func relation(_ ours: ObjectID, _ theirs: ObjectID) -> StateJoin.Relation {
    if ours == theirs { return .same }
    if contains(ours, in: theirs) { return .oursInTheirs }
    return contains(theirs, in: ours) ? .theirsInOurs : .none
  }

  private func contains(_ ancestor: ObjectID, in commit: ObjectID) -> Bool {
    var seen: Set<ObjectID> = []
    var queue = [commit]
    while let next = queue.popLast() {
      if next == ancestor { return true }
      if seen.insert(next).inserted { queue += parents[next] ?? [] }
    }
    return false
  }

  /// Rounds until all have one tip; nil if that is not reached.
  ///
  /// In a round each machine meets a random other one, in random order; every second one has fetched at the
  /// round's start and does not see what was made of it since.
  mutating func roundsUntilOneTip(
    limit: Int, _ exchange: Exchange, in repository: borrowing Repository
  ) throws -> Int? {
    for round in 0..<limit {
      if Set(tips.map(\.id)).count == 1 { return round }
      let fetched = tips
      for machine in tips.indices.shuffled(using: &random) {
        let other = Int.random(in: 0..<tips.count, using: &random)
        let isSlow = Bool.random(using: &random)
        guard other != machine else { continue }
        let theirs = isSlow ? fetched[other] : tips[other]
        try join(machine, with: theirs, in: repository)
        // A push names the value that it replaces.
        if exchange == .both, tips[other].id == theirs.id { tips[other] = tips[machine] }
      }
    }
    return Set(tips.map(\.id)).count == 1 ? limit : nil
  }

  /// Random writes, joins and rewinds; a machine is rewound only to what others have, so nothing is lost.
  mutating func live(_ steps: Int, in repository: borrowing Repository) throws {
    for step in 0..<steps {
      let machine = Int.random(in: 0..<tips.count, using: &random)
      let other = Int.random(in: 0..<tips.count, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6: try write(machine, at: 1_700_000_000_000 + step * 1000, in: repository)
      case 6 where machine != other:
        try join(other, with: tips[machine], in: repository)
        try rewind(machine, in: repository)
      default: if machine != other { try join(machine, with: tips[other], in: repository) }
      }
    }
  }
}

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A mesh of machines` {
  let scratch = Scratch.current

  /// In as many rounds all are to have one commit: the issue's bound.
  private static let maximumRounds = 50
  /// What machines that only fetch from each other are given; eight of them take 27 rounds on average.
  private static let maximumRoundsOfFetching = 200

  @Test func `two to eight machines with clocks years apart reach one commit and lose no line`()
    throws
  {
    let worst = try settle(.both, within: Self.maximumRounds, proofCount(20, full: 2000))
    print("meshes settled within \(worst) rounds")
  }

  @Test func `machines that only fetch from each other reach one commit too`() throws {
    let limit = Self.maximumRoundsOfFetching
    let worst = try settle(.fetching, within: limit, proofCount(20, full: 2000))
    print("meshes without pushes settled within \(worst) rounds")
  }

  /// Lets random meshes live and then settle; returns the most rounds that one took.
  private func settle(
    _ exchange: Mesh.Exchange, within limit: Int, _ count: Int
  ) throws -> Int {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    let start = TestSeed.next()
    var worst = 0
    for offset in 0..<UInt64(count) {
      let seed = start &+ offset
      var mesh = try Mesh(seed: seed, machines: 2 + Int(offset % 7))
      try mesh.live(40, in: repository)
      let rounds = try mesh.roundsUntilOneTip(limit: limit, exchange, in: repository)
      worst = max(worst, rounds ?? limit + 1)
      let tree = try TreeFixture(mesh.tips[0].tree, mesh.pack, in: repository)
      let kept = Set(
        tree.files.filter { $0.key.hasSuffix(".jsonl") }.values.flatMap { file in
          String(decoding: file.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        })
      let lost = mesh.lines.subtracting(kept).count
      guard rounds == nil || lost > 0 else { continue }
      Issue.record(
        "seed \(start) + \(offset): \(rounds.map(String.init) ?? "no") rounds, \(lost) lines lost")
      return worst
    }
    return worst
  }

  @Test func `joins that each machine signs by itself do not all settle, so these tests can fail`()
    throws
  {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    let start = TestSeed.next()
    var settled: [Mesh.Identity: Int] = [:]
    for offset in 0..<UInt64(6) {
      for identity in [Mesh.Identity.fixed, .ofEachMachine] {
        var mesh = try Mesh(seed: start &+ offset, machines: 8, identity: identity)
        try mesh.live(10, in: repository)
        let limit = Self.maximumRoundsOfFetching
        let rounds = try mesh.roundsUntilOneTip(limit: limit, .fetching, in: repository)
        if rounds != nil { settled[identity, default: 0] += 1 }
      }
    }
    #expect(settled[.fixed] == 6, "seed \(start)")
    #expect(settled[.ofEachMachine, default: 0] < 6, "seed \(start)")
  }
}
