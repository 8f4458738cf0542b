import Foundation
import JSON
import TestSupport
import Testing

/// What workers say and ask, and what they have used, through the real binary.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Words of workers` {
  let scratch = Scratch.current

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  /// A playground whose section `workflow` has a line more.
  private func playground(_ line: String, agent: String) throws -> Playground {
    let play = try Playground(agent: agent)
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "workflow:\n", with: "workflow:\n  \(line)\n"))
    return play
  }

  @Test func `do nothing to the terminal that they are shown on`() throws {
    let play = try Playground(
      agent: #"""
        cat > /dev/null
        words=$(printf 'Red\033]0;evil\007 or \033[31mblue\033[0m?\r\302\2332J\342\200\256x')
        orch ask "$words"
        echo "$words"
        printf '{"status":"needs_review","needs_help":true,"reason":"%s"}' 'no\u001b[2Jidea' > "$ORCH_OUTPUT"
        """#)
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.orch("run", "--until-idle")
    var shown = run.output + run.errorOutput
    for command in [
      ["msg", "list"], ["msg", "list", "--new"], ["msg", "list", "--json"], ["status"],
      ["status", "--brief"], ["task", "show", id], ["task", "show", id, "--json"],
      ["task", "list"],
    ] {
      let result = try scratch.run([BuiltProgram.orch] + command, in: "repo")
      #expect(result.exitCode == 0, "\(command): \(result)")
      shown += result.output + result.errorOutput
    }
    #expect(shown.contains("blue"))
    for scalar: Unicode.Scalar in ["\u{1B}", "\u{07}", "\u{0D}", "\u{9B}", "\u{202E}"] {
      #expect(!shown.unicodeScalars.contains(scalar), "\(scalar.value)")
    }
    let text = try play.ok("msg", "list")
    #expect(text.contains("Red␛]0;evil␇ or ␛[31mblue"), "\(text)")
    let json = try JSONValue(parsing: play.ok("msg", "list", "--json"))
    #expect(json.array?.first?["text"]?.string?.unicodeScalars.contains("\u{9B}") == true)
  }

  @Test func `two questions at once: the one without an answer gives the place away`() async throws
  {
    let play = try playground(
      "answer_seconds: 900",
      agent: """
        cat > /dev/null
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          orch ask "First?" --wait --timeout 600 > first &
          while [ ! -e "$ORCH_STATE_DIR/outbox/0001.md" ]; do sleep 0.05; done
          orch ask "Second?" --wait --timeout 600 > second || exit 3
        fi
        git add -A; git commit -qm x --allow-empty
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    #expect(
      try await eventually {
        let list = try play.ok("msg", "list", "--new")
        return list.contains("First?") && list.contains("Second?")
      })
    try play.ok("msg", "answer", id, "1", "One")
    let trees = scratch["trees"]
    #expect(
      await eventually {
        (FileManager.default.subpaths(atPath: trees) ?? []).contains { path in
          path.hasSuffix("/first")
            && (try? String(contentsOfFile: "\(trees)/\(path)", encoding: .utf8))?.hasPrefix("One")
              == true
        }
      })
    // From now on, nobody is waited for: what is left open gives the place away.
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "answer_seconds: 900", with: "answer_seconds: 1"))
    run.waitForEnd()
    let task = try show(play, id)
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(task["reason"]?.string?.contains("Second?") == true)
    try play.ok("msg", "answer", id, "2", "Two")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "done")
  }

  @Test func `an answer to an earlier attempt's question is not taken for that of a new one`()
    async throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          orch ask "Old?"
          printf '{"status":"in_progress","summary":"half"}' > "$ORCH_OUTPUT"
        else
          orch ask "New?" --wait --timeout 60 > answer
          git add -A; git commit -qm x
        fi
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    #expect(try await eventually { try play.ok("msg", "list", "--new").contains("New?") })
    try play.ok("msg", "answer", id, "1", "to the old one")
    let inbox = scratch["trees"]
    #expect(
      await eventually {
        (FileManager.default.subpaths(atPath: inbox) ?? []).contains {
          $0.hasSuffix("inbox/0001.md")
        }
      })
    try play.ok("msg", "answer", id, "2", "to the new one")
    run.waitForEnd()
    #expect(try show(play, id)["status"] == "done")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(try scratch.git("show", "origin/main:answer", in: "repo") == "to the new one")
  }

  @Test func `a task that is edited while its worker runs is told anew with the next attempt`()
    async throws
  {
    let play = try Playground(
      agent: """
        cat > "$HOME/../prompt-$ORCH_ATTEMPT"
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
          printf '{"status":"in_progress","summary":"half"}' > "$ORCH_OUTPUT"
        else
          echo x > x; git add -A; git commit -qm x
        fi
        """)
    let id = try play.ok("task", "add", "Work", "--body", "Use a list.", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("prompt-1") })
    try play.ok("task", "edit", id, "--body", "Use a tree, not a list.")
    try scratch.write("go", "")
    run.waitForEnd()
    #expect(try show(play, id)["status"] == "done")
    #expect(try scratch.read("prompt-1").contains("Use a list."))
    #expect(try scratch.read("prompt-2").contains("Use a tree, not a list."))
  }

  @Test func `a question that a worker did not wait for is no reason to stand still`() async throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          orch ask "By the way?"
          touch "$HOME/../asked"
          exec sleep 300
        fi
        git commit -qm x --allow-empty; echo x > x; git add -A; git commit -qm x
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.start(["run"])
    #expect(await eventually { scratch.exists("asked") })
    #expect(try await eventually { try play.ok("msg", "list").contains("By the way?") })
    run.interrupt()
    run.waitForEnd()
    let task = try show(play, id)
    #expect(task["status"] == "routed", "\(task.indentedText)")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "done")
  }

  @Test func `the two hundred and first message is refused, and what lies beside them is told of`()
    throws
  {
    let play = try Playground(
      agent: #"""
        cat > /dev/null
        echo "$ORCH_ATTEMPT" >> x; git add -A; git commit -qm x
        [ "$ORCH_ATTEMPT" = 1 ] || exit 0
        cd "$ORCH_STATE_DIR/outbox"
        for i in $(seq 1 200); do echo "number $i" > "$(printf '%04d' "$i").md"; done
        orch ask "one more" 2> "$HOME/../said" && exit 9
        echo beyond > 0201.md; echo other > question.txt
        exit 3
        """#)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try scratch.read("said").contains("200"))
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    let listed = try JSONValue(parsing: play.ok("msg", "list", id, "--json"))
    let texts = (listed.array ?? []).compactMap { $0["text"]?.string }
    #expect(texts.filter { $0.hasPrefix("number ") }.count == 200)
    let left = texts.filter { $0.contains("not taken") }
    #expect(
      left == [
        "2 files of the outbox were not taken: an attempt sends at most 200 messages, '0001.md', '0002.md' and so on "
          + "without a gap"
      ], "\(left)")
  }

  @Test func `tokens of a task are counted over all its attempts`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          echo '{"type":"cost","input_tokens":60,"output_tokens":0}'
          printf '{"status":"in_progress","summary":"half"}' > "$ORCH_OUTPUT"
        else
          echo '{"type":"cost","input_tokens":30,"output_tokens":15}'
          sleep 20
          echo x > x; git add -A; git commit -qm x
        fi
        """, settings: "budget: {tokens_per_task: 100}")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] != "done", "\(task.indentedText)")
    #expect(task["attempts"]?.array?.count == 2)
    #expect(task["attempts"]?.array?.last?["failure"] == "budget_exceeded")
  }

  @Test func `that their command waits its turn is seen in the live line`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        orch lock run -- touch turn
        git add -A; git commit -qm x
        """)
    let holder = try play.start([
      "lock", "run", "--", "sh", "-c",
      "touch \(scratch["held"]); until [ -e \(scratch["go"]) ]; do sleep 0.05; done",
    ])
    #expect(await eventually { scratch.exists("held") })
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try scratch.start(
      ["script", "-qec", "'\(BuiltProgram.orch)' run --until-idle", "/dev/null"], in: "repo",
      log: "screen")
    #expect(
      try await eventually {
        try scratch.read("screen").contains("waits for the lock 'build', 1 in line")
      }, "\((try? scratch.read("screen")) ?? "")")
    try scratch.write("go", "")
    holder.waitForEnd()
    run.waitForEnd()
    #expect(try show(play, id)["status"] == "done")
  }
}
