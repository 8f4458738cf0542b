import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A sparse checkout` {
  let scratch = Scratch.current

  private func playground(agent: String) throws -> Playground {
    let play = try Playground(
      files: ["d/x": ConflictPlayground.lines, "e/y": ConflictPlayground.lines, "top": "1\n"],
      agent: agent, settings: "forge: {merge: never}\n")
    try scratch.git("sparse-checkout", "set", "--cone", "d", in: "repo")
    return play
  }

  /// Somebody changes lines of files, and pushes.
  private func moveBase(_ changes: [String: Int]) throws {
    if !scratch.exists("somebody") {
      try scratch.git("clone", "-q", scratch["origin.git"], scratch["somebody"])
    }
    for (file, line) in changes {
      _ = try scratch.run(
        ["sed", "-i", "s/^line \(line)$/line \(line) of the base/", scratch["somebody/" + file]])
    }
    try scratch.write("somebody/e/new", "new\n")
    try scratch.git("add", "-A", in: "somebody")
    try scratch.git("commit", "-qm", "move", in: "somebody")
    try scratch.git("push", "-q", "origin", "main", in: "somebody")
  }

  private func files(of branch: String, sinceIn base: String) throws -> String {
    try scratch.git(
      "--git-dir", scratch["origin.git"], "diff", "--name-status", "\(base)...\(branch)")
  }

  @Test func `a base that moves outside of it takes nothing away`() throws {
    let play = try playground(
      agent: """
        cat > /dev/null
        git status --porcelain >> "$HOME/../status"
        sed -i "s/^line $((ORCH_ATTEMPT + 1))$/line of attempt $ORCH_ATTEMPT/" d/x
        """)
    let id = try play.ok("task", "add", "Edit", "--quiet")
    try play.ok("run", "--until-idle")
    try moveBase(["e/y": 8, "d/x": 9])
    try play.ok("run", "--until-idle")
    let worktree = try #require(try play.tasks().first?["worktree"]?.string)
    let branch = try #require(try play.tasks().first?["branch"]?.string)
    #expect(try scratch.git("-C", worktree, "status", "--porcelain") == "")
    #expect(!FileManager.default.fileExists(atPath: worktree + "/e/y"))
    try play.ok("task", "retry", id)
    try play.ok("run", "--until-idle")
    #expect(try scratch.read("status") == "", "a worker began in a worktree that was not clean")
    #expect(try files(of: branch, sinceIn: "main") == "M\td/x")
    let text = try scratch.git("--git-dir", scratch["origin.git"], "show", branch + ":e/y")
    #expect(text.contains("line 8 of the base"))
  }

  @Test func `a conflict in it is settled, and the rest stays out`() throws {
    let play = try playground(
      agent: """
        cat > /dev/null
        if [ "$ORCH_PURPOSE" = rebase ]; then
          git status --porcelain > "$HOME/../status"
          sed -i -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' d/x
          git add d/x
          git -c core.editor=true rebase --continue || exit 5
          exit 0
        fi
        sed -i "s/^line 5$/line 5 of the branch/" d/x
        git commit -qam "$ORCH_TASK_TITLE"
        """)
    try play.ok("task", "add", "Edit", "--quiet")
    try play.ok("run", "--until-idle")
    try moveBase(["d/x": 5, "e/y": 8])
    try play.ok("run", "--until-idle")
    let task = try #require(try play.tasks().first)
    #expect(task.purposes == ["work", "rebase"], "\(task.indentedText)")
    #expect(task["attempts"]?.array?.last?["outcome"] == "succeeded", "\(task.indentedText)")
    let status = try scratch.read("status")
    #expect(status.contains("UU d/x") && !status.contains("e/y"), "\(status)")
    let branch = try #require(task["branch"]?.string)
    #expect(try files(of: branch, sinceIn: "main") == "M\td/x")
    let text = try scratch.git("--git-dir", scratch["origin.git"], "show", branch + ":d/x")
    #expect(text.contains("line 5 of the branch") && text.contains("line 5 of the base"))
  }
}
