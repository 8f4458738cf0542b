import Git2
import TestSupport
import Testing

@testable import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The radar` {
  let scratch = Scratch.current

  private func branches(_ names: [String], in repository: borrowing Repository) throws
    -> [RadarBranch]
  {
    var result: [RadarBranch] = []
    for name in names {
      let head = try #require(try repository.reference("refs/heads/" + name))
      result.append(RadarBranch(name: name, head: head))
    }
    return result
  }

  @Test func `random branches collide where git's merges do, and are merged only where paths meet`()
    throws
  {
    let seed = TestSeed.next()
    print("seed \(seed)")
    var generator = HistoryGenerator(seed: seed)
    try scratch.repository()
    var start = generator.tree()
    for number in 0..<40 {
      start["wide/\(number)"] = .init(mode: "100644", data: "1\n2\n3 \(number)\n4\n5\n")
    }
    let names = (0..<14).map { "b\($0)" }
    var text = HistoryGenerator.importText(start, reference: "refs/heads/start", from: nil)
    for (number, name) in names.enumerated() {
      // Some branches are on others, some began at the moved base.
      let parent = number % 5 == 4 ? names[number - 1] : "start"
      var tree = number % 5 == 4 ? generator.changed(start, operations: 0...0) : start
      tree["wide/\(number * 2)"] = .init(mode: "100644", data: "changed by \(name)\n")
      text += HistoryGenerator.importText(
        generator.changed(tree, operations: 1...2), reference: "refs/heads/\(name)",
        from: "refs/heads/\(parent)")
    }
    text += HistoryGenerator.importText(
      generator.changed(start, operations: 1...2), reference: "refs/heads/main2",
      from: "refs/heads/start")
    try scratch.git("fast-import", "--quiet", "--done", in: "repo", input: text + "done\n")
    let repository = try Repository(at: scratch["repo"])
    let base = try #require(try repository.reference("refs/heads/main2"))
    var radar = Radar()
    let report = try radar.scan(branches(names, in: repository), base: base, in: repository)
    var pairs: [(String, String)] = names.map { ("main2", $0) }
    let sorted = names.sorted()
    for (index, one) in sorted.enumerated() {
      for other in sorted[(index + 1)...] { pairs.append((one, other)) }
    }
    let git = try GitMerges.verdicts(pairs, in: "repo", of: scratch)
    for (pair, verdict) in zip(pairs, git) {
      let files =
        pair.0 == "main2"
        ? report.baseConflicts[pair.1]
        : report.collisions.first { $0.one == pair.0 && $0.other == pair.1 }?.files
      if verdict.isClean, let files, GitMerges.isKnownDifference(files) { continue }
      #expect((files != nil) != verdict.isClean, "seed \(seed) \(pair) \(verdict.paths)")
    }
    #expect(radar.mergeCount < pairs.count, "seed \(seed)")
    #expect(Set(report.order) == Set(names) && report.order.count == names.count)
  }

  private func commit(_ name: String, _ files: [String: String]) throws {
    try scratch.git("checkout", "-q", "-B", name, "main", in: "repo")
    for (file, content) in files { try scratch.write("repo/" + file, content) }
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-q", "-m", name, in: "repo")
  }

  @Test
  func `the order resolves one branch instead of three, and a moved head costs its own pairs`()
    throws
  {
    try scratch.repository(files: ["a": "1\n", "b": "1\n", "c": "1\n", "d": "1\n"])
    try commit("wide", ["a": "wide\n", "b": "wide\n", "c": "wide\n"])
    try commit("one", ["a": "one\n"])
    try commit("two", ["b": "two\n"])
    try commit("three", ["c": "three\n"])
    try commit("alone", ["d": "alone\n"])
    let names = ["alone", "one", "three", "two", "wide"]
    let repository = try Repository(at: scratch["repo"])
    let base = try #require(try repository.reference("refs/heads/main"))
    var radar = Radar()
    let report = try radar.scan(branches(names, in: repository), base: base, in: repository)
    #expect(report.neighbours(of: "wide").sorted() == ["one", "three", "two"])
    #expect(report.collisions.map { $0.files.map(\.path) } == [["a"], ["c"], ["b"]])
    #expect(report.order.last == "wide")
    #expect(report.rework == ["wide"])
    #expect(radar.mergeCount == 3)

    _ = try radar.scan(branches(names, in: repository), base: base, in: repository)
    #expect(radar.mergeCount == 3)
    try commit("one", ["a": "wide\n"])
    try repository.refreshObjects()
    let moved = try radar.scan(branches(names, in: repository), base: base, in: repository)
    #expect(radar.mergeCount == 4)
    #expect(moved.neighbours(of: "wide").sorted() == ["three", "two"])
    #expect(moved.baseConflicts.isEmpty)
  }

  @Test func `what is kept between looks is of the watched heads only, and without texts`() throws {
    try scratch.repository(files: ["a": "1\n", "b": "1\n"])
    try commit("one", ["a": "one\n", "x/y/z": "1\n"])
    try commit("two", ["a": "two\n"])
    let repository = try Repository(at: scratch["repo"])
    let base = try #require(try repository.reference("refs/heads/main"))
    var radar = Radar()
    let report = try radar.scan(
      branches(["one", "two"], in: repository), base: base, in: repository)
    let file = try #require(report.collisions.first?.files.first)
    #expect(file.text == nil && file.hunks.map(\.oursText) == [""])
    #expect(file.hunks.map(\.oursLines) == [1..<2])
    #expect(radar.keptPaths == 5)
    let one = try #require(try repository.reference("refs/heads/one"))
    #expect(
      try radar.changedPaths(of: one, base: base, in: repository) == ["a", "x/y/z"])
    _ = try radar.scan(branches(["two"], in: repository), base: base, in: repository)
    #expect(radar.keptPaths == 1)
    _ = try radar.scan([], base: base, in: repository)
    #expect(radar.keptPaths == 0)
  }

  @Test func `a branch that does not fit onto the base comes after those that do`() throws {
    try scratch.repository(files: ["a": "1\n", "b": "1\n"])
    try commit("broken", ["a": "broken\n"])
    try commit("fits", ["b": "fits\n"])
    try scratch.git("checkout", "-q", "main", in: "repo")
    try scratch.write("repo/a", "moved\n")
    try scratch.git("commit", "-qam", "moved", in: "repo")
    let repository = try Repository(at: scratch["repo"])
    let base = try #require(try repository.reference("refs/heads/main"))
    var radar = Radar()
    let report = try radar.scan(
      branches(["broken", "fits"], in: repository), base: base, in: repository)
    #expect(report.baseConflicts["broken"]?.map(\.path) == ["a"])
    #expect(report.collisions.isEmpty)
    #expect(report.order == ["fits", "broken"])
    #expect(report.rework == ["broken"])
  }
}
