// Times rebases in memory beside git's own, on one generated repository.
//
//   RebaseBench FOLDER FILES|REPOSITORY
//
// A number makes a repository of so many files; a path is that of a real one, which is cloned: the base then
// moves by its own last twenty commits. A hundred branches of 1, 5 and 20 commits go onto a base that moved by 20 commits: ours in one batch
// with its pack synced to disk; `git rebase` in a worktree and `git merge-tree` with
// `git commit-tree` for a few branches each, because they are slow. Prints milliseconds a branch.
import Foundation
import Git2
import Worktrees

guard CommandLine.arguments.count == 3 else { throw Usage() }
let subject = CommandLine.arguments[2]
let real = Int(subject) == nil ? RealRepository(path: subject) : nil
let bench = Bench(
  folder: CommandLine.arguments[1] + "/rebase-\(real?.name ?? subject)",
  fileCount: Int(subject) ?? 0, real: real)
try bench.makeRepository()
for length in Bench.lengths {
  let ours = try bench.ours(length: length)
  let tree = try bench.mergeTree(length: length, branches: 10)
  let rebase = try bench.gitRebase(length: length, branches: 5)
  print(
    "\(bench.label), \(length) commits: ours \(rounded(ours)) ms, merge-tree and commit-tree "
      + "\(rounded(tree)) ms, git rebase \(rounded(rebase)) ms a branch")
  print("  git rebase / ours \(rounded(rebase / ours))   merge-tree / ours \(rounded(tree / ours))")
}

try RadarBench(bench: bench).run()

func rounded(_ number: Double) -> String { String(format: number < 10 ? "%.2f" : "%.0f", number) }

if let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
  let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") })
{
  print("\(bench.label), peak memory: \(line.dropFirst(6).trimmingCharacters(in: .whitespaces))")
}
