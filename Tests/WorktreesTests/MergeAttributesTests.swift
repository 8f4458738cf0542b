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
    try scratch.repository(files: [".gitattributes": line + "\n", "d/a.log": "1\n"])
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
      let isBinary = line.contains("-merge") || line.contains("binary")
      #expect(conflict.report.files.map(\.kind) == [isBinary ? .binary : .content])
    case nil: Issue.record("no verdict")
    }
  }
}
