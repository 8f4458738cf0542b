import Git2
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Notes of several machines` {
  let scratch = Scratch.current
  private let notes = "refs/notes/orchestrator"
  private let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  private func commits(_ count: Int) throws -> [ObjectID] {
    try scratch.repository("one")
    for number in 0..<count {
      try scratch.git("commit", "-q", "--allow-empty", "-m", "c\(number)", in: "one")
    }
    try scratch.git("clone", "-q", "--bare", scratch["one"], scratch["two"])
    return try scratch.git("rev-list", "HEAD", in: "one").split(separator: "\n").compactMap {
      ObjectID(hex: String($0))
    }
  }

  private func fetch(from other: String, to name: String) throws -> ObjectID {
    try scratch.git("fetch", "-q", scratch[other], "+\(notes):refs/orch/remotes/x/notes", in: name)
    return try #require(
      ObjectID(hex: scratch.git("rev-parse", "refs/orch/remotes/x/notes", in: name)))
  }

  @Test func `both sides make one commit with the lines of both, and git shows them`() throws {
    let commits = try commits(40)
    for (name, text) in [("one", "first"), ("two", "second")] {
      let repository = try Repository(at: scratch[name])
      let part = name == "one" ? commits[0..<30] : commits[10..<40]
      try Notes.add(
        Dictionary(uniqueKeysWithValues: part.map { ($0, ["shared", text]) }), to: notes,
        by: signature, message: "m", in: repository)
    }
    let (second, first) = (try fetch(from: "two", to: "one"), try fetch(from: "one", to: "two"))
    var tips: [ObjectID] = []
    for (name, theirs) in [("one", second), ("two", first)] {
      let repository = try Repository(at: scratch[name])
      let tip = try Notes.join(theirs, into: notes, in: repository)
      #expect(try Notes.join(theirs, into: notes, in: repository) == tip)
      tips.append(tip)
      let shown = try scratch.git("notes", "--ref", notes, "show", commits[15].hex, in: name)
      #expect(shown == "first\nsecond\nshared")
      #expect(try Notes.read(commits[35], from: notes, in: repository) == "shared\nsecond\n")
      let names = try scratch.git("ls-tree", "-r", "--name-only", notes, in: name)
        .split(separator: "\n")
      #expect(
        names.count == 40 && names.allSatisfy { $0.split(separator: "/").map(\.count) == [2, 38] })
      try scratch.git("fsck", "--strict", "--no-dangling", in: name)
    }
    #expect(tips[0] == tips[1])
    let log = try scratch.git("log", "-1", "--format=%s|%an|%at|%P", notes, in: "one")
    let parents = [first.hex, second.hex].sorted().joined(separator: " ")
    #expect(log == "sync: join 2 histories|orch|1700000000|\(parents)")
  }

  @Test func `several writers at once lose no line`() async throws {
    let commits = try commits(3)
    let (path, notes, signature) = (scratch["one"], notes, signature)
    try await withThrowingTaskGroup { group in
      for writer in 0..<3 {
        group.addTask {
          let repository = try Repository(at: path)
          for number in 0..<10 {
            let lines = ["\(writer) \(number)"]
            try Notes.add(
              [commits[0]: lines, commits[1 + number % 2]: lines], to: notes, by: signature,
              message: "m", in: repository)
          }
        }
      }
      try await group.waitForAll()
    }
    let written = Set((0..<3).flatMap { writer in (0..<10).map { "\(writer) \($0)" } })
    let repository = try Repository(at: path)
    let all = try Notes.read(commits[0], from: notes, in: repository) ?? ""
    #expect(Set(all.split(separator: "\n").map(String.init)) == written)
    let halves = try commits[1...].flatMap {
      try (Notes.read($0, from: notes, in: repository) ?? "").split(separator: "\n")
    }
    #expect(halves.count == written.count && Set(halves.map(String.init)) == written)
    try scratch.git("fsck", "--strict", "--no-dangling", in: "one")
  }

  private func tip(_ repository: borrowing Repository) throws -> ObjectID {
    let found = try repository.reference(notes)
    return try #require(found)
  }

  private func add(
    _ lines: [ObjectID: [String]], in repository: borrowing Repository
  ) throws -> ObjectID {
    try Notes.add(lines, to: notes, by: signature, message: "m", in: repository)
    return try tip(repository)
  }

  @Test func `lines that an earlier commit has are looked for in a later one`() throws {
    let commits = try commits(3)
    let repository = try Repository(at: scratch["one"])
    let first = try add([commits[0]: ["a", "b"], commits[1]: ["c"]], in: repository)
    let second = try add([commits[0]: ["d"], commits[2]: ["e"]], in: repository)
    #expect(try Notes.loss(from: first, to: second, in: repository) == nil)
    #expect(try Notes.loss(from: second, to: first, in: repository) != nil)
    let ref = ["notes", "--ref", notes]
    _ = try scratch.run(["git"] + ref + ["append", "-m", "more", commits[0].hex], in: "one")
    #expect(try Notes.loss(from: second, to: tip(repository), in: repository) == nil)
    _ = try scratch.run(["git"] + ref + ["add", "-f", "-m", "a\nb", commits[0].hex], in: "one")
    #expect(try Notes.loss(from: second, to: tip(repository), in: repository) == commits[0].hex)
    #expect(try Notes.loss(from: first, to: tip(repository), in: repository) == nil)
    _ = try scratch.run(["git"] + ref + ["remove", commits[2].hex], in: "one")
    #expect(try Notes.loss(from: second, to: tip(repository), in: repository) != nil)
  }

  @Test(arguments: ["README.md", "ab/README.md", "ab/cd", "AB", "abc", "g0/x"])
  func `a tree with something else in it holds no notes`(path: String) throws {
    let commits = try commits(2)
    let repository = try Repository(at: scratch["one"])
    try Notes.add([commits[0]: ["a"]], to: notes, by: signature, message: "m", in: repository)
    let tip = try tip(repository)
    #expect(try Notes.problem(with: tip, in: repository) == nil)
    try scratch.git("read-tree", "--empty", in: "one")
    try scratch.git("read-tree", notes, in: "one")
    let blob = try scratch.git("hash-object", "-w", "--stdin", in: "one", input: "x")
    try scratch.git("update-index", "--add", "--cacheinfo", "100644,\(blob),\(path)", in: "one")
    let tree = try scratch.git("write-tree", in: "one")
    let other = try scratch.git("commit-tree", "-p", tip.hex, "-m", "x", tree, in: "one")
    try repository.refreshObjects()
    let id = try #require(ObjectID(hex: other))
    let problem = try Notes.problem(with: id, against: tip, in: repository)
    #expect(problem?.hasSuffix("is no note") == true, "\(problem ?? "")")
  }

  @Test func `flat, deep and mixed fan-outs are read, and written as 2/38`() throws {
    let commits = try commits(3)
    let blob = { text in try scratch.git("hash-object", "-w", "--stdin", in: "one", input: text) }
    let hex = commits.map(\.hex)
    func tree(_ entries: [String]) throws -> String {
      try scratch.git("mktree", in: "one", input: entries.map { $0 + "\n" }.joined())
    }
    let deepest = try tree(["100644 blob \(blob("deep\n"))\t\(hex[1].dropFirst(4))"])
    let deep = try tree(["040000 tree \(deepest)\t\(hex[1].dropFirst(2).prefix(2))"])
    let other = try tree(["100644 blob \(blob("two levels\n"))\t\(hex[0].dropFirst(2))"])
    var top = [
      "100644 blob \(try blob("flat\n"))\t\(hex[0])", "040000 tree \(deep)\t\(hex[1].prefix(2))",
    ]
    if hex[0].prefix(2) != hex[1].prefix(2) {
      top.append("040000 tree \(other)\t\(hex[0].prefix(2))")
    }
    top.append("100644 blob \(try blob("x"))\tnot-a-note")
    let commit = try scratch.git("commit-tree", try tree(top), "-m", "mixed", in: "one")
    try scratch.git("update-ref", notes, commit, in: "one")
    let repository = try Repository(at: scratch["one"])
    let elsewhere = "refs/notes/elsewhere"
    try Notes.add(
      [commits[2]: ["third"]], to: elsewhere, by: signature, message: "m", in: repository)
    try Notes.join(
      try #require(ObjectID(hex: scratch.git("rev-parse", elsewhere, in: "one"))), into: notes,
      in: repository)
    #expect(try Notes.read(commits[1], from: notes, in: repository) == "deep\n")
    #expect(try Notes.read(commits[2], from: notes, in: repository) == "third\n")
    let both = try Notes.read(commits[0], from: notes, in: repository)
    #expect(both == (top.count == 4 ? "flat\ntwo levels\n" : "flat\n"))
    #expect(try scratch.git("show", "\(notes):not-a-note", in: "one") == "x")
    try Notes.add([commits[1]: ["more"]], to: notes, by: signature, message: "m", in: repository)
    #expect(try scratch.git("notes", "--ref", notes, "show", hex[1], in: "one") == "deep\nmore")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "one")
  }

  @Test func `order and grouping of joins do not matter`() throws {
    let commits = try commits(12)
    let repository = try Repository(at: scratch["one"])
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for round in 0..<20 {
      let trees = try (0..<3).map { side in
        var lines: [ObjectID: [String]] = [:]
        for _ in 0..<6 {
          let commit = try #require(commits.randomElement(using: &random))
          lines[commit, default: []].append("line \(Int.random(in: 0..<4, using: &random))")
        }
        let reference = "refs/notes/n\(round)-\(side)"
        try Notes.add(lines, to: reference, by: signature, message: "m", in: repository)
        return try #require(try repository.reference(reference))
      }
      var results: Set<String> = []
      for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2]] {
        let reference = "refs/notes/j\(round)-\(order[0])\(order[1])"
        for side in order { try Notes.join(trees[side], into: reference, in: repository) }
        results.insert(try scratch.git("rev-parse", reference + "^{tree}", in: "one"))
      }
      #expect(results.count == 1, "seed \(seed)")
    }
  }

  @Test func `three thousand notes are written at once`() throws {
    try scratch.repository("one")
    let repository = try Repository(at: scratch["one"])
    var random = SeededRandom(seed: 1)
    var lines: [ObjectID: [String]] = [:]
    while lines.count < 3000 {
      let bytes = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
      lines[try #require(ObjectID(bytes: bytes))] = ["note"]
    }
    try Notes.add(lines, to: notes, by: signature, message: "m", in: repository)
    #expect(
      try scratch.git("notes", "--ref", notes, "list", in: "one").split(separator: "\n").count
        == 3000)
    // One note's blob is shared; 256 folders, the top and the commit: nothing was written twice.
    let objects = try scratch.git("rev-list", "--objects", notes, in: "one").split(separator: "\n")
    #expect(objects.count == 259)
  }
}
