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

  @Test func `random trees merge to git's trees and verdicts`() throws {
    let seed = TestSeed.next()
    print("seed \(seed)")
    var generator = HistoryGenerator(seed: seed)
    try scratch.repository()
    var text = ""
    for round in 0..<rounds {
      let base = generator.tree()
      let name = "refs/heads/r\(round)"
      let ours = generator.changed(base)
      text += HistoryGenerator.importText(base, reference: name + "-base", from: nil)
      text += HistoryGenerator.importText(ours, reference: name + "-ours", from: name + "-base")
      text += HistoryGenerator.importText(
        generator.changed(base), reference: name + "-theirs", from: name + "-base")
    }
    try scratch.git("fast-import", "--quiet", "--done", in: "repo", input: text + "done\n")
    let pairs = (0..<rounds).map { ("r\($0)-ours", "r\($0)-theirs") }
    let expected = try GitMerges.verdicts(pairs, in: "repo", of: scratch)
    let repository = try Repository(at: scratch["repo"])
    var clean = 0
    var wrong = 0
    var careful = 0
    let heads = try pairs.map { pair in
      (
        base: try #require(try repository.reference("refs/heads/" + pair.0)),
        branch: try #require(try repository.reference("refs/heads/" + pair.1))
      )
    }
    let verdicts = try InMemoryMerge.previews(heads, in: repository)
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
    print("\(rounds) merges beside git: \(clean) clean, \(careful) conflicts that git does not see")
    #expect(clean > rounds / 5 && clean < rounds * 9 / 10, "seed \(seed): \(clean) clean")
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
