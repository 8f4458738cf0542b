import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Merging in memory as git merges` {
  let scratch = Scratch.current

  private var rounds: Int {
    let environment = ProcessInfo.processInfo.environment
    return Int(environment["ORCH_ROUNDS"] ?? "") ?? (environment["ORCH_PROVE"] == "1" ? 6000 : 400)
  }

  /// Rounds of seeds that differed from git's merges once.
  static let foundOnce: [(seed: UInt64, rounds: [Int])] = [
    (5_264_790_973_807_616_332, [1290, 5842])
  ]

  @Test func `random trees merge to git's trees and verdicts`() throws {
    let seed = TestSeed.next()
    print("seed \(seed)")
    let found = try compare(seed: seed, rounds: Array(0..<rounds))
    print(
      "\(rounds) merges beside git: \(found.clean) clean, \(found.careful) conflicts that git does not see"
    )
    #expect(
      found.clean > rounds / 5 && found.clean < rounds * 9 / 10,
      "seed \(seed): \(found.clean) clean")
  }

  @Test(arguments: foundOnce.indices)
  func `random trees that differed from git's merges once do so no more`(index: Int) throws {
    let (seed, rounds) = Self.foundOnce[index]
    _ = try compare(seed: seed, rounds: rounds)
  }

  /// Holds the merges of some of a seed's random trees to git's; how many are clean, and conflicts for orch alone.
  private func compare(seed: UInt64, rounds: [Int]) throws -> (clean: Int, careful: Int) {
    var generator = HistoryGenerator(seed: seed)
    try scratch.repository()
    var text = ""
    let wanted = Set(rounds)
    for round in 0...(rounds.max() ?? 0) {
      let base = generator.tree()
      let sides = (ours: generator.changed(base), theirs: generator.changed(base))
      guard wanted.contains(round) else { continue }
      let name = "refs/heads/r\(round)"
      text += HistoryGenerator.importText(base, reference: name + "-base", from: nil)
      text += HistoryGenerator.importText(
        sides.ours, reference: name + "-ours", from: name + "-base")
      text += HistoryGenerator.importText(
        sides.theirs, reference: name + "-theirs", from: name + "-base")
    }
    try scratch.git("fast-import", "--quiet", "--done", in: "repo", input: text + "done\n")
    let pairs = rounds.map { ("r\($0)-ours", "r\($0)-theirs") }
    let expected = try GitMerges.verdicts(pairs, in: "repo", of: scratch)
    let verdicts = try previews(pairs)
    var (clean, careful, wrong) = (0, 0, 0)
    for ((pair, git), verdict) in zip(zip(pairs, expected), verdicts) {
      switch verdict {
      case .success(let tree):
        clean += 1
        let isSame = git.isClean && tree.hex == git.tree
        if !isSame { wrong += 1 }
        #expect(isSame, "seed \(seed) \(pair.0): git says clean \(git.isClean) \(git.paths)")
      case .failure(let conflict):
        let files = conflict.report.files
        if git.isClean { careful += 1 }
        let isRight = !git.isClean || GitMerges.isKnownDifference(files)
        if !isRight { wrong += 1 }
        #expect(
          isRight,
          "seed \(seed) \(pair.0): only ours finds \(files.map { ($0.path, $0.kind, $0.detail) })")
      }
      if wrong > 12 { break }
    }
    return (clean, careful)
  }

  /// What orch makes of pairs of branches.
  private func previews(_ pairs: [(String, String)]) throws -> [Result<ObjectID, MergeConflict>] {
    let repository = try Repository(at: scratch["repo"])
    let heads = try pairs.map { pair in
      (
        base: try #require(try repository.reference("refs/heads/" + pair.0)),
        branch: try #require(try repository.reference("refs/heads/" + pair.1))
      )
    }
    return try InMemoryMerge.previews(heads, in: repository)
  }

  /// Makes the branches `one` and `other` of a base; their verdicts by git and by orch, either way round.
  private func verdicts(
    _ base: HistoryGenerator.Tree, _ one: HistoryGenerator.Tree, _ other: HistoryGenerator.Tree
  ) throws -> [(git: GitMerges.Verdict, own: Result<ObjectID, MergeConflict>)] {
    try scratch.repository()
    let name = "refs/heads/"
    var text = HistoryGenerator.importText(base, reference: name + "base", from: nil)
    text += HistoryGenerator.importText(one, reference: name + "one", from: name + "base")
    text += HistoryGenerator.importText(other, reference: name + "other", from: name + "base")
    try scratch.git("fast-import", "--quiet", "--done", in: "repo", input: text + "done\n")
    let pairs = [("one", "other"), ("other", "one")]
    let git = try GitMerges.verdicts(pairs, in: "repo", of: scratch)
    return Array(zip(git, try previews(pairs))).map { (git: $0, own: $1) }
  }

  /// What is added to a folder and beside it, what of that is unclear, and whether git stops: it does so without
  /// naming a file, and does not look where nothing asks for the folder.
  static let additions: [(added: [String], unclear: [String], stops: Bool)] = [
    (["d/new"], [], true), (["d/new", "d/e.txt"], [], true), (["d/deeper/new"], [], false),
    (["d/e/new"], ["d/e/new"], true), (["d/e/new", "d/new"], ["d/e/new"], true),
    (["d/new", "d/e/deeper/new"], ["d/e/deeper/new"], true), (["d/e/deeper/new"], [], false),
  ]

  @Test(arguments: additions)
  func `a folder whose files went to several places matters to what was added to it`(
    added: [String], unclear: [String], stops: Bool
  ) throws {
    let file = { (text: String) in HistoryGenerator.File(mode: "100644", data: text + "\n") }
    let base = ["d/e/one": file("one"), "d/e/two": file("two"), "other": file("other")]
    let moved = ["one": file("one"), "moved/two": file("two"), "other": file("other")]
    var more = base
    for path in added { more[path] = file("new " + path) }
    let found = try verdicts(base, moved, more)
    let stopped = try scratch.run(
      ["git", "merge-tree", "--write-tree", "one", "other"], in: "repo")
    #expect(stopped.exitCode == (stops ? 1 : 0))
    for (git, own) in found {
      #expect(git.isClean == unclear.isEmpty && git.paths.isEmpty)
      switch own {
      case .success(let tree): #expect(unclear.isEmpty && tree.hex == git.tree)
      case .failure(let conflict):
        #expect(conflict.report.files.map(\.path) == unclear)
        #expect(conflict.report.files.allSatisfy { $0.kind == ConflictKind.folder })
      }
    }
  }

  @Test(arguments: [("120000", "160000"), ("160000", "120000")])
  func `a link that is moved here and a submodule there, or the reverse, is a conflict`(
    before: String, after: String
  ) throws {
    let data = ["120000": "target", "160000": String(repeating: "9", count: 40)]
    let file = { (mode: String) in HistoryGenerator.File(mode: mode, data: data[mode] ?? "") }
    let other = HistoryGenerator.File(mode: "100644", data: "other\n")
    let found = try verdicts(
      ["old": file(before), "other": other], ["new": file(before), "other": other],
      ["old": file(after), "other": other])
    for (git, own) in found {
      #expect(!git.isClean)
      guard case .failure(let conflict) = own else {
        Issue.record("expected a conflict")
        continue
      }
      let files = conflict.report.files
      #expect(files.map(\.path) == ["new"] && files.map(\.kind) == [.mode])
      #expect(files.allSatisfy { $0.base?.path == "old" && $0.ours != nil && $0.theirs != nil })
      #expect(files.allSatisfy { $0.ours?.mode != $0.theirs?.mode })
    }
  }

  @Test func `what git drops without a word is a conflict`() throws {
    let text = (1...20).map { "line \($0)\n" }.joined()
    try scratch.repository(files: ["old": text])
    try scratch.git("checkout", "-q", "-b", "renames", in: "repo")
    try scratch.git("mv", "old", "new", in: "repo")
    try scratch.git("commit", "-qm", "renamed", in: "repo")
    try scratch.git("checkout", "-q", "-b", "refills", "main", in: "repo")
    try scratch.write("repo/new", text)
    try scratch.write("repo/old", "something else\n")
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "renamed, and the old place filled anew", in: "repo")
    let git = try GitMerges.verdicts([("refills", "renames")], in: "repo", of: scratch)[0]
    #expect(git.isClean)
    #expect(try scratch.git("ls-tree", "--name-only", git.tree, in: "repo") == "new")
    let repository = try Repository(at: scratch["repo"])
    let one = try #require(try repository.reference("refs/heads/refills"))
    let other = try #require(try repository.reference("refs/heads/renames"))
    let ours = try InMemoryMerge.previews([(base: one, branch: other)], in: repository)
    guard case .failure(let conflict) = ours.first else {
      Issue.record("expected a conflict")
      return
    }
    #expect(GitMerges.isKnownDifference(conflict.report.files))
  }

  @Test(arguments: [
    "touch new", "touch new; echo changed >> old", "touch new; git rm -q old",
    "touch new; chmod +x new", "touch new; chmod +x new old", "touch new; sed -i 's/1$/x/' old",
    "echo text > new", "ln -s old new",
  ])
  func `a file is moved to where the other side has a new one`(change: String) throws {
    let text = (1...20).map { "line \($0)\n" }.joined()
    try scratch.repository(files: ["old": text, "other": "1\n"])
    try scratch.git("checkout", "-q", "-b", "moves", in: "repo")
    try scratch.git("mv", "old", "new", in: "repo")
    try scratch.write("repo/new", "first\n" + text)
    try scratch.git("commit", "-qam", "moved", in: "repo")
    try scratch.git("checkout", "-q", "-b", "adds", "main", in: "repo")
    _ = try scratch.run(["sh", "-c", change + "; git add -A; git commit -qm added"], in: "repo")
    let pairs = [("moves", "adds"), ("adds", "moves")]
    let git = try GitMerges.verdicts(pairs, in: "repo", of: scratch)
    let repository = try Repository(at: scratch["repo"])
    for (pair, expected) in zip(pairs, git) {
      let base = try #require(try repository.reference("refs/heads/" + pair.0))
      let branch = try #require(try repository.reference("refs/heads/" + pair.1))
      switch try InMemoryMerge.previews([(base: base, branch: branch)], in: repository).first {
      case .success(let tree): #expect(expected.isClean && expected.tree == tree.hex)
      case .failure:
        let isReal = try !expected.isClean || GitMerges.hasMarks(expected.tree, of: scratch)
        #expect(isReal, "only ours finds a conflict")
      case nil: Issue.record("no verdict")
      }
    }
  }

  @Test func `random heads that were merged into each other merge as git merges them`() throws {
    let seed = TestSeed.next()
    print("seed \(seed)")
    let rounds = rounds / 4
    try scratch.repository()
    try makeCrossedHeads(rounds, seed: seed)
    let pairs = (0..<rounds).map { ("r\($0)-ours", "r\($0)-theirs") }
    let expected = try GitMerges.verdicts(pairs, in: "repo", of: scratch)
    let repository = try Repository(at: scratch["repo"])
    var (clean, careful, wrong, crossed) = (0, 0, 0, 0)
    for (pair, git) in zip(pairs, expected) {
      let one = try #require(try repository.reference("refs/heads/" + pair.0))
      let other = try #require(try repository.reference("refs/heads/" + pair.1))
      let base = try #require(
        try repository.reference("refs/heads/" + pair.0.dropLast(5) + "-base"))
      // One if both first commits happen to be the same.
      crossed += try repository.mergeBases(of: one, andMergeOf: [other]).count - 1
      let verdict = try InMemoryMerge.previews([(base: one, branch: other)], in: repository)[0]
      var radar = Radar()
      let report = try radar.scan(
        [RadarBranch(name: "one", head: one), RadarBranch(name: "other", head: other)],
        base: base, in: repository)
      switch verdict {
      case .success(let tree):
        clean += 1
        if !git.isClean || tree.hex != git.tree {
          wrong += 1
          Issue.record("seed \(seed) \(pair.0): git says clean \(git.isClean) \(git.paths)")
        }
        #expect(report.collisions.isEmpty, "seed \(seed) \(pair.0)")
      case .failure:
        if git.isClean { careful += 1 }
        #expect(!report.collisions.isEmpty, "seed \(seed) \(pair.0)")
      }
      if wrong > 5 { break }
    }
    // Where the ancestors themselves cannot be merged by lines, a person is asked; git guesses.
    #expect(crossed > rounds * 9 / 10)
    #expect(clean > rounds / 10, "seed \(seed): \(clean) clean")
    #expect(careful <= rounds / 5, "seed \(seed): \(careful) that git merges")
  }

  /// Makes pairs of heads, each of which has merged the other's first commit.
  private func makeCrossedHeads(_ rounds: Int, seed: UInt64) throws {
    var generator = HistoryGenerator(seed: seed)
    var text = ""
    for round in 0..<rounds {
      let name = "refs/heads/r\(round)"
      let base = generator.tree()
      let one = generator.changed(base, operations: 1...2)
      let other = generator.changed(base, operations: 1...2)
      text += HistoryGenerator.importText(base, reference: name + "-base", from: nil)
      text += HistoryGenerator.importText(one, reference: name + "-a1", from: name + "-base")
      text += HistoryGenerator.importText(other, reference: name + "-b1", from: name + "-base")
      // Each side merged the other's first commit, in its own way, and went on.
      text += HistoryGenerator.importText(
        generator.changed(one, operations: 1...2), reference: name + "-ours",
        from: name + "-a1", merging: name + "-b1")
      text += HistoryGenerator.importText(
        generator.changed(other, operations: 1...2), reference: name + "-theirs",
        from: name + "-b1", merging: name + "-a1")
    }
    try scratch.git("fast-import", "--quiet", "--done", in: "repo", input: text + "done\n")
  }
}
