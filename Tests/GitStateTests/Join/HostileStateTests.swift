import Git2
import TestSupport
import Testing

@testable import GitState

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A hostile state` {
  let scratch = Scratch.current

  /// A machine with two tasks, and another that has adopted its state.
  private func machines() async throws -> (Machine, Machine) {
    let one = try await Machine("one", in: scratch, seed: 1)
    for text in ["aa0000000001", "aa0000000002"] {
      _ = try await one.store.write(adding(task(text)))
    }
    let two = try await Machine("two", in: scratch, seed: 2, hasState: false)
    try await two.join(one)
    return (one, two)
  }

  /// Joins a commit with these objects under `tasks/aa/aa0000000001/spec` and one honest new task.
  private func join(
    _ folder: @Sendable @escaping (inout PackWriter) throws -> ObjectID,
    at path: [String] = ["tasks", "aa", "aa0000000001", "spec"], into one: Machine
  ) async throws -> JoinReport {
    let hostile = try await one.store.read { state, repository in
      var tree = try TreeFixture(state.root, PackWriter(), in: repository)
      tree["tasks/bb/bb0000000001/log/bad-0001.jsonl"] =
        #"{"h":"bad-0001","k":"task.created","n":1,"t":1,"v":1}"# + "\n"
      var pack = PackWriter()
      let honest = try tree.write(to: &pack)
      let root = try graft(folder(&pack), at: path[...], of: honest, &pack)
      return try stateCommit(root, on: [state.tip], &pack, in: repository)
    }
    try scratch.git("update-ref", "refs/orch/remotes/bad/state", hostile.hex, in: "one")
    let report = try await one.store.join(with: hostile)
    let tasks = try await one.store.read { try $0.ids(of: .tasks, in: $1).map(\.text) }
    #expect(tasks == ["aa0000000001", "aa0000000002", "bb0000000001"], "the rest was not joined")
    // What was joined can be fetched by everyone with git's own checks on.
    try scratch.git("init", "-q", "--bare", scratch["fresh.git"])
    try scratch.git(
      "-c", "fetch.fsckObjects=true", "fetch", "-q", scratch["one"], "refs/orch/state",
      in: "fresh.git")
    return report
  }

  private func hostileTip() throws -> ObjectID {
    try id(scratch.git("rev-parse", "refs/orch/remotes/bad/state", in: "one"))
  }

  private static func folder(
    _ mode: String, _ name: String, _ id: ObjectID, _ pack: inout PackWriter
  ) throws -> ObjectID {
    try pack.add(entry(mode, name, id), .tree)
  }

  private static func entry(_ mode: String, _ name: String, _ id: ObjectID) -> [UInt8] {
    Array("\(mode) \(name)\0".utf8) + id.bytes
  }

  @Test(arguments: [
    "..", ".", ".git", "a/b", "Upper", "git~1", "gitmod~1", "with space", "new\nline", "\u{202E}x",
    "-option", "x~dir", String(repeating: "x", count: 82), "é",
  ])
  func `a name that a state may not have is kept out and the rest is joined`(
    name: String
  ) async throws {
    let (one, _) = try await machines()
    let report = try await join(
      { try Self.folder("100644", name, $0.add([1], .blob), &$0) }, into: one)
    #expect(report.findings.map(\.reason) == [.name])
    #expect(report.findings.map(\.path) == ["tasks/aa/aa0000000001/spec/\(name)"])
    #expect(report.outcome == .merged)
    #expect(try await one.tree().files.keys.contains { $0.contains("spec") } == false)
    let again = try await one.store.join(with: hostileTip())
    #expect(again.outcome == .unchanged)
  }

  @Test(arguments: [
    ("120000", 0o120000), ("160000", 0o160000), ("100755", 0o100755), ("100664", 0o100664),
  ])
  func `links, submodules and programs are kept out`(mode: String, number: UInt32) async throws {
    let (one, _) = try await machines()
    let report = try await join(
      { try Self.folder(mode, "x", $0.add(Array("/etc/passwd".utf8), .blob), &$0) }, into: one)
    #expect(report.findings.map(\.reason) == [.mode(number)])
  }

  @Test(arguments: 0..<8) func `a folder that git would not write is kept out whole`(
    number: Int
  ) async throws {
    let broken: [@Sendable (ObjectID) -> [UInt8]] = [
      { Self.entry("100644", "a", $0) + Self.entry("100644", "a", $0) },
      { Self.entry("100644", "b", $0) + Self.entry("100644", "a", $0) },
      { Self.entry("100644", "a", $0) + Self.entry("40000", "a", Genesis.emptyTree) },
      { Self.entry("0100644", "a", $0) },
      { Self.entry("100644", "a", $0).dropLast(3) },
      { _ in Array("garbage".utf8) },
      { Self.entry("100644", "", $0) },
      { Self.entry("99999999", "a", $0) },
    ]
    let (one, _) = try await machines()
    let report = try await join(
      { try $0.add(broken[number]($0.add([1], .blob)), .tree) }, into: one)
    #expect(report.findings.map(\.reason) == [.malformedFolder])
    #expect(!report.containsFetched)
    let again = try await one.store.join(with: hostileTip())
    #expect(again.outcome == .unchanged && again.findings == report.findings)
  }

  @Test func `names that differ in capitals are kept out`() async throws {
    let (one, two) = try await machines()
    try await two.commit { $0["readme.md"] = "x" }
    try await two.commit { $0["Tasks/x"] = "x" }
    let report = try await one.join(two)
    #expect(
      report.findings == [
        Finding(path: "Tasks", reason: .caseClash(with: "tasks")),
        Finding(path: "readme.md", reason: .caseClash(with: "README.md")),
      ])
  }

  @Test func `files where folders belong, wrong shards and depths are kept out`() async throws {
    let (one, two) = try await machines()
    try await two.commit { tree in
      tree["tasks/bb/aa0000000009/log/x.jsonl"] = "x"
      tree["tasks/cc"] = "x"
      tree["tasks/dd/dd0000000001/log"] = "x"
      tree["tasks/dd/dd0000000002/task.json/x"] = "x"
      tree["tasks/ee/ee0000000001/a/b/c/d"] = "x"
      tree["tasks/ee/ee0000000001/a/b/c/e/f"] = "x"
      tree["meta/format.json"] = nil
      tree["meta/format.json/x"] = "x"
      tree["unknown/seal.jsonl"] = "a line\n"
    }
    let report = try await one.join(two)
    let found = Dictionary(
      report.findings.map { ($0.path, $0.reason) }, uniquingKeysWith: { one, _ in one })
    #expect(
      found == [
        "tasks/bb/aa0000000009": .wrongKind, "tasks/cc": .wrongKind,
        "tasks/dd/dd0000000001/log": .wrongKind, "tasks/dd/dd0000000002/task.json": .wrongKind,
        "tasks/ee/ee0000000001/a/b/c/e": .tooDeep(limit: 7), "meta/format.json": .wrongKind,
      ])
    let files = try await one.tree().files.keys
    #expect(files.contains("tasks/ee/ee0000000001/a/b/c/d") && files.contains("unknown/seal.jsonl"))
    #expect(!files.contains { $0.hasPrefix("tasks/cc") || $0.hasPrefix("meta/format.json/") })
  }

  @Test func `a folder of a million entries and a file of a gigabyte are not even unpacked`()
    async throws
  {
    let (one, _) = try await machines()
    let script = """
      import sys
      out = sys.stdout.buffer
      for n in range(1000000): out.write(b'100644 n%06d\\0' % n + bytes.fromhex(sys.argv[1]))
      """
    let made = try scratch.run(
      [
        "sh", "-c",
        "python3 -c \"$1\" $(git hash-object -w README.md) | git hash-object -w -t tree --literally --stdin",
        "sh", script,
      ], in: "one")
    let wide = try id(String(made.output.prefix(40)))
    let report = try await join({ _ in wide }, into: one)
    #expect(report.findings.map(\.reason) == [.tooManyEntries(count: nil, limit: 1000)])
    #expect(!report.containsFetched)
    // Zeros pack into a megabyte; unpacking them is what must not happen.
    _ = try scratch.run(["truncate", "-s", "1G", scratch["zeros"]])
    let blob = try scratch.git(
      "-c", "core.bigFileThreshold=1m", "hash-object", "-w", scratch["zeros"], in: "one")
    var limits = ValidationLimits.sync
    limits.bytes = 2 << 30
    let hostile = try await one.store.read { state, repository in
      var pack = PackWriter()
      let spec = try pack.add(
        RawTree([.init(mode: RawTree.fileMode, name: "big", id: id(blob))]).bytes, .tree)
      let root = try graft(
        spec, at: ["tasks", "aa", "aa0000000001", "spec"], of: state.root, &pack, in: repository)
      return try stateCommit(root, on: [state.tip], &pack, in: repository)
    }
    let big = try await one.store.join(with: hostile, limits: limits)
    #expect(big.findings.map(\.reason) == [.tooLarge(bytes: 1 << 30, limit: 256 * 1024)])
    let error = await #expect(throws: StateError.self) { try await one.store.join(with: hostile) }
    #expect(error == .refused(.tooManyBytes(limit: 50 << 20)))
  }

  @Test func `an object that lies about its size or its kind is kept out`() async throws {
    let (one, _) = try await machines()
    let lie = try lyingBlob(in: "one")
    let report = try await join({ try Self.folder("100644", "x", lie, &$0) }, into: one)
    guard case .unreadable = report.findings.first?.reason else {
      Issue.record("\(report.findings)")
      return
    }
    let kind = try await join(
      { try Self.folder("100644", "y", $0.add([], .tree), &$0) },
      at: ["tasks", "aa", "aa0000000002", "spec"], into: one)
    #expect(kind.findings.map(\.reason) == [.unreadable("a tree in the place of a blob")])
  }

  /// A loose object whose header says five bytes and which holds ten thousand.
  private func lyingBlob(in repository: String) throws -> ObjectID {
    let content = String(repeating: "x", count: 10_000)
    let real = try scratch.git("hash-object", "-w", "--stdin", in: repository, input: content)
    let script = """
      import sys, zlib
      open(sys.argv[1], 'wb').write(zlib.compress(b'blob 5\\0' + b'x' * 10000))
      """
    let path = scratch["\(repository)/.git/objects/\(real.prefix(2))/\(real.dropFirst(2))"]
    _ = try scratch.run(["chmod", "u+w", path])
    let result = try scratch.run(["python3", "-c", script, path])
    #expect(result.exitCode == 0, "\(result.errorOutput)")
    return try id(real)
  }

  @Test func `folders inside folders a billion times are refused at a bounded cost`() async throws {
    let (one, _) = try await machines()
    let report = try await join(
      { pack in
        var folder = RawTree([
          .init(mode: RawTree.fileMode, name: "x", id: try pack.add([1], .blob))
        ])
        for _ in 0..<2 {
          let id = try pack.add(folder.bytes, .tree)
          folder = RawTree((0..<1000).map { .init(mode: RawTree.treeMode, name: "d\($0)", id: id) })
        }
        return try pack.add(folder.bytes, .tree)
      }, into: one)
    #expect(
      report.findings == [
        Finding(path: "tasks/aa/aa0000000001", reason: .tooManyPaths(limit: 4000))
      ])
    let bomb = try await one.store.read { state, repository in
      var pack = PackWriter()
      let file = RawTree.Entry(mode: RawTree.fileMode, name: "x", id: try pack.add([1], .blob))
      let folder = try pack.add(RawTree([file]).bytes, .tree)
      var top: [RawTree.Entry] = []
      for shard in 0..<6 {
        let name = String(0x100 + shard, radix: 16).dropFirst()
        let records = (0..<1000).map {
          RawTree.Entry(mode: RawTree.treeMode, name: "\(name)\(1_000_000_000 + $0)", id: folder)
        }
        top.append(
          .init(
            mode: RawTree.treeMode, name: String(name),
            id: try pack.add(RawTree(records).bytes, .tree)))
      }
      let tasks = try pack.add(RawTree(top).bytes, .tree)
      let root = try graft(tasks, at: ["tasks"], of: state.root, &pack, in: repository)
      return try stateCommit(root, on: [state.tip], &pack, in: repository)
    }
    var limits = ValidationLimits.sync
    limits.paths = 5_000
    let error = await #expect(throws: StateError.self) {
      try await one.store.join(with: bomb, limits: limits)
    }
    #expect(error == .refused(.tooManyPaths(limit: 5_000)))
  }

  @Test func `too many objects are refused, also if only the history has them`() async throws {
    let (one, two) = try await machines()
    try await two.commit { tree in
      for number in 0..<300 { tree["unknown/n\(number)"] = "\(number)" }
    }
    try await two.commit { tree in
      for number in 0..<300 { tree["unknown/n\(number)"] = nil }
    }
    let before = try one.tip
    var limits = ValidationLimits.sync
    limits.objects = 299
    let error = await #expect(throws: StateError.self) { try await one.join(two, limits: limits) }
    #expect(error == .refused(.tooManyObjects(limit: 299)))
    #expect(try one.tip == before)
    #expect(try await one.join(two).outcome == .fastForwarded)
  }
}
