import Foundation
import Git2
import Worktrees

/// Fifty branches of five commits against each other, beside one `git merge-tree --stdin`.
struct RadarBench {
  let bench: Bench
  private let names = (0..<50).map { "b5-\($0)" }

  init(bench: Bench) { self.bench = bench }

  func run() throws {
    let repository = try Repository(at: bench.folder)
    guard let base = try repository.reference("refs/heads/main") else { throw Usage() }
    let branches = try names.compactMap { name in
      try repository.reference("refs/heads/" + name).map { RadarBranch(name: name, head: $0) }
    }
    var moved = branches
    guard let head = try repository.reference("refs/heads/b5-60") else { throw Usage() }
    moved[7] = RadarBranch(name: branches[7].name, head: head)
    var first: RadarReport?
    var scans: [Double] = []
    var updates: [Double] = []
    var merges = 0
    for _ in 0..<5 {
      var radar = Radar()
      scans.append(
        try bench.milliseconds {
          first = try radar.scan(branches, base: base, in: Repository(at: bench.folder))
        })
      merges = radar.mergeCount
      updates.append(
        try bench.milliseconds { _ = try radar.scan(moved, base: base, in: repository) })
    }
    let (scan, update) = (scans.sorted()[2], updates.sorted()[2])
    let git = try gitMilliseconds(expecting: first)
    print(
      "\(bench.label), radar of 50 branches: \(rounded(scan)) ms from nothing "
        + "(\(merges) of 1275 pairs merged), \(rounded(update)) ms after one head moved, "
        + "git merge-tree --stdin \(rounded(git)) ms")
    print("  merge-tree / radar \(rounded(git / scan))")
  }

  private func gitMilliseconds(expecting report: RadarReport?) throws -> Double {
    let sorted = names.sorted()
    var pairs = sorted.map { ("main", $0) }
    for (index, one) in sorted.enumerated() {
      for other in sorted[(index + 1)...] { pairs.append((one, other)) }
    }
    let input = URL(fileURLWithPath: bench.folder + "/.git/pairs")
    try Data(pairs.map { "\($0.0) \($0.1)\n" }.joined().utf8).write(to: input)
    var output = ""
    let time = try bench.milliseconds {
      output = try bench.git(
        "merge-tree", "--write-tree", "--stdin", "--no-messages", "--name-only", input: input)
    }
    // Each answer is a status, a tree, the files in conflict, and nothing.
    var conflicts = 0
    var words = output.split(separator: "\0", omittingEmptySubsequences: false)[...]
    while let status = words.popFirst(), !status.isEmpty {
      if status == "0" { conflicts += 1 }
      while let word = words.popFirst(), !word.isEmpty {}
    }
    let ours = (report?.collisions.count ?? 0) + (report?.baseConflicts.count ?? 0)
    guard conflicts == ours else {
      throw BenchFailure(what: "git finds \(conflicts) conflicts, the radar \(ours)")
    }
    return time
  }
}
