import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Talking with workers` {
  let scratch = Scratch.current

  /// Keeps its prompt beside the repository and adds a file.
  private static let keepsPrompt = """
    cat > "$HOME/../prompt-$ORCH_ATTEMPT"
    cat "$ORCH_STATE_DIR"/inbox/*.md > "$HOME/../inbox-$ORCH_ATTEMPT" 2> /dev/null || true
    echo "$ORCH_ATTEMPT" > "file-$ORCH_ATTEMPT"
    git add -A
    git commit -qm "attempt $ORCH_ATTEMPT"

    """

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  @Test func `a message for a task that does not run is in its next prompt, and then read`() throws
  {
    let play = try Playground(agent: Self.keepsPrompt)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("msg", "send", id, "Use tabs — \"always\"\nand say so")
    #expect(try play.ok("task", "prompt", id).contains("Use tabs — \"always\""))
    try play.ok("run", "--until-idle")
    #expect(try scratch.read("prompt-1").contains("Use tabs — \"always\"\nand say so"))
    let inbox = try scratch.read("inbox-1")
    #expect(inbox.hasPrefix("Id: m-") && inbox.hasSuffix("\n\nUse tabs — \"always\"\nand say so\n"))
    #expect(try !play.ok("task", "prompt", id).contains("Use tabs"))
    let listed = try JSONValue(parsing: play.ok("msg", "list", "--json")).array ?? []
    #expect(listed.count == 1)
    #expect(listed.first?["to"] == "worker")
    #expect(try play.diary().contains { $0.contains("told: Work") })
  }

  @Test func `what a failed worker was told, the next one is told again`() throws {
    let play = try Playground(agent: Self.keepsPrompt + "[ \"$ORCH_ATTEMPT\" = 2 ]\n")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("msg", "send", id, "Mind the gap")
    try play.ok("run", "--until-idle")
    #expect(try scratch.read("prompt-2").contains("Mind the gap"))
    #expect(try scratch.read("inbox-2").contains("Mind the gap"))
    #expect(try show(play, id)["status"] == "done")
  }

  @Test func `a repository that a worker made inside of its own does not stop the next one`() throws
  {
    let play = try Playground(
      agent: """
        cat > "$HOME/../prompt-$ORCH_ATTEMPT"
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          git init -q inner
          git -C inner commit -q --allow-empty -m inner
          echo half > half.txt
          exit 3
        fi
        rm -rf inner
        git add -A
        git commit -qm "All"
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.orch("run", "--until-idle")
    #expect(!(run.output + run.errorOutput).contains("could not"))
    #expect(try show(play, id)["status"] == "done")
    let prompt = try scratch.read("prompt-2")
    #expect(prompt.contains("half.txt"))
  }

  @Test func `a running worker asks, waits, and goes on with the answer`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        "\(BuiltProgram.orch)" ask "Red or blue?" --wait > colour
        git add -A
        git commit -qm "A colour"
        """)
    let id = try play.ok("task", "add", "Paint", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    var question: JSONValue?
    #expect(
      try await eventually {
        question = try JSONValue(parsing: play.ok("msg", "list", "--new", "--json")).array?.first
        return question != nil
      })
    #expect(question?["text"] == "Red or blue?")
    #expect(try play.ok("status").contains("Red or blue?"))
    try play.ok("msg", "answer", id, String(question?["number"]?.int ?? 0), "Blue,\nlike the sky")
    run.waitForEnd()
    #expect(try show(play, id)["status"] == "done")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(try scratch.git("show", "origin/main:colour", in: "repo") == "Blue,\nlike the sky")
    #expect(try play.ok("msg", "list", "--new").hasPrefix("nothing new\n"))
  }

  @Test func `a worker that asks for help is begun again with the answer`() throws {
    let play = try Playground(
      agent: Self.keepsPrompt + """
        [ "$ORCH_ATTEMPT" != 1 ] || printf '%s' \
          '{"status":"needs_review","needs_help":true,"reason":"Which port?"}' > "$ORCH_OUTPUT"
        """)
    let id = try play.ok("task", "add", "Serve", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "needs_review")
    let wrong = try play.orch("msg", "answer", id, "7", "8080")
    #expect(wrong.exitCode == 1 && wrong.errorOutput.contains("orch msg list"))
    try play.ok("msg", "answer", id, "1", "Port 8080")
    #expect(try show(play, id)["status"] == "new")
    let again = try play.orch("msg", "answer", id, "1", "Port 9090")
    #expect(again.exitCode == 1 && again.errorOutput.contains("answered already"))
    #expect(again.errorOutput.contains("Port 8080") && again.errorOutput.contains("orch msg send"))
    #expect(try !play.ok("msg", "list", id).contains("9090"))
    try play.ok("run", "--until-idle")
    #expect(try scratch.read("prompt-2").contains("Port 8080"))
    #expect(try show(play, id)["status"] == "done")
  }

  @Test func `a checkpoint is recorded with the worktree as it stands, while the worker runs`()
    async throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo half > half.txt
        echo "half is written, the rest is not" | "\(BuiltProgram.orch)" checkpoint -
        while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
        git add -A
        git commit -qm "All"
        """)
    let id = try play.ok("task", "add", "Write", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    #expect(
      try await eventually {
        try show(play, id)["checkpoint"] == "half is written, the rest is not\n"
      })
    let kept = try scratch.git("for-each-ref", "--format=%(refname)", "refs/orch/wip", in: "repo")
    #expect(try scratch.git("show", "\(kept):half.txt", in: "repo") == "half")
    try scratch.write("go", "")
    run.waitForEnd()
    #expect(try show(play, id)["status"] == "done")
  }

  @Test func `a result that orch cannot read is refused while it can still be mended`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo '{"status":"finished"}' | "\(BuiltProgram.orch)" report - 2> "$HOME/../refused" && exit 9
        echo x > x
        git add -A
        git commit -qm x
        echo '{"status":"done","summary":"handed in"}' | "\(BuiltProgram.orch)" report -
        """)
    let id = try play.ok("task", "add", "Report", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try scratch.read("refused").contains("needs_review"))
    #expect(try show(play, id)["result"]?["summary"] == "handed in")
    let outside = try play.orch("checkpoint", "x")
    #expect(outside.exitCode == 1 && outside.errorOutput.contains("for a worker"))
  }
}

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Lessons` {
  let scratch = Scratch.current

  @Test func `are told where they apply, with evidence, until they are retired`() throws {
    let play = try Playground()
    let everywhere = try play.ok("lesson", "add", "Run the  linter\nbefore committing", "--quiet")
    try play.ok("lesson", "add", "Snapshots live in ui/", "--scope", "label:ui")
    try play.ok("lesson", "add", "Ask before touching db/", "--scope", "path:db/")
    #expect(
      try play.ok("lesson", "add", "run the linter before committing", "--quiet") == everywhere)
    let plain = try play.ok("task", "add", "Plain", "--quiet")
    let labelled = try play.ok("task", "add", "Labelled", "--label", "ui", "--quiet")
    let path = try play.ok("task", "add", "Move 'db/schema.sql'", "--quiet")
    let prompts = try [plain, labelled, path].map { try play.ok("task", "prompt", $0) }
    #expect(prompts.allSatisfy { $0.contains("Run the linter before committing") })
    #expect(prompts.map { $0.contains("Snapshots live") } == [false, true, false])
    #expect(prompts.map { $0.contains("Ask before") } == [false, false, true])
    try play.ok("run", "--until-idle")
    let shown = try JSONValue(parsing: play.ok("lesson", "show", everywhere, "--json"))
    #expect(Set(shown["told"]?.strings ?? []) == [plain, labelled, path])
    #expect(shown["text"] == "Run the linter before committing")
    try play.ok("lesson", "retire", everywhere, "--why", "a hook does it now")
    let later = try play.ok("task", "add", "Later", "--quiet")
    #expect(try !play.ok("task", "prompt", later).contains("linter"))
    #expect(try !play.ok("lesson", "list").contains("linter"))
    #expect(try play.ok("lesson", "list", "--all").contains("linter"))
    let diary = try play.diary()
    #expect(diary.contains { $0.contains("lesson: Run the linter") })
    #expect(diary.contains { $0.contains("retired: Run the linter") })
  }

  @Test func `a correction is a message and a lesson`() throws {
    let play = try Playground()
    let id = try play.ok("task", "add", "First", "--quiet")
    try play.ok("correct", id, "Never edit generated files", "--scope", "kind:implement")
    #expect(try play.ok("msg", "list", id).contains("Never edit generated files"))
    let other = try play.ok("task", "add", "Second", "--quiet")
    #expect(try play.ok("task", "prompt", other).contains("Never edit generated files"))
    let opposite = try play.orch("lesson", "add", "Always edit generated files")
    #expect(opposite.exitCode == 0 && opposite.errorOutput.contains("says the opposite of"))
    #expect(opposite.errorOutput.contains("orch lesson retire"))
    let wrong = try play.orch("lesson", "add", "x", "--scope", "galaxy")
    #expect(wrong.exitCode == 64 && wrong.errorOutput.contains("path:PREFIX"))
  }
}

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A configuration that changes while orch runs` {
  let scratch = Scratch.current

  @Test func `takes effect, and a broken one is reported and passed over`() async throws {
    let play = try Playground()
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", settings + "\nforge:\n  merge: never\n")
    try play.ok("task", "add", "Work")
    let run = try play.start(["run"])
    #expect(try await eventually { try play.tasks().first?["status"] == "in_review" })
    try scratch.write("repo/.orch.yml", "forge: {merge: sometimes}\n")
    #expect(
      try await eventually { try scratch.read("run.log").contains("last good configuration") })
    #expect(try play.tasks().first?["status"] == "in_review")
    try scratch.write("repo/.orch.yml", settings + "\nforge:\n  merge: when-green\n")
    #expect(try await eventually { try play.tasks().first?["status"] == "done" })
    run.interrupt()
    run.waitForEnd()
  }
}
