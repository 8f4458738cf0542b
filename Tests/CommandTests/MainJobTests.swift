import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `The main job` {
  let scratch = Scratch.current

  @Test func `from task add to merged, with everything recorded in git`() throws {
    let play = try Playground()
    try scratch.write("repo/dirty.txt", "the user's own work\n")
    let index = try scratch.read("repo/.git/index")
    try play.ok("init")
    let title = "Fix the \"login\" 'timeout' 😀"
    let id = try play.ok("task", "add", title, "--quiet", "--label", "bug", "--priority", "3")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done")
    #expect(task["title"]?.string == title)
    #expect(task["labels"]?.strings == ["bug"])
    #expect(task["attempts"]?.array?.count == 1)
    #expect(task["attempts"]?.array?.first?["outcome"] == "succeeded")
    #expect(task["attempts"]?.array?.first?["prompt_hash"]?.string?.count == 40)
    #expect(task["pull_request"]?["state"] == "merged")
    #expect(task["result"]?["summary"] == "added a file")
    // The base has it, with trailers and a note; nothing is left over; the user's checkout is as it was.
    try scratch.git("fetch", "-q", "origin", in: "repo")
    let commit = try scratch.git("rev-parse", "origin/main^2", in: "repo")
    #expect(try scratch.git("show", "origin/main:file-\(id).txt", in: "repo") == title)
    #expect(
      try scratch.git(
        "log", "-1", "--format=%(trailers:key=Orch-Task,valueonly)", commit, in: "repo"
      ).hasPrefix(id))
    let note = try JSONValue(
      parsing: scratch.git("notes", "--ref", "orchestrator", "show", commit, in: "repo"))
    #expect(note["task"]?.string == id)
    #expect(note["agent"] == "worker")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    #expect(try scratch.git("branch", "--list", "orch/*", in: "repo") == "")
    #expect(try scratch.git("ls-remote", "origin", "refs/heads/orch/*", in: "repo") == "")
    #expect(try scratch.read("repo/.git/index") == index)
    #expect(try scratch.read("repo/dirty.txt") == "the user's own work\n")
    #expect(try play.leftovers() == [])
    let verbs = try play.diary().compactMap {
      $0.hasPrefix(id.prefix(6)) ? $0.split(separator: ":").first : nil
    }
    .map { String($0.dropFirst(7)) }
    #expect(
      verbs == ["new", "routed", "started", "finished", "in review", "merged", "cleaned up"])
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `the base may move, and neighbouring work is rebased`() throws {
    let play = try Playground(
      files: ["LINES": (1...9).map { "\($0)\n" }.joined()],
      agent: """
        cat > /dev/null
        sed "s/^$ORCH_TASK_TITLE\\$/changed $ORCH_TASK_TITLE/" LINES > LINES.new
        mv LINES.new LINES
        git commit -qam "change $ORCH_TASK_TITLE"
        """)
    for line in ["2", "5", "8"] { try play.ok("task", "add", line) }
    try play.ok("run", "--until-idle", "--jobs", "3")
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
    try scratch.git("fetch", "-q", "origin", in: "repo")
    let lines = try scratch.git("show", "origin/main:LINES", in: "repo").split(separator: "\n")
    #expect(lines == ["1", "changed 2", "3", "4", "changed 5", "6", "7", "changed 8", "9"])
    #expect(try play.diary().contains { $0.contains("rebased") })
  }

  @Test func `a failing check is repaired by an attempt that is shown the failure`() throws {
    let play = try Playground(
      agent: """
        prompt=$(cat)
        case "$prompt" in
        *"answer is 42"*) echo 42 > answer ;;
        *) echo 41 > answer ;;
        esac
        git add -A
        git commit -qm answer
        """,
      settings: """
        checks:
          - name: answer
            command: "grep -qx 42 answer || { echo 'the answer is 42'; exit 1; }"
        """)
    let id = try play.ok("task", "add", "Answer", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done")
    #expect(task["attempts"]?.array?.map { $0["purpose"]?.string } == ["work", "repair"])
    #expect(try play.diary().contains { $0.contains("checks failed: Answer (answer)") })
  }

  @Test func `a dependency is merged before its dependant begins`() throws {
    let play = try Playground()
    let first = try play.ok("task", "add", "First", "--quiet")
    try play.ok("task", "add", "Second", "--after", String(first.prefix(6)))
    try play.ok("run", "--until-idle")
    let diary = try play.diary()
    let merged = try #require(diary.firstIndex { $0.contains("merged: First") })
    let started = try #require(diary.firstIndex { $0.contains("started: Second") })
    #expect(merged < started)
  }

  @Test func `delegations become children, and the parent goes on with their results`() throws {
    let play = try Playground(
      agent: """
        prompt=$(cat)
        if [ "$ORCH_TASK_TITLE" = Parent ] && [ "$ORCH_PURPOSE" = work ]; then
          printf '{"status":"done","summary":"split","delegations":[{"title":"A","body":"a"},{"title":"B","body":"b"}]}' > "$ORCH_OUTPUT"
          exit 0
        fi
        case "$ORCH_PURPOSE$prompt" in
        resume*"did A"*"did B"* | resume*"did B"*"did A"*) echo both > parent.txt ;;
        resume*) exit 7 ;;
        *) echo x > "child-$ORCH_TASK_TITLE" ;;
        esac
        git add -A
        git commit -qm "$ORCH_TASK_TITLE"
        printf '{"status":"done","summary":"did %s"}' "$ORCH_TASK_TITLE" > "$ORCH_OUTPUT"
        """)
    let id = try play.ok("task", "add", "Parent", "--quiet")
    try play.ok("run", "--until-idle")
    let tasks = try play.tasks()
    #expect(tasks.count == 3)
    #expect(tasks.allSatisfy { $0["status"] == "done" }, "\(tasks.map { $0["reason"] })")
    #expect(tasks.filter { $0["parent"]?.string == id }.count == 2)
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(try scratch.git("show", "origin/main:parent.txt", in: "repo") == "both")
  }

  @Test func `an agent that never gets it right is stopped after four equal errors`() throws {
    let play = try Playground(agent: "cat > /dev/null\necho \"cannot compile line $$\" >&2\nexit 1")
    let id = try play.ok("task", "add", "Impossible", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "blocked")
    #expect(task["attempts"]?.array?.count == 4)
    #expect(task["reason"]?.string?.contains("same error") == true)
    try play.ok("task", "unblock", "all")
    #expect(try play.tasks().first?["status"] == "new")
  }

  @Test(arguments: [
    ("echo x > left.txt", "done", "uncommitted work is committed"),
    ("true", "routed|blocked", "nothing done is not a success"),
    (
      "head -c 3000 /dev/urandom; echo x > b; git add -A; git commit -qm b", "done", "binary output"
    ),
    ("echo '{\"status\":' > \"$ORCH_OUTPUT\"; exit 0", "blocked", "a broken result is a failure"),
    ("printf x > \"$(printf 'new\\nline')\"; git add -A; git commit -qm n", "done", "odd names"),
    ("ln -s /etc/passwd \"$ORCH_OUTPUT\"", "blocked", "a result that is a link is refused"),
    (
      "printf '{\"status\":\"needs_review\",\"reason\":\"which one?\"}' > \"$ORCH_OUTPUT\"",
      "needs_review", "a question goes to a person"
    ),
    (
      "printf '{\"status\":\"done\",\"summary\":\"nothing to do\"}' > \"$ORCH_OUTPUT\"", "done",
      "a reason without commits is an end"
    ),
  ])
  func `odd agents`(script: String, status: String, what: String) throws {
    let play = try Playground(agent: "cat > /dev/null\n" + script)
    let id = try play.ok("task", "add", what, "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(
      status.split(separator: "|").contains(Substring(task["status"]?.string ?? "")), "\(what)")
    #expect(try play.leftovers() == [])
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  @Test func `cancelling keeps work that was pushed nowhere`() async throws {
    let play = try Playground(
      agent:
        "cat > /dev/null\necho precious > precious.txt\ntouch \"$HOME/../ready\"\nexec sleep 300")
    let id = try play.ok("task", "add", "Long", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("ready") })
    try play.ok("task", "cancel", id, "--why", "no longer wanted")
    run.waitForEnd()
    #expect(try play.tasks().first?["status"] == "cancelled")
    let kept = try scratch.git("for-each-ref", "--format=%(refname)", "refs/orch/wip", in: "repo")
    #expect(kept.contains(id))
    #expect(try scratch.git("show", "\(kept):precious.txt", in: "repo") == "precious")
    #expect(try play.leftovers() == [])
  }

  @Test func `a second run says who holds the repository`() async throws {
    let play = try Playground(agent: "cat > /dev/null\ntouch \"$HOME/../ready\"\nexec sleep 300")
    try play.ok("task", "add", "Long")
    let run = try play.start(["run"])
    #expect(await eventually { scratch.exists("ready") })
    let second = try play.orch("run", "--until-idle")
    #expect(second.exitCode == 75)
    #expect(second.errorOutput.contains("process \(run.processIdentifier)"))
    run.interrupt()
    run.waitForEnd()
    #expect(run.terminationStatus == 130)
    #expect(try play.tasks().first?["status"] == "routed")
    #expect(try play.leftovers() == [])
  }
}
