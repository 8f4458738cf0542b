import Foundation

/// A repository of somebody's, to be measured on.
struct RealRepository {
  let path: String

  /// The folder's name.
  var name: String {
    let last = path.split(separator: "/").last.map(String.init) ?? "real"
    return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
  }
}

extension Bench {
  /// Clones it and adds branches that begin twenty commits before its head.
  func makeClone(_ real: RealRepository) throws {
    try git("clone", "-q", "--no-hardlinks", "--bare", real.path, folder + "/.git")
    try git("config", "core.bare", "false")
    try git("update-ref", "refs/heads/main", "HEAD")
    try git("symbolic-ref", "HEAD", "refs/heads/main")
    let start = try git("rev-parse", "main~20")
    let changed = Set(
      try git("diff", "--name-only", start, "main").split(separator: "\n").map(String.init))
    let texts = try git("ls-tree", "-r", "-l", start).split(separator: "\n").compactMap(Self.text)
      .filter { !changed.contains($0) }
    guard texts.count > 10 else { throw BenchFailure(what: "too few files in \(real.path)") }
    let stream = URL(fileURLWithPath: folder + "/.git/stream")
    _ = FileManager.default.createFile(atPath: stream.path, contents: nil)
    let file = try FileHandle(forWritingTo: stream)
    for length in Self.lengths {
      for branch in 0..<Self.branchCount {
        let reference = "refs/heads/b\(length)-\(branch)"
        try file.write(contentsOf: Data("reset \(reference)\nfrom \(start)\n\n".utf8))
        for step in 0..<length {
          let path = texts[(branch &* 7919 &+ step &* 104_729) % texts.count]
          let old = try git("show", "\(start):\(path)")
          try write(
            reference, "branch \(branch) \(step)\n\nBody.\n",
            [
              (path, old + "\n// branch \(branch), step \(step)\n"),
              ("new/branch\(branch)/step\(step)", "added\n"),
            ], file)
        }
      }
    }
    try file.write(contentsOf: Data("done\n".utf8))
    try file.close()
    try git("fast-import", "--quiet", "--done", input: stream)
    try FileManager.default.removeItem(at: stream)
    try git("config", "gc.auto", "0")
  }

  /// The path of a plain file of a moderate size in a line of `git ls-tree -l`.
  private static func text(_ line: Substring) -> String? {
    let halves = line.split(separator: "\t", maxSplits: 1)
    guard halves.count == 2 else { return nil }
    let words = halves[0].split(separator: " ")
    guard words.count == 4, words[0] == "100644", let size = Int(words[3]), size < 100_000,
      ["c", "h", "swift", "md", "js", "py", "txt", "sh"].contains(
        halves[1].split(separator: ".").last.map(String.init) ?? "")
    else { return nil }
    return String(halves[1])
  }
}
