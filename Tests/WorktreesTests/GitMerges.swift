import TestSupport
import Worktrees

/// Git's own merges of many pairs, by one `git merge-tree`.
enum GitMerges {
  /// What git makes of a pair.
  struct Verdict {
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
      verdicts.append(Verdict(isClean: status == "1", tree: String(tree), paths: paths))
    }
    guard verdicts.count == pairs.count else {
      throw CommandFailure(command: command, result: result)
    }
    return verdicts
  }
}
