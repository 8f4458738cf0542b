import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Files of odd shapes` {
  let scratch = Scratch.current
  let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  @Test(arguments: ["rm -r d; ln -s d d", "mv d e; ln -s e d", "rm -r d; ln -s . d"])
  func `a tracked folder replaced by a link is what git add makes of it`(change: String)
    async throws
  {
    try scratch.repository(files: ["d/a": "1\n", "d/b/c": "2\n", "x": "3\n"])
    let worktree = try await scratch.create(scratch.worktree())
    _ = try scratch.run(["sh", "-c", change], in: worktree.path)
    let snapshot = try worktree.snapshot(message: "wip\n", by: signature)
    let tree = try scratch.git("rev-parse", "\(snapshot)^{tree}", in: "repo")
    #expect(try tree == scratch.treeByGit(worktree.path))
    // git status leaves out what it cannot look at through a link onto itself; here it is named as gone.
    let changed = try worktree.status().changedFiles
    #expect(changed.contains("d") && changed.contains("d/a") && changed.contains("d/b/c"))
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }
}
