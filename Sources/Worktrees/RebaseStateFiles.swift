internal import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The files by which git knows that a rebase stopped at a conflict: `rebase-merge` and its
/// neighbours in a worktree's git folder.
struct RebaseStateFiles {
  let report: ConflictReport
  let commit: ObjectID
  let text: CommitText
  let branch: String
  let head: ObjectID
  let onto: ObjectID
  let mergedTree: ObjectID
  let conflicts: [[UInt8]]

  private static let folder = "rebase-merge"

  /// Writes all of them; the state folder appears at once, whole.
  func write(into directory: String, subject: (ObjectID) throws -> String) throws {
    let new = "\(directory)/\(Self.folder).orch-new"
    try removeTree(new)
    try FileText.makeFolder(new)
    for (name, content) in try stateFiles(subject) {
      try FileText.replace("\(new)/\(name)", with: content)
    }
    try FileText.replace(new + "/message", with: text.message)
    for (name, content) in neighbours {
      try FileText.replace("\(directory)/\(name)", with: content)
    }
    guard rename(new, "\(directory)/\(Self.folder)") == 0 else {
      throw WorktreeError.file(
        path: "\(directory)/\(Self.folder)", operation: "create", number: errno)
    }
  }

  /// Takes them away again.
  func remove(from directory: String) throws {
    try removeTree("\(directory)/\(Self.folder)")
    for (name, _) in neighbours { unlink("\(directory)/\(name)") }
  }

  private func stateFiles(
    _ subject: (ObjectID) throws -> String
  ) throws -> [(String, String)] {
    func picks(_ commits: [ObjectID]) throws -> String {
      try commits.map { "pick \($0) \(try subject($0))\n" }.joined()
    }
    let done = try picks(report.done + [commit])
    let rest = try picks(report.remaining)
    let number = report.done.count + 1
    let rewritten = report.done.compactMap { old in
      report.mapping[old].map { "\(old) \($0)\n" }
    }
    return [
      ("head-name", branch + "\n"), ("onto", "\(onto)\n"), ("orig-head", "\(head)\n"),
      ("done", done), ("git-rebase-todo", rest), ("git-rebase-todo.backup", done + rest),
      ("msgnum", "\(number)\n"), ("end", "\(number + report.remaining.count)\n"),
      ("stopped-sha", "\(commit)\n"), ("rewritten-list", rewritten.joined()),
      ("author-script", authorScript), ("interactive", ""), ("drop_redundant_commits", ""),
      ("no-reschedule-failed-exec", ""),
    ]
  }

  private var neighbours: [(String, [UInt8])] {
    var names: [UInt8] = []
    for path in conflicts { names += Array("#\t".utf8) + path + [0x0A] }
    return [
      ("ORIG_HEAD", Array("\(head)\n".utf8)), ("REBASE_HEAD", Array("\(commit)\n".utf8)),
      ("AUTO_MERGE", Array("\(mergedTree)\n".utf8)),
      ("MERGE_MSG", text.message + Array("\n# Conflicts:\n".utf8) + names),
    ]
  }

  /// The author as shell assignments, quoted as git quotes them.
  private var authorScript: String {
    let line = String(decoding: text.author, as: UTF8.self)
    let nameEnd =
      line.firstIndex(of: "<").map { line[..<$0].dropLast().endIndex } ?? line.startIndex
    let mailStart = line.firstIndex(of: "<").map { line.index(after: $0) } ?? line.startIndex
    let mailEnd = line.lastIndex(of: ">") ?? line.endIndex
    let date = mailEnd < line.endIndex ? line[line.index(after: mailEnd)...].drop { $0 == " " } : ""
    func quoted(_ text: some StringProtocol) -> String {
      "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        + "'"
    }
    return "GIT_AUTHOR_NAME=\(quoted(line[..<nameEnd]))\n"
      + "GIT_AUTHOR_EMAIL=\(quoted(line[mailStart..<mailEnd]))\n"
      + "GIT_AUTHOR_DATE=\(quoted("@" + date))\n"
  }
}
