import Foundation
import Git2
import Worktrees

extension Bench {
  /// Ours: all branches in one batch, median of five, milliseconds a branch.
  func ours(length: Int) throws -> Double {
    var times: [Double] = []
    for round in 0..<5 {
      // Another committer time makes other commits: nothing is there from the last round.
      let committer = Signature(
        name: "Bench", email: "bench@example.invalid", seconds: 1_700_000_000 + Int64(round))
      var verdicts: [RebaseVerdict] = []
      let time = try milliseconds {
        let repository = try Repository(at: folder)
        let heads = try (0..<Self.branchCount).compactMap {
          try repository.reference("refs/heads/b\(length)-\($0)")
        }
        guard let onto = try repository.reference("refs/heads/main") else { throw Usage() }
        verdicts = try InMemoryRebase.rebase(
          heads: heads, onto: onto, committer: committer, in: repository)
      }
      for case .conflict(let report) in verdicts {
        throw BenchFailure(what: "a clean branch is in conflict: \(report.files)")
      }
      if round == 0 { try compareWithGit(verdicts, length: length) }
      times.append(time / Double(Self.branchCount))
    }
    return times.sorted()[2]
  }

  /// One branch of each length must end in git's tree.
  private func compareWithGit(_ verdicts: [RebaseVerdict], length: Int) throws {
    guard length == 1, case .clean(let branch) = verdicts[0] else { return }
    let git = try git("merge-tree", "--write-tree", "main", "b1-0")
    let mine = try self.git("rev-parse", "\(branch.head)^{tree}")
    guard git == mine else { throw BenchFailure(what: "trees differ: \(git) \(mine)") }
  }

  /// `git rebase` in a worktree that exists, milliseconds a branch.
  func gitRebase(length: Int, branches: Int) throws -> Double {
    let worktree = folder + "-worktree"
    if !FileManager.default.fileExists(atPath: worktree) {
      try git("worktree", "add", "-q", "--detach", worktree, "main")
    }
    var times: [Double] = []
    for branch in 0..<branches {
      try git("checkout", "-q", "--detach", "b\(length)-\(branch)", in: worktree)
      times.append(try milliseconds { try shell("git rebase -q main", in: worktree) })
    }
    return times.sorted()[branches / 2]
  }

  /// `git merge-tree` and `git commit-tree` for each commit, milliseconds a branch.
  ///
  /// A commit whose parent is the merge base needs these two; for later ones the merge base has to be
  /// made first, by a third process.
  func mergeTree(length: Int, branches: Int) throws -> Double {
    var times: [Double] = []
    for branch in 0..<branches {
      let commits = try git("rev-list", "--reverse", "main..b\(length)-\(branch)")
        .split(separator: "\n")
      var script = "set -e; tip=\(try git("rev-parse", "main"))\n"
      for (index, commit) in commits.enumerated() {
        script += "ours=$tip\n"
        if index > 0 { script += "ours=$(git commit-tree -p \(commit)^ -m x $tip^{tree})\n" }
        script += "tree=$(git merge-tree --write-tree $ours \(commit))\n"
        script += "tip=$(git commit-tree -p $tip -m rebased $tree)\n"
      }
      times.append(try milliseconds { try shell(script, in: folder) })
    }
    return times.sorted()[branches / 2]
  }
}
