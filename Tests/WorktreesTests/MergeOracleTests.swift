import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(5))) struct `Merging in memory as git merges` {
  let scratch = Scratch.current

  private var rounds: Int {
    Int(ProcessInfo.processInfo.environment["ORCH_ROUNDS"] ?? "") ?? 400
  }

  @Test func `random trees merge to git's trees and verdicts`() throws {
    let seed =
      UInt64(ProcessInfo.processInfo.environment["ORCH_SEED"] ?? "")
      ?? UInt64.random(in: 0...UInt64(Int64.max))
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
        if git.isClean { wrong += 1 }
        #expect(
          !git.isClean,
          "seed \(seed) \(pair.0): only ours finds \(conflict.report.files.map { ($0.path, $0.kind, $0.detail) })"
        )
      }
      if wrong > 12 { break }
    }
    #expect(clean > rounds / 5 && clean < rounds * 9 / 10, "seed \(seed): \(clean) clean")
  }
}
