import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Merge attributes` {
  let scratch = Scratch.current

  @Test(arguments: [
    ("*.log merge=union", true), ("*.log -merge", false), ("/d/*.log merge=union", true),
    ("*.txt merge=union", false), ("*.log merge=unknown", false), ("*.log binary", false),
  ])
  func `union joins both sides, and binary files are conflicts, as git has it`(
    line: String, isClean: Bool
  ) throws {
    try expectAsGit(
      ["d/.gitattributes": "", ".gitattributes": line + "\n"], isClean,
      isBinary: line.contains("-merge") || line.contains("binary"))
  }

  @Test(arguments: [
    ("*.log merge=union", "", "", true), ("*.log merge=union", "*.log merge\n", "", false),
    ("*.log merge=union", "", "*.log -merge", false),
    ("", "*.log -merge", "d/a.log merge=union", true),
    ("[attr]joined merge=union\n*.log joined", "", "", true),
    ("[attr]joined merge=union", "*.log joined", "", true),
    ("", "*.log joined", "[attr]joined merge=union", true),
    ("\"d/a.log\" merge=union", "", "", true), ("*.log merge=union", "*.log !merge", "", false),
  ])
  func `files outside of the tree count, in git's order`(
    user: String, tree: String, top: String, isClean: Bool
  ) throws {
    let file = try scratch.write("user-attributes", user + "\n")
    try expectAsGit([".gitattributes": tree + "\n"], isClean, isBinary: top.contains("-merge")) {
      try scratch.git("config", "core.attributesFile", file, in: "repo")
      try scratch.write("repo/.git/info/attributes", top + "\n")
    }
  }

  @Test(arguments: [("union", true), ("binary", false), ("text", false), ("unknown", false)])
  func `the driver of files that nothing is said about is configured`(name: String, isClean: Bool)
    throws
  {
    try expectAsGit([:], isClean, isBinary: name == "binary") {
      try scratch.git("config", "merge.default", name, in: "repo")
    }
  }

  @Test(arguments: [
    ("*.LOG merge=union", true), ("/D/*.log merge=union", true), ("*.txt merge=union", false),
  ])
  func `patterns match names in any case where the file system does`(line: String, isClean: Bool)
    throws
  {
    try expectAsGit([".gitattributes": line + "\n"], isClean, isBinary: false) {
      try scratch.git("config", "core.ignoreCase", "true", in: "repo")
    }
  }

  static let changes = [
    // One side brings the line ends in order, the other goes on with the old ones.
    "sed -i 's/^b/changed/' d/a.log", "sed -i 's/^a/changed/; s/^c/too/' d/a.log",
    "git rm -q d/a.log",
    "sed -i 's/\r//' d/a.log; echo more >> d/a.log",
    "sed -i 's/^b/changed/' d/a.log; printf 'bin\\0' >> d/a.log",
  ]

  @Test(
    arguments: changes, ["* text=auto", "*.log text", "*.log -text", "*.log eol=lf", "*.txt text"])
  func `line ends that one side brought in order are no conflict with merge.renormalize`(
    change: String, line: String
  ) throws {
    try scratch.repository(files: ["d/a.log": "a\r\nb\r\nc\r\n"])
    try scratch.git("config", "merge.renormalize", "true", in: "repo")
    let shell = { (script: String) in
      let result = try scratch.run(["sh", "-euc", script], in: "repo")
      #expect(result.exitCode == 0, "\(result.errorOutput)")
    }
    try shell("git checkout -q -b other main; \(change); git commit -qam other")
    try shell(
      """
      git checkout -q -b one main; printf '\(line)\\n' > .gitattributes; sed -i 's/\\r//' d/a.log
      git add -A; git commit -qm normalised
      """)
    let git = try scratch.run(["git", "merge-tree", "--write-tree", "one", "other"], in: "repo")
    let repository = try Repository(at: scratch["repo"])
    let one = try #require(try repository.reference("refs/heads/one"))
    let other = try #require(try repository.reference("refs/heads/other"))
    switch try InMemoryMerge.previews([(base: one, branch: other)], in: repository).first {
    case .success(let tree): #expect(git.exitCode == 0 && git.output == tree.hex + "\n")
    case .failure: #expect(git.exitCode == 1)
    case nil: Issue.record("no verdict")
    }
  }

  /// Merges two additions to the end of a file with git and with orch.
  private func expectAsGit(
    _ files: [String: String], _ isClean: Bool, isBinary: Bool, prepare: () throws -> Void = {}
  ) throws {
    try scratch.repository(files: files.merging(["d/a.log": "1\n"]) { $1 })
    try prepare()
    for (branch, text) in [("one", "1\none\n"), ("other", "1\nother\n")] {
      try scratch.git("checkout", "-q", "-b", branch, "main", in: "repo")
      try scratch.write("repo/d/a.log", text)
      try scratch.git("commit", "-qam", branch, in: "repo")
    }
    let git = try scratch.run(["git", "merge-tree", "--write-tree", "one", "other"], in: "repo")
    #expect((git.exitCode == 0) == isClean)
    let repository = try Repository(at: scratch["repo"])
    let one = try #require(try repository.reference("refs/heads/one"))
    let other = try #require(try repository.reference("refs/heads/other"))
    let verdict = try InMemoryMerge.previews([(base: one, branch: other)], in: repository)
    switch verdict.first {
    case .success(let tree): #expect(isClean && git.output == tree.hex + "\n")
    case .failure(let conflict):
      #expect(!isClean)
      #expect(conflict.report.files.map(\.kind) == [isBinary ? .binary : .content])
    case nil: Issue.record("no verdict")
    }
  }
}
