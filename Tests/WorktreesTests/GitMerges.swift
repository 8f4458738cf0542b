import Foundation
import TestSupport
import Worktrees

/// Git's own merges of many pairs, by one `git merge-tree`.
enum GitMerges {
  /// What git makes of a pair.
  struct Verdict {
    /// True if git merges it, and if it stops for nothing, as `stopsForNothing` says.
    let isClean: Bool
    let tree: String
    let paths: [String]
  }

  /// True for the one conflict that git does not see.
  ///
  /// Both sides have the same new file, one of them by renaming an old one, and the other put something
  /// else in the old one's place. git drops that.
  static func isKnownDifference(_ files: [ConflictFile]) -> Bool {
    files.allSatisfy { $0.kind == .rename && $0.ours != nil && $0.ours == $0.theirs }
  }

  /// True if git left marks of a conflict in a tree that it calls clean, as git 2.39 does where a moved
  /// file conflicts and its new place holds an empty new file of the other side.
  static func hasMarks(
    _ tree: String, in folder: String = "repo", of scratch: Scratch
  ) throws -> Bool {
    try scratch.run(["git", "grep", "-qE", "^<{7,}( |$)", tree], in: folder).exitCode == 0
  }

  /// True if git calls a merge unclean because of folders alone whose files one side moved to several places,
  /// while neither side added a file to them: there is nothing to decide then, and git's tree is the merge.
  static func stopsForNothing(
    _ pair: (String, String), in folder: String, of scratch: Scratch
  ) throws -> Bool {
    let command = ["git", "merge-tree", "--write-tree", "-z", "--messages", pair.0, pair.1]
    let result = try scratch.run(command, in: folder)
    guard result.exitCode == 1 else { return false }
    // The tree, files in conflict, nothing, and for each message: how many paths, these, its kind, its words.
    var words = result.output.split(separator: "\0", omittingEmptySubsequences: false).map(
      String.init)[1...]
    guard words.popFirst() == "" else { return false }
    var splits: [String] = []
    while let count = words.popFirst().flatMap({ Int($0) }) {
      let paths = words.prefix(count)
      words = words.dropFirst(count)
      switch words.popFirst() {
      case "CONFLICT(directory rename unclear split)": splits += paths
      case "Auto-merging": break
      default: return false
      }
      words = words.dropFirst()
    }
    let bases = try scratch.git("merge-base", "--all", pair.0, pair.1, in: folder)
    let known = try Set(
      bases.split(separator: "\n").flatMap { try files(String($0), in: folder, of: scratch) })
    let added = try [pair.0, pair.1].flatMap { try files($0, in: folder, of: scratch) }
      .filter { !known.contains($0) }
    return !splits.isEmpty
      && !splits.contains { split in added.contains { $0.hasPrefix(split + "/") } }
  }

  private static func files(
    _ revision: String, in folder: String, of scratch: Scratch
  ) throws -> [String] {
    try scratch.git("ls-tree", "-r", "-z", "--name-only", revision, in: folder)
      .split(separator: "\0").map(String.init)
  }

  /// Goes on with a rebase of git's that stopped, past every stop for nothing.
  static func goneOn(
    _ stopped: CommandResult, in folder: String, of scratch: Scratch
  ) throws -> CommandResult {
    var result = stopped
    var last = ""
    while result.exitCode != 0 {
      let commit = try scratch.run(
        ["git", "rev-parse", "-q", "--verify", "REBASE_HEAD^{commit}"], in: folder
      ).output.dropLast()
      if commit == last { break }
      last = String(commit)
      guard let reached = try tree(of: "HEAD", besides: last, in: folder, of: scratch) else {
        break
      }
      guard try stopsForNothing((reached, last), in: folder, of: scratch) else { break }
      result = try scratch.run(
        ["git", "-c", "core.editor=true", "rebase", "--continue"], in: folder)
    }
    return result
  }

  /// A commit with the tree of one and the parent of another: merging the two is what a rebase does.
  static func tree(
    of tip: String, besides commit: String, in folder: String, of scratch: Scratch
  ) throws -> String? {
    let parent = try scratch.run(
      ["git", "rev-parse", "-q", "--verify", "\(commit)^"], in: folder)
    guard parent.exitCode == 0 else { return nil }
    return try scratch.git(
      "commit-tree", "-p", String(parent.output.dropLast()), "-m", "reached", "\(tip)^{tree}",
      in: folder)
  }

  /// True if git ended itself, as its rebases do (2.39.5 at least) where a file that belongs into a moved folder is
  /// in the way of a folder there: its merge cannot write down its own conflicts.
  static func hasCrashed(_ rebase: CommandResult) -> Bool {
    rebase.exitCode == 128 + SIGABRT && rebase.errorOutput.contains("BUG: merge-ort.c")
  }

  /// Ends a rebase of git's that stopped or crashed, whatever it left.
  static func end(
    _ rebase: CommandResult, in folder: String, of scratch: Scratch
  ) throws {
    if hasCrashed(rebase) {
      try FileManager.default.removeItem(atPath: scratch[folder + "/.git/index.lock"])
      try scratch.git("rebase", "--quit", in: folder)
      try scratch.git("reset", "-q", "--hard", in: folder)
    } else {
      try scratch.git("rebase", "--abort", in: folder)
    }
    try scratch.git("clean", "-fdq", in: folder)
  }

  /// What `git merge-tree` makes of pairs of revisions, in a folder of a scratch.
  static func verdicts(
    _ pairs: [(String, String)], in folder: String, of scratch: Scratch
  ) throws -> [Verdict] {
    let command = ["git", "merge-tree", "--write-tree", "--stdin", "--no-messages", "--name-only"]
    let result = try scratch.run(
      command, in: folder, input: pairs.map { "\($0.0) \($0.1)\n" }.joined())
    var verdicts: [Verdict] = []
    var words = result.output.split(separator: "\0", omittingEmptySubsequences: false)[...]
    while let status = words.popFirst(), !status.isEmpty {
      let tree = words.popFirst() ?? ""
      var paths: [String] = []
      while let path = words.popFirst(), !path.isEmpty { paths.append(String(path)) }
      var isClean = status == "1"
      if !isClean, paths.isEmpty, verdicts.count < pairs.count {
        isClean = try stopsForNothing(pairs[verdicts.count], in: folder, of: scratch)
      }
      verdicts.append(Verdict(isClean: isClean, tree: String(tree), paths: paths))
    }
    guard verdicts.count == pairs.count else {
      throw CommandFailure(command: command, result: result)
    }
    return verdicts
  }
}
