import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

/// Merges and rebases of commits that people made.
///
/// This project's own history, with ORCH_PROVE=1 those of the packages that it is built with too, and the
/// repositories that the variable ORCH_ORACLE_REPOSITORY names, with colons between them.
@Suite(.scratch, .timeLimit(.minutes(60)))
struct `Merging in memory as git merges, in histories of people` {
  let scratch = Scratch.current
  let committer = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  private static let isProof = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1"
  /// How many pairs are merged, and how many branches rebased, in each history.
  private static let counts = isProof ? (pairs: 400, branches: 60) : (pairs: 40, branches: 6)
  /// The most commits of a history that are picked from.
  private static let maximumCommits = 20_000

  /// The repositories that somebody named.
  private static var named: [String] {
    (ProcessInfo.processInfo.environment["ORCH_ORACLE_REPOSITORY"] ?? "").split(separator: ":")
      .map(String.init)
  }

  static var repositories: [String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
    let packages = root + "/.build/repositories"
    let known = isProof ? (try? FileManager.default.contentsOfDirectory(atPath: packages)) : nil
    return [root] + named + (known ?? []).sorted().map { "\(packages)/\($0)" }
  }

  /// What was compared.
  private struct Figures {
    var compared = 0
    var clean = 0
    /// Conflicts for orch alone that are described in docs/decisions/0013.
    var known = 0
    var different = 0

    func text(_ what: String, _ repository: String) -> String {
      "\(repository): \(compared) \(what), \(clean) clean, \(known) known differences, \(different) others"
    }
  }

  /// Borrows a history; nil if there is none, or too little of it, as in a clone of the newest commit alone.
  private func commits(of repository: String) throws -> [String]? {
    let clone = try scratch.run(
      ["git", "clone", "-q", "--bare", "--shared", repository, scratch["own"]])
    let all = try scratch.run(
      ["git", "rev-list", "--no-merges", "-n", String(Self.maximumCommits), "HEAD"],
      in: clone.exitCode == 0 ? "own" : "."
    ).output.split(separator: "\n").map(String.init)
    if all.count > 20 { return all }
    print("\(repository): too little history (\(all.count) commits)")
    if Self.named.contains(repository) { Issue.record("\(repository) has too little history") }
    return nil
  }

  @Test(arguments: repositories)
  func `commits put elsewhere, and merges that were made, end in git's trees`(repository: String)
    throws
  {
    guard let all = try commits(of: repository) else { return }
    var random = SeededRandom(seed: TestSeed.next())
    var pairs = try mergesOfPeople()
    for _ in 0..<Self.counts.pairs {
      let pick = Int.random(in: 0..<all.count - 1, using: &random)
      let place = min(all.count - 1, pick + Int.random(in: 1...12, using: &random))
      // A commit with the tree of another place in history, and the parent of the one to be picked.
      let parent = try scratch.run(
        ["git", "rev-parse", "-q", "--verify", "\(all[pick])^"], in: "own")
      guard parent.exitCode == 0 else { continue }
      let moved = try scratch.git(
        "commit-tree", "-p", String(parent.output.dropLast()), "-m", "moved",
        "\(all[place])^{tree}", in: "own")
      pairs.append((moved, all[pick]))
    }
    let git = try GitMerges.verdicts(pairs, in: "own", of: scratch)
    let own = try Repository(at: scratch["own"])
    var figures = Figures()
    for (pair, expected) in zip(pairs, git) {
      let base = try #require(ObjectID(hex: pair.0))
      let branch = try #require(ObjectID(hex: pair.1))
      figures.compared += 1
      switch try InMemoryMerge.previews([(base: base, branch: branch)], in: own).first {
      case .success(let tree):
        figures.clean += 1
        if expected.isClean && expected.tree == tree.hex { continue }
        figures.different += 1
        Issue.record("\(pair): git says clean \(expected.isClean) \(expected.paths)")
      case .failure(let conflict):
        guard expected.isClean else { continue }
        let files = conflict.report.files
        if try GitMerges.isKnownDifference(files)
          || GitMerges.hasMarks(expected.tree, in: "own", of: scratch)
        {
          figures.known += 1
          continue
        }
        figures.different += 1
        Issue.record("\(pair): only ours finds \(files.map { ($0.path, $0.kind, $0.detail) })")
      case nil: Issue.record("no verdict")
      }
    }
    print(figures.text("merges", repository))
    #expect(git.contains { $0.isClean } && git.contains { !$0.isClean })
  }

