import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Rebasing in memory as git rebases` {
  let scratch = Scratch.current
  let committer = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  private static var rounds: Int {
    let environment = ProcessInfo.processInfo.environment
    return Int(environment["ORCH_ROUNDS"] ?? "") ?? (environment["ORCH_PROVE"] == "1" ? 600 : 24)
  }

  private static var seed: UInt64 { TestSeed.next() }

  /// Everything of the commits that a rebase makes, but their committer.
  private func commits(_ range: String, in folder: String) throws -> String {
    try scratch.git("log", "--topo-order", "--format=%T %an %ae %at%n%B", range, in: folder)
  }

  /// A base that moved and a branch: some commits of one are on the other too, some are empty.
  private func history(_ round: Int, _ generator: inout HistoryGenerator) -> String {
    let base = "refs/heads/base\(round)"
    let topic = "refs/heads/topic\(round)"
    let start = generator.tree()
    var text = HistoryGenerator.importText(start, reference: base, from: nil)
    text += "reset \(topic)\nfrom \(base)\n\n"
    var shared: (HistoryGenerator.Tree, HistoryGenerator.Tree)?
    var tree = start
    for step in 0..<Int.random(in: 1...4, using: &generator.random) {
      let before = tree
      tree = generator.changed(tree, operations: step == 2 ? 0...0 : 1...2)
      if step == 1 { shared = (before, tree) }
      text += HistoryGenerator.importText(
        tree, reference: topic, from: nil, message: "topic \(step)\n\nBody.\n\nTrailer: \(step)\n")
    }
    tree = start
    for step in 0..<Int.random(in: 1...3, using: &generator.random) {
      if step == 1, let shared {
        // The same change as one of the branch's, on another tree.
        for (path, file) in shared.1 where shared.0[path] != file { tree[path] = file }
      } else {
        tree = generator.changed(tree, operations: 1...2)
      }
      text += HistoryGenerator.importText(
        HistoryGenerator.withoutClashes(tree), reference: base, from: nil, message: "base \(step)")
    }
    return text
  }

  @Test func `random branches end in git's commits, and conflict where git's do`() throws {
    let (seed, rounds) = (Self.seed, Self.rounds)
    print("seed \(seed)")
    var generator = HistoryGenerator(seed: seed)
    try scratch.repository()
    var text = ""
    for round in 0..<rounds { text += history(round, &generator) }
    try scratch.git("fast-import", "--quiet", "--done", in: "repo", input: text + "done\n")
    let repository = try Repository(at: scratch["repo"])
    var clean = 0
    for round in 0..<rounds {
      let head = try #require(try repository.reference("refs/heads/topic\(round)"))
      let onto = try #require(try repository.reference("refs/heads/base\(round)"))
      let verdict = try InMemoryRebase.rebase(
        head: head, onto: onto, committer: committer, in: repository)
      let git = try GitMerges.goneOn(
        scratch.run(["git", "rebase", "-q", onto.hex, head.hex], in: "repo"), in: "repo",
        of: scratch)
      let place = "seed \(seed) round \(round)"
      switch verdict {
      case .clean(let branch):
        clean += 1
        #expect(git.exitCode == 0, "\(place): git finds a conflict: \(git.errorOutput)")
        let mine = try commits("\(onto)..\(branch.head)", in: "repo")
        #expect(try mine == commits("\(onto)..HEAD", in: "repo"), "\(place)")
      case .conflict(let report):
        if git.exitCode == 0 {
          if GitMerges.isKnownDifference(report.files) { continue }
          if try GitMerges.hasMarks("HEAD", of: scratch) { continue }
        }
        if git.exitCode == 0 {
          let commit = report.commit?.hex ?? ""
          for side in [commit, report.tip?.hex ?? ""] {
            let changes = try scratch.git("diff-tree", "-r", "-M", commit + "^", side, in: "repo")
            Issue.record("\(place): only ours finds \(report.files) in \(changes)")
          }
        }
        #expect(git.exitCode != 0, "\(place)")
        if GitMerges.hasCrashed(git) {
          try expectUnclean(report, place)
          break
        }
        let stopped = try scratch.run(
          ["git", "rev-parse", "-q", "--verify", "REBASE_HEAD"], in: "repo")
        if report.remaining.contains(where: { "\($0.hex)\n" == stopped.output }) {
          // git went on past what only orch finds, and stopped later for something else.
          if GitMerges.isKnownDifference(report.files) { break }
          if try GitMerges.hasMarks("HEAD", of: scratch) { break }
        }
        #expect(stopped.output == "\(report.commit?.hex ?? "")\n", "\(place)")
      }
      if git.exitCode != 0 { try GitMerges.end(git, in: "repo", of: scratch) }
    }
    print("\(rounds) branches rebased beside git: \(clean) clean, no difference")
    #expect(clean > 0 && clean < rounds, "seed \(seed): \(clean) of \(rounds) clean")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  /// Expects that git's merge, which writes no index then, is unclean where orch's rebase stopped.
  private func expectUnclean(_ report: ConflictReport, _ place: String) throws {
    let commit = try #require(report.commit?.hex)
    let tip = try #require(report.tip?.hex)
    let reached = try #require(
      try GitMerges.tree(of: tip, besides: commit, in: "repo", of: scratch))
    let git = try GitMerges.verdicts([(reached, commit)], in: "repo", of: scratch)
    #expect(!git[0].isClean, "\(place)")
  }

  @Test func `where git's rebase stops for nothing, orch's goes on as git does when told to`()
    throws
  {
    try scratch.repository()
    let file = { (text: String) in HistoryGenerator.File(mode: "100644", data: text + "\n") }
    let start = ["d/e/one": file("one"), "d/e/two": file("two"), "other": file("other")]
    let name = "refs/heads/"
    var text = HistoryGenerator.importText(start, reference: name + "start", from: nil)
    var tree = start
    for step in 1...3 {
      tree["d/new\(step)"] = file("new \(step)")
      text += HistoryGenerator.importText(
        tree, reference: name + "topic", from: step == 1 ? name + "start" : nil,
        message: "step \(step)\n")
    }
    let moved = ["one": file("one"), "moved/two": file("two"), "other": file("changed")]
    text += HistoryGenerator.importText(moved, reference: name + "base", from: name + "start")
    try scratch.git("fast-import", "--quiet", "--done", in: "repo", input: text + "done\n")
    let repository = try Repository(at: scratch["repo"])
    let head = try #require(try repository.reference(name + "topic"))
    let onto = try #require(try repository.reference(name + "base"))
    let verdict = try InMemoryRebase.rebase(
      head: head, onto: onto, committer: committer, in: repository)
    guard case .clean(let branch) = verdict else {
      Issue.record("expected a clean rebase: \(verdict)")
      return
    }
    let stopped = try scratch.run(["git", "rebase", "-q", onto.hex, head.hex], in: "repo")
    #expect(stopped.exitCode == 1)
    #expect(try scratch.git("ls-files", "-u", in: "repo") == "")
    #expect(try GitMerges.goneOn(stopped, in: "repo", of: scratch).exitCode == 0)
    let mine = try commits("\(onto)..\(branch.head)", in: "repo")
    #expect(try mine == commits("\(onto)..HEAD", in: "repo"))
    #expect(branch.mapping.count == 3)
  }
}
