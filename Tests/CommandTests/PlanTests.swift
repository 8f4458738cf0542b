import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Planning` {
  let scratch = Scratch.current

  /// Plans with what the file `plan` says, and does everything else by adding a file.
  private static let plans = """
    cat > "$HOME/../prompt-$ORCH_TASK_KIND-$ORCH_ATTEMPT"
    if [ "$ORCH_TASK_KIND" = spec ] && [ "$ORCH_PURPOSE" != resume ]; then
      echo "# How it will be" > "$ORCH_STATE_DIR/spec.md"
      cp "$HOME/../plan" "$ORCH_OUTPUT"
      exit 0
    fi
    if [ "$ORCH_TASK_KIND" = spec ]; then
      printf '{"status":"done","summary":"all parts fit"}' > "$ORCH_OUTPUT"
      exit 0
    fi
    echo "$ORCH_TASK_TITLE" > "file-$ORCH_TASK_ID"
    git add -A
    git commit -qm "Add a file"
    printf '{"status":"done","summary":"did %s"}' "$ORCH_TASK_TITLE" > "$ORCH_OUTPUT"
    """

  private func playground(_ plan: String, settings: String = "") throws -> Playground {
    try scratch.write("plan", plan)
    return try Playground(agent: Self.plans, settings: settings)
  }

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  private static let three = """
    {"status":"done","summary":"three parts","delegations":[
     {"title":"Last","body":"l\\n## Files\\nsrc/a","labels":["after:2","after:3","ui"]},
     {"title":"First","body":"f\\n## Files\\nsrc/a\\n## Acceptance\\nmake","suggested_agent":"ghost"},
     {"title":"Second","body":"s\\n## Files\\nsrc/a","suggested_agent":"worker"}]}
    """

  @Test func `a plan waits for a yes, then its parts run in order and the parent goes on`() throws {
    let play = try playground(Self.three)
    let id = try play.ok("task", "plan", "Move it", "--body", "all of it", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().count == 1)
    let waiting = try show(play, id)
    #expect(waiting["status"] == "needs_review")
    #expect(waiting["reason"]?.string?.contains("orch task approve \(id.prefix(6))") == true)
    let shown = try play.ok("task", "show", id)
    #expect(shown.contains("1  Last (after 2, 3) [ui]") && shown.contains("# How it will be"))
    let brief = try play.ok("task", "show", id, "--brief")
    #expect(brief.contains("plan of 3:\n1 Last (after 2, 3)\n2 First\n3 Second\n"))
    #expect(brief.contains("mind: 2 and 3 may run at once and both change src/a"))
    #expect(brief.contains("asks for the agent 'ghost'"))
    #expect(try play.ok("status", "--brief").contains("needs review: Move it (a plan of 3 parts"))

    let approved = try play.ok("task", "approve", id)
    #expect(approved.contains("approved: Move it") && approved.contains("Last (after "))
    #expect(try show(play, id)["status"] == "blocked")
    let again = try play.orch("task", "approve", id)
    #expect(again.exitCode == 1 && again.errorOutput.contains("no plan that waits"))
    let children = try play.tasks().filter { $0["parent"]?.string == id }
    #expect(children.count == 3)
    let last = try #require(children.first { $0["title"] == "Last" })
    #expect(last["after"]?.array?.count == 2 && last["labels"]?.strings == ["ui"])
    #expect(children.first { $0["title"] == "Second" }?["agent"] == "worker")
    #expect(children.first { $0["title"] == "First" }?["agent"] == nil)

    try play.ok("run", "--until-idle")
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
    #expect(try scratch.read("prompt-spec-2").contains("did First"))
    let diary = try play.diary()
    let started = diary.indices.filter { diary[$0].contains("started: Last") }
    let merged = diary.indices.filter {
      diary[$0].contains("merged: First") || diary[$0].contains("merged: Second")
    }
    #expect(merged.count == 2 && (started.first ?? 0) > (merged.max() ?? .max))
    #expect(diary.contains { $0.contains("approved: Move it (3 parts") })
    let tree = try play.ok("task", "tree", id)
    #expect(tree.contains("\n  ") && tree.contains("done: Last (after "))
  }

  @Test func `a plan that is sent back is planned again, with the reason in the prompt`() throws {
    let play = try playground(Self.three)
    let id = try play.ok("task", "plan", "Move it", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try play.orch("task", "reject", id).exitCode == 64)
    #expect(try play.orch("task", "reject", id, "--why", " ").exitCode == 1)
    try play.ok("task", "reject", id, "--why", "Two parts change src/a")
    #expect(try show(play, id)["status"] == "new")
    try play.ok("run", "--until-idle")
    #expect(try scratch.read("prompt-spec-2").contains("Two parts change src/a"))
    #expect(try show(play, id)["status"] == "needs_review")
    let none = try play.ok("task", "add", "Other", "--label", "no-agent", "--quiet")
    for word in ["approve", "reject"] {
      let wrong = try play.orch("task", word, none, word == "reject" ? "--why=x" : "--quiet")
      #expect(wrong.exitCode == 1 && wrong.errorOutput.contains("no plan"), "\(word)")
    }
  }

  @Test func `a plan of no parts ends the task with its reason, and goes ahead by configuration`()
    throws
  {
    let play = try playground(#"{"status":"done","summary":"","reason":"it is done already"}"#)
    let id = try play.ok("task", "plan", "Move it", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "done")
    #expect(try play.tasks().count == 1)
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "workflow:\n", with: "workflow:\n  auto_approve: true\n"))
    try scratch.write("plan", Self.three)
    try play.ok("task", "plan", "Go ahead", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().count == 5)
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
  }

  @Test(arguments: [
    (
      #"[{"title":"A","labels":["after:2"]},{"title":"B","labels":["after:1"]}]"#,
      "1 after 2 after 1"
    ),
    (#"[{"title":"A","labels":["after:7"]}]"#, "the label 'after:7'"),
    (
      "[" + Array(repeating: #"{"title":"A","body":"b"}"#, count: 400).joined(separator: ",") + "]",
      "has 400 parts, at most 50"
    ),
    ("[]", "no parts and does not say why"),
  ])
  func `a plan that cannot be carried out is told to the next attempt, and makes no task`(
    delegations: String, words: String
  ) throws {
    let play = try playground(
      #"{"status":"done","summary":"s","delegations":\#(delegations)}"#)
    let id = try play.ok("task", "plan", "Move it", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(try play.tasks().count == 1)
    #expect(task["status"] == "blocked", "\(task["reason"]?.string ?? "")")
    #expect(task["attempts"]?.array?.first?["failure"] == "malformed_output")
    #expect(task["attempts"]?.array?.first?["error"]?.string?.contains(words) == true)
    #expect(try scratch.read("prompt-spec-2").contains(words))
  }

  @Test func `a plan is told what other work is changing the same files`() throws {
    try scratch.write("plan", Self.three)
    let agent = Self.plans.replacingOccurrences(
      of: "git add -A",
      with: "[ \"$ORCH_TASK_TITLE\" != Neighbour ] || { mkdir -p src; echo x > src/a; }\ngit add -A"
    )
    let play = try Playground(agent: agent, settings: "forge:\n  merge: never")
    let neighbour = try play.ok("task", "add", "Neighbour", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try show(play, neighbour)["status"] == "in_review")
    let id = try play.ok("task", "plan", "Move it", "--quiet")
    try play.ok("run", "--until-idle")
    let brief = try play.ok("task", "show", id, "--brief")
    #expect(
      brief.contains("changes src/a, which \(neighbour.prefix(6)) is changing now"), "\(brief)")
  }
}