  /// The parents of merges of two heads, the newest first.
  private func mergesOfPeople() throws -> [(String, String)] {
    try scratch.git(
      "rev-list", "--merges", "--max-parents=2", "--parents", "-n", String(Self.counts.pairs),
      "HEAD",
      in: "own"
    ).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      return words.count == 3 ? (words[1], words[2]) : nil
    }
  }

  @Test(arguments: repositories)
  func `runs of commits, put elsewhere, are rebased to git's commits`(repository: String) throws {
    guard let all = try commits(of: repository) else { return }
    var random = SeededRandom(seed: TestSeed.next())
    try scratch.git("worktree", "add", "-q", "--detach", scratch["tree"], "HEAD", in: "own")
    let own = try Repository(at: scratch["own"])
    var figures = Figures()
    for _ in 0..<Self.counts.branches {
      let last = Int.random(in: 0..<all.count - 2, using: &random)
      let head = all[last]
      let length = Int.random(in: 1...5, using: &random)
      let start = try scratch.run(
        ["git", "rev-parse", "-q", "--verify", "\(head)~\(length)"], in: "own")
      guard start.exitCode == 0 else { continue }
      let upstream = String(start.output.dropLast())
      // Below where the branch began: git takes commits again that the new base has, orch does not.
      let older = try scratch.git("rev-list", "--no-merges", "-n", "30", upstream, in: "own")
        .split(separator: "\n").dropFirst()
      guard let onto = older.randomElement(using: &random) else { continue }
      try compare(head: head, upstream: upstream, onto: String(onto), own, &figures)
    }
    print(figures.text("branches rebased", repository))
    #expect(figures.compared > 0)
  }

  private func compare(
    head: String, upstream: String, onto: String, _ own: borrowing Repository,
    _ figures: inout Figures
  ) throws {
    let ids = [head, upstream, onto].compactMap { ObjectID(hex: $0) }
    try #require(ids.count == 3)
    let git = try GitMerges.goneOn(
      scratch.run(
        ["git", "-c", "core.editor=true", "rebase", "-q", "--onto", onto, upstream, head],
        in: "tree"), in: "tree", of: scratch)
    let rebased = try scratch.git("rev-parse", "HEAD", in: "tree")
    let stopped = try scratch.run(
      ["git", "rev-parse", "-q", "--verify", "REBASE_HEAD"], in: "tree")
    if git.exitCode != 0 {
      try scratch.git("rebase", "--abort", in: "tree")
      try scratch.git("clean", "-fdqx", in: "tree")
    }
    try own.refreshObjects()
    let verdict = try InMemoryRebase.rebase(
      head: ids[0], onto: ids[2], upstream: ids[1], committer: committer, in: own)
    figures.compared += 1
    let place = "\(upstream)..\(head) onto \(onto)"
    switch verdict {
    case .clean(let branch):
      figures.clean += 1
      let format = "--format=%T %an %ae %at%n%B"
      let mine = try scratch.git(
        "log", "--topo-order", format, "\(onto)..\(branch.head)", in: "own")
      let its = try scratch.git("log", "--topo-order", format, "\(onto)..\(rebased)", in: "own")
      if git.exitCode == 0, mine == its { return }
      figures.different += 1
      Issue.record("\(place): git ended with \(git.exitCode) \(git.errorOutput)")
    case .conflict(let report):
      if git.exitCode != 0 {
        if stopped.output == "\(report.commit?.hex ?? "")\n" { return }
      } else if try GitMerges.isKnownDifference(report.files)
        || GitMerges.hasMarks(rebased, in: "own", of: scratch)
      {
        figures.known += 1
        return
      }
      figures.different += 1
      Issue.record(
        "\(place): ours stops at \(String(describing: report.commit)) \(report.files.map(\.path))")
    }
  }
}
