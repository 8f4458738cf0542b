import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `What workers leave in odd places` {
  let scratch = Scratch.current

  @Test func `a repository that a worker made in its worktree and added is not taken away`() throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        git init -q sub
        cd sub
        echo committed > a
        git add a
        git commit -qm a
        cd ..
        git -c advice.addEmbeddedRepo=false add sub
        git commit -qm "with a repository in it"
        echo uncommitted > sub/b
        """)
    try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try #require(try play.tasks().first)
    #expect(["done", "needs_review", "blocked"].contains(task["status"]?.string))
    let folders = try FileManager.default.contentsOfDirectory(atPath: scratch["trees/repo"])
    let worktree = scratch["trees/repo/" + (try #require(folders.first))]
    #expect(try scratch.git("-C", worktree + "/sub", "log", "--format=%s") == "a")
    #expect(try String(contentsOfFile: worktree + "/sub/b", encoding: .utf8) == "uncommitted\n")
    // Nor by a later run, or when somebody says that the task is not wanted any more.
    _ = try play.orch("task", "cancel", try #require(task["id"]?.string))
    try play.ok("run", "--until-idle")
    try play.ok("gc")
    #expect(try String(contentsOfFile: worktree + "/sub/b", encoding: .utf8) == "uncommitted\n")
  }

  @Test func `a folder in the place of the result costs one attempt`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo "$ORCH_ATTEMPT" > "file"
        git add -A
        git commit -qm "$ORCH_ATTEMPT"
        if [ "$ORCH_ATTEMPT" -lt 3 ]; then mkdir "$ORCH_OUTPUT"; : > "$ORCH_OUTPUT/x"; exit 1; fi
        """)
    try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try #require(try play.tasks().first)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(
      task["attempts"]?.array?.map { $0["outcome"]?.string } == ["failed", "failed", "succeeded"])
  }

  @Test(arguments: [".gitignore", ".gitattributes"])
  func `a pipe in the place of a file that git reads keeps nobody waiting`(name: String) throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo done > left-uncommitted.txt
        mkfifo \(name)
        printf '{"status":"done","summary":"added a file"}' > "$ORCH_OUTPUT"
        """)
    try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try #require(try play.tasks().first)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(
      try scratch.git("show", "main:left-uncommitted.txt", in: "origin.git") == "done")
  }
}
