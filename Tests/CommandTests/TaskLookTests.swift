import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Looking at tasks` {
  let scratch = Scratch.current

  /// Says what it has used, and adds its title to a file of its own; tasks named `Long` wait for a file `go`.
  private static let agent = """
    cat > /dev/null
    printf '{"type":"session","id":"s-%s"}\\n' "$ORCH_ATTEMPT"
    printf '{"type":"cost","usd":0.5,"input_tokens":10,"output_tokens":5,"model":"m-1"}\\n'
    echo "words of $ORCH_TASK_TITLE, attempt $ORCH_ATTEMPT"
    if [ "$ORCH_TASK_TITLE" = Long ]; then
      : > "$HOME/../began-$ORCH_ATTEMPT"
      while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
    fi
    echo "$ORCH_TASK_TITLE" > "file-$ORCH_TASK_ID"
    git add -A
    git diff --cached --quiet || git commit -qm "Add a file"
    """

  @Test(arguments: ["merge", "squash", "rebase"])
  func `what was merged has one note of everything, is blamed by line, and shown as its own patch`(
    method: String
  ) throws {
    let play = try Playground(
      agent: Self.agent, settings: "forge: {merge_method: \(method)}\n")
    try play.ok("lesson", "add", "Mind the gap")
    let first = try play.ok("task", "add", "First", "--quiet")
    let second = try play.ok("task", "add", "Second", "--after", first, "--quiet")
    try play.ok("run", "--until-idle")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    for (id, other) in [(first, second), (second, first)] {
      let patch = try play.ok("task", "diff", id)
      #expect(patch.contains("+++ b/file-\(id)") && !patch.contains(other), "\(patch)")
      let commit = try scratch.git(
        "log", "-1", "--no-merges", "--format=%H", "origin/main", "--", "file-\(id)", in: "repo")
      let note = try JSONValue(
        parsing: scratch.git("notes", "--ref", "orchestrator", "show", commit, in: "repo"))
      #expect(note["task"]?.string == id)
      #expect(note["attempt"]?.int == 1 && note["agent"] == "worker" && note["model"] == "m-1")
      #expect(note["cost_usd"]?.double == 0.5 && note["session"] == "s-1")
      #expect(note["input_tokens"]?.int == 10 && note["output_tokens"]?.int == 5)
      #expect(note["lessons"]?.strings?.count == 1)
      let prompt = try play.tasks().first { $0["id"]?.string == id }?["attempts"]?.array?.first
      #expect(note["prompt_hash"] == prompt?["prompt_hash"])
      let blamed = try play.ok("blame", "file-\(id):1", "--rev", "origin/main")
      #expect(blamed.contains(id.prefix(6)) && blamed.contains("worker/m-1"), "\(blamed)")
    }
    let commits = try scratch.git("rev-list", "--count", "origin/main", in: "repo")
    #expect(commits == (method == "merge" ? "5" : "3"))
  }

  @Test func `costs are summed by agent, model, day and task`() throws {
    let play = try Playground(agent: Self.agent)
    let ids = try ["One", "Two"].map { try play.ok("task", "add", $0, "--quiet") }
    try play.ok("run", "--until-idle")
    let day = try scratch.git(
      "log", "-1", "--date=format:%F", "--format=%cd", "refs/orch/state", in: "repo")
    for (grouping, names) in [
      ("agent", ["worker"]), ("model", ["m-1"]), ("day", [day]),
      ("task", ids.map { String($0.prefix(6)) }),
    ] {
      let lines = try play.ok("cost", "--by", grouping).split(separator: "\n")
      #expect(lines.last?.hasSuffix("$1.00") == true, "\(lines)")
      for name in names {
        let line = lines.first { $0.hasPrefix(name) }
        #expect(line?.hasSuffix(names.count == 1 ? "$1.00" : "$0.50") == true, "\(name): \(lines)")
      }
    }
    #expect(try play.ok("task", "cost", ids[0]).contains("$0.50"))
    #expect(try play.orch("cost", "--by", "colour").exitCode == 64)
  }

  @Test func `a parent waits for the parts that a person gave it, and is told what became of them`()
    throws
  {
    let play = try Playground(
      agent: """
        prompt=$(cat)
        case "$ORCH_TASK_TITLE" in
        Whole) case "$prompt" in *"built the part"*) ;; *) exit 9 ;; esac ;;
        esac
        echo x > "file-$ORCH_TASK_ID"
        git add -A
        git commit -qm "$ORCH_TASK_TITLE"
        printf '{"status":"done","summary":"built the part"}' > "$ORCH_OUTPUT"
        """)
    let whole = try play.ok("task", "add", "Whole", "--quiet")
    let part = try play.ok("task", "add", "Part", "--parent", whole, "--quiet")
    let tree = try play.ok("task", "tree").split(separator: "\n")
    #expect(tree.map { $0.prefix { $0 == " " }.count } == [0, 2])
    #expect(tree[0].contains(whole.prefix(6)) && tree[1].contains(part.prefix(6)))
    try play.ok("task", "route")
    #expect(try play.ok("task", "next").contains("start a worker: Part"))
    let circle = try play.orch("task", "edit", part, "--after", whole)
    #expect(circle.exitCode == 1 && circle.errorOutput.contains("wait for each other"), "\(circle)")
    try play.ok("run", "--until-idle")
    let diary = try play.diary()
    let merged = try #require(diary.firstIndex { $0.contains("merged: Part") })
    let started = try #require(diary.firstIndex { $0.contains("started: Whole") })
    #expect(merged < started)
    #expect(
      try play.tasks().allSatisfy { $0["status"] == "done" && $0["attempts"]?.array?.count == 1 })
  }

  @Test func `a running worker is watched, killed and tried again`() async throws {
    let play = try Playground(agent: Self.agent)
    let id = try play.ok("task", "add", "Long", "--quiet")
    #expect(try play.orch("task", "attach", id).errorOutput.contains("has no attempt yet"))
    #expect(try play.orch("task", "kill", id).exitCode == 1)
    let run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("began-1") })
    let attached = try scratch.start(
      [BuiltProgram.orch, "task", "attach", id], in: "repo", log: "attached")
    #expect(await eventually { (try? scratch.read("attached").contains("attempt 1")) == true })
    #expect(attached.isRunning)
    try play.ok("task", "kill", id)
    attached.waitForEnd()
    #expect(await eventually { scratch.exists("began-2") })
    try scratch.write("go", "")
    run.waitForEnd()
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(task["attempts"]?.array?.map { $0["outcome"]?.string } == ["interrupted", "succeeded"])
  }

  @Test func `interrupted once, orch stops its workers; twice, it leaves them running`()
    async throws
  {
    let play = try Playground(agent: Self.agent)
    let id = try play.ok("task", "add", "Long", "--quiet")
    let outcomes = {
      try JSONValue(parsing: play.ok("task", "show", id, "--json"))["attempts"]?.array?.map {
        $0["outcome"]?.string
      }
    }
    var run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("began-1") })
    kill(run.processIdentifier, SIGINT)
    run.waitForEnd()
    #expect(run.terminationStatus == 130)
    #expect(try outcomes() == ["interrupted"])
    #expect(try play.leftovers() == [])
    run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("began-2") })
    for _ in 0..<2 {
      kill(run.processIdentifier, SIGINT)
      _ = poll(nil, 0, 20)
    }
    run.waitForEnd()
    #expect(run.terminationStatus == 130)
    // Asked once to stop, the worker ends by itself, or is found at work by the next run.
    try scratch.write("go", "")
    try play.ok("run", "--until-idle")
    let all = try outcomes() ?? []
    #expect(all.first == "interrupted" && all.last == "succeeded" && !all.contains(nil), "\(all)")
    #expect(try play.leftovers() == [])
  }

  @Test func `an agent that nobody configured is refused at once`() throws {
    let play = try Playground()
    try play.ok("init")
    for words in [
      ["task", "add", "Work", "--agent", "wroker"], ["task", "plan", "Work", "--agent", "wroker"],
    ] {
      let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(result.exitCode == 1)
      #expect(
        result.errorOutput.contains("no agent 'wroker'") && result.errorOutput.contains("worker"))
    }
    #expect(try play.tasks().isEmpty)
  }

  @Test func `a task that is cancelled while it starts holds nobody up`() async throws {
    let play = try Playground()
    let line =
      "touch \(scratch["began"]); while [ ! -e \(scratch["go"]) ]; do sleep 0.05; done"
    try scratch.write(
      "repo/.orch.yml",
      scratch.read("repo/.orch.yml").replacingOccurrences(
        of: "worktrees:\n", with: "worktrees:\n  setup: ['\(line)']\n"))
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("began") })
    try play.ok("task", "cancel", id)
    try scratch.write("go", "")
    run.waitForEnd()
    #expect(run.terminationStatus == 0)
    #expect(try play.tasks().first?["status"] == "cancelled")
    #expect(
      try scratch.git("worktree", "list", "--porcelain", in: "repo").components(
        separatedBy: "worktree "
      ).count == 2)
  }
}
