import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Routing` {
  let scratch = Scratch.current

  /// Three script agents; `first` answers routing questions with the text of the file `answer`.
  private func playground(_ router: String = "") throws -> Playground {
    let play = try Playground()
    let script = try scratch.write(
      "router.sh",
      """
      #!/bin/sh
      if [ "${ORCH_TASK_KIND:-}" = route ]; then
        cat > "\(scratch["question"])"
        [ ! -e "\(scratch["slow"])" ] || sleep 60
        cat "\(scratch["answer"])"
        exit 0
      fi
      cat > "\(scratch.path)/prompt-$ORCH_TASK_ID"
      echo "$ORCH_TASK_TITLE" > "file-$ORCH_TASK_ID"
      git add -A
      git commit -qm work
      """)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    try scratch.write(
      "repo/.orch.yml",
      """
      agents:
        first: {type: script, command: ["\(script)"], model: small}
        second: {type: script, command: ["\(script)"], model: big}
        absent: {type: script, command: ["/nonexistent/agent"]}
        off: {type: script, command: ["\(script)"], enabled: false}
      router:
        disabled_agents: [claude, codex, opencode]
        agent: first
      \(router)
      model_map:
        complex: {second: huge}
        simple: tiny
      worktrees:
        root: \(scratch["trees"])
      """)
    return play
  }

  private func routed(_ play: Playground, _ arguments: String...) throws -> JSONValue {
    let result = try scratch.run(
      [BuiltProgram.orch, "task", "add", "--quiet"] + arguments, in: "repo")
    let id = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    try play.ok("task", "route", id)
    return try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  @Test func `a router's answer decides, and is recorded with its reason`() throws {
    let play = try playground()
    try scratch.write(
      "repo/skills/swift/SKILL.md",
      "---\nname: swift\ndescription: How we write Swift\n---\nPrefer values.\n")
    try scratch.write(
      "answer",
      """
      Here is my choice:
      ```json
      {"executor": "second", "model": "chosen", "reason": "it knows Swift",
       "profile": {"role": "backend engineer", "constraints": ["no new dependency"]},
       "skills": ["swift"]}
      ```
      """)
    let task = try routed(play, "Work on \"quotes\"")
    #expect(task["agent"] == "second")
    #expect(task["model"] == "chosen")
    #expect(task["profile"]?["role"] == "backend engineer")
    let question = try scratch.read("question")
    #expect(question.contains("first") && question.contains("second"))
    #expect(question.contains("`swift`: How we write Swift"))
    #expect(!question.contains("absent") && !question.contains("off\""))
    let id = try #require(task["id"]?.string)
    let message = try scratch.git("log", "-1", "--format=%B", "refs/orchestrator", in: "repo")
    #expect(message.contains("Orch-Reason: it knows Swift"))
    let prompt = try play.ok("task", "prompt", id)
    #expect(prompt.contains("backend engineer") && prompt.contains("no new dependency"))
    #expect(prompt.contains("Prefer values."))
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().first?["status"] == "done")
  }

  @Test(arguments: [
    "I cannot decide.", "{\"executor\": \"absent\", \"reason\": \"r\"}",
    "{\"executor\": \"nobody\"}", "{\"executor\": 3}", "",
  ])
  func `an answer that is none is passed over, and says so`(answer: String) throws {
    let play = try playground("  fallback_executor: second")
    try scratch.write("answer", answer)
    let task = try routed(play, "Work")
    #expect(task["agent"] == "second")
    let shown = try play.ok("task", "show", task["id"]?.string ?? "")
    #expect(shown.contains("routing failed"), "\(shown)")
  }

  @Test func `a router that takes too long is stopped`() throws {
    let play = try playground("  timeout_seconds: 1\n  fallback_executor: second")
    try scratch.write("slow", "")
    try scratch.write("answer", "{\"executor\": \"first\", \"reason\": \"r\"}")
    #expect(try routed(play, "Work")["agent"] == "second")
    #expect(try play.leftovers() == [])
  }

  @Test func `labels and names go before every router`() throws {
    let play = try playground()
    #expect(try routed(play, "A", "--label", "agent:second")["agent"] == "second")
    #expect(
      try routed(play, "B", "--agent", "first", "--label", "agent:second")["agent"] == "first")
    #expect(!scratch.exists("question"))
    let complex = try routed(play, "C", "--agent", "second", "--label", "complexity:complex")
    #expect(complex["model"] == "huge")
    let other = try routed(play, "D", "--agent", "first", "--label", "complexity:complex")
    #expect(other["model"] == "small")
    let simple = try routed(play, "E", "--agent", "first", "--label", "complexity:simple")
    #expect(simple["model"] == "tiny")
    let asked = try routed(
      play, "F", "--agent", "first", "--model", "mine", "--label", "complexity:simple")
    #expect(asked["model"] == "mine")
  }

  @Test func `agents take turns without any model`() throws {
    let play = try playground("  mode: round_robin")
    let agents = try (1...4).map { try routed(play, "Task \($0)")["agent"]?.string }
    #expect(Set(agents) == ["first", "second"])
    #expect(agents[0] != agents[1] && agents[1] != agents[2])
    #expect(!scratch.exists("question"))
  }

  @Test func `no-agent leaves it to a person, an unknown agent is named`() throws {
    let play = try playground()
    let person = try play.ok("task", "add", "By hand", "--label", "no-agent", "--quiet")
    let unknown = try play.ok("task", "add", "Odd", "--label", "agent:ghost", "--quiet")
    try play.ok("run", "--until-idle")
    let tasks = try play.tasks()
    #expect(tasks.first { $0["id"]?.string == person }?["status"] == "needs_review")
    let odd = tasks.first { $0["id"]?.string == unknown }
    #expect(odd?["status"] == "blocked")
    #expect(odd?["reason"]?.string?.contains("ghost") == true)
  }

  @Test func `an agent that is limited rests, and its task goes to another`() throws {
    let play = try playground("  mode: round_robin")
    let limited = try scratch.write(
      "limited.sh",
      """
      #!/bin/sh
      cat > /dev/null
      echo run >> "\(scratch["limited-runs"])"
      echo '{"type":"failure","kind":"rate_limited","message":"slow down","retry_after":600}'
      exit 1
      """)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: limited)
    let settings = try scratch.read("repo/.orch.yml").replacingOccurrences(
      of: "first: {type: script, command: [\"\(scratch["router.sh"])\"]",
      with: "first: {type: script, command: [\"\(limited)\"]")
    try scratch.write("repo/.orch.yml", settings)
    for number in 1...3 { try play.ok("task", "add", "Task \(number)") }
    try play.ok("run", "--until-idle", "--jobs", "1")
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
    #expect(try scratch.read("limited-runs") == "run\n")
  }
}
