// Times rebases in memory beside git's own, on one generated repository.
//
//   RebaseBench FOLDER FILES
//
// A hundred branches of 1 and of 5 commits go onto a base that moved by 20 commits: ours in one batch
// with its pack synced to disk; `git rebase` in a worktree and `git merge-tree` with
// `git commit-tree` for a few branches each, because they are slow. Prints milliseconds a branch.
import Foundation
import Git2
import Worktrees

guard CommandLine.arguments.count == 3, let fileCount = Int(CommandLine.arguments[2]) else {
  throw Usage()
}
let bench = Bench(folder: CommandLine.arguments[1] + "/rebase-\(fileCount)", fileCount: fileCount)
try bench.makeRepository()
for length in [1, 5] {
  let ours = try bench.ours(length: length)
  let tree = try bench.mergeTree(length: length, branches: 10)
  let rebase = try bench.gitRebase(length: length, branches: 5)
  print(
    "\(fileCount) files, \(length) commits: ours \(rounded(ours)) ms, merge-tree and commit-tree "
      + "\(rounded(tree)) ms, git rebase \(rounded(rebase)) ms a branch")
  print("  git rebase / ours \(rounded(rebase / ours))   merge-tree / ours \(rounded(tree / ours))")
}

try RadarBench(bench: bench).run()

func rounded(_ number: Double) -> String { String(format: number < 10 ? "%.2f" : "%.0f", number) }
