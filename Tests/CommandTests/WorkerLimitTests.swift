import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `What holds while a worker runs` {
  let scratch = Scratch.current

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  /// A repository whose only agent is a program that stands in for one of orch's types.
  private func standIn(_ type: String, _ body: String, agent: String, settings: String = "") throws
    -> Playground
  {
    let play = try Playground()
    let program = try scratch.write("bin/\(type)", "#!/bin/sh\nset -eu\n" + body)
    guard chmod(program, 0o755) == 0 else { throw POSIXError(.EPERM) }
    let others = ["claude", "codex", "opencode"].filter { $0 != type }.joined(separator: ", ")
    try scratch.write(
      "repo/.orch.yml",
      """
      agents:
        \(type): {program: "\(program)"\(agent)}
      router: {disabled_agents: [\(others)]}
      worktrees: {root: "\(scratch["trees"])"}
      workflow: {grace_seconds: 1}
      \(settings)
      """)
    return play
  }

  @Test func `a question that nobody answers gives its place away, and goes on with the answer`()
    throws
  {
    let play = try Playground(
      agent: """
        cat > "$HOME/../prompt-$ORCH_TASK_TITLE-$ORCH_ATTEMPT"
        if [ "$ORCH_ATTEMPT" = 1 ] && [ "$ORCH_TASK_TITLE" = Ask ]; then
          echo half > half
          echo "half is done" | orch checkpoint -
          orch ask "Red or blue?" --wait
        fi
        echo x > "$ORCH_TASK_TITLE"
        git add -A
        git commit -qm x
        """)
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "workflow:\n", with: "workflow:\n  answer_seconds: 1\n"))
    let id = try play.ok("task", "add", "Ask", "--priority", "9", "--quiet")
    let other = try play.ok("task", "add", "Other", "--quiet")
    try play.ok("run", "--until-idle", "--jobs", "1")
    #expect(try show(play, other)["status"] == "done")
    let waiting = try show(play, id)
    #expect(waiting["status"] == "needs_review", "\(waiting.indentedText)")
    #expect(waiting["reason"]?.string?.contains("Red or blue?") == true)
    #expect(waiting["checkpoint"]?.string?.contains("half is done") == true)
    try play.ok("msg", "answer", id, "1", "Blue")
    try play.ok("run", "--until-idle", "--jobs", "1")
    let done = try show(play, id)
    #expect(done["status"] == "done", "\(done.indentedText)")
    #expect(done["attempts"]?.array?.count == 2)
    let prompt = try scratch.read("prompt-Ask-2")
    #expect(prompt.contains("Blue") && prompt.contains("half is done"))
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(try scratch.git("show", "origin/main:half", in: "repo") == "half")
  }

  private static let claude = """
    for word; do case $word in --resume) echo resumed >> "$HOME/../sessions" ;; esac; done
    cost=0.5
    [ "$ORCH_ATTEMPT" = 1 ] || cost=0.75
    echo '{"type":"system","subtype":"init","session_id":"s-1","model":"m"}'
    if [ "$ORCH_ATTEMPT" = 1 ]; then
      printf '{"status":"in_progress","summary":"half"}' > "$ORCH_OUTPUT"
    else
      echo y > y; git add -A; git commit -qm y
    fi
    echo '{"type":"result","subtype":"success","is_error":false,"result":"said","session_id":"s-1","total_cost_usd":'$cost'}'
    """

  @Test(arguments: [true, false])
  func `a session is gone on with if the agent may, and costs only what is new`(resumes: Bool)
    throws
  {
    let play = try standIn("claude", Self.claude, agent: ", resume: \(resumes)")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    let costs = (task["attempts"]?.array ?? []).map { $0["cost_usd"]?.double }
    #expect(scratch.exists("sessions") == resumes)
    #expect(costs == (resumes ? [0.5, 0.25] : [0.5, 0.75]))
  }

  /// Asks for help with the first attempt, in a session of so many tokens.
  private static let asks = """
    for word; do case $word in --resume) echo resumed >> "$HOME/../sessions" ;; esac; done
    echo '{"type":"system","subtype":"init","session_id":"s-1","model":"m"}'
    if [ "$ORCH_ATTEMPT" = 1 ]; then
      printf '{"status":"needs_review","needs_help":true,"reason":"how?"}' > "$ORCH_OUTPUT"
    else
      echo y > y; git add -A; git commit -qm y
    fi
    usage='{"input_tokens":TOKENS,"output_tokens":1}'
    echo '{"type":"result","subtype":"success","is_error":false,"result":"said","session_id":"s-1","total_cost_usd":0.1,"usage":'$usage'}'
    """

  @Test(arguments: [
    (1_999_999, 0, true), (2_000_000, 0, false), (1, 3500, true),
    (1, 3700, false),
  ])
  func `a session is gone on with only if it is young and small`(
    tokens: Int, later: Int, isResumed: Bool
  ) throws {
    let library = scratch["wrong-clock.so"]
    let source = BuiltProgram.sourceRoot + "/Tests/Faults/wrong-clock.c"
    let made = try scratch.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source])
    try #require(made.exitCode == 0, "\(made)")
    let body = Self.asks.replacingOccurrences(of: "TOKENS", with: String(tokens))
    let play = try standIn("claude", body, agent: ", resume: true")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "needs_review")
    let clock = ["LD_PRELOAD": library, "CLOCK_SKEW": String(later)]
    for words in [["task", "unblock", id], ["run", "--until-idle"]] {
      let result = try scratch.run([BuiltProgram.orch] + words, in: "repo", environment: clock)
      #expect(result.exitCode == 0, "\(words): \(result)")
    }
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(scratch.exists("sessions") == isResumed)
  }

  @Test func `tokens cost what the price table says`() throws {
    let play = try standIn(
      "codex",
      """
      echo '{"type":"thread.started","thread_id":"t"}'
      echo y > y; git add -A; git commit -qm y
      echo '{"type":"item.completed","item":{"type":"agent_message","text":"said"}}'
      echo '{"type":"turn.completed","usage":{"input_tokens":2000,"cached_input_tokens":1000,"output_tokens":100}}'
      """, agent: ", model: gpt",
      settings: "budget: {prices: {gpt: {input: 1000, cached_input: 100, output: 10000}}}")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let attempt = try show(play, id)["attempts"]?.array?.first
    #expect(abs((attempt?["cost_usd"]?.double ?? 0) - 2.1) < 1e-9, "\(String(describing: attempt))")
    #expect(try play.ok("cost").contains("2.1"))
  }

  @Test func `a price holds for the model that the agent says it uses, while it streams`() throws {
    let play = try standIn(
      "claude",
      """
      echo '{"type":"system","subtype":"init","session_id":"s-1","model":"big-20260131"}'
      echo '{"type":"assistant","message":{"id":"m","usage":{"input_tokens":3000,"output_tokens":0}}}'
      exec sleep 300
      """, agent: "", settings: "budget: {usd_per_task: 2, prices: {big: {input: 1000}}}")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(task["reason"]?.string?.contains("budget") == true, "\(task.indentedText)")
    #expect(abs((task["cost_usd"]?.double ?? 0) - 3) < 1e-9, "\(task.indentedText)")
  }

  @Test(arguments: ["agents: {worker: 1}", "models: {big: 1}", "usd_per_day: 1"])
  func `a day's money of an agent or model ends its workers, and keeps what they have`(
    budget: String
  ) async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo half > half
        echo '{"type":"cost","usd":2}'
        exec sleep 300
        """, settings: "budget: {\(budget)}")
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "type: script\n", with: "type: script\n    model: big\n"))
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.start(["run"])
    #expect(
      try await eventually {
        try show(play, id)["attempts"]?.array?.first?["outcome"] == "interrupted"
      })
    let kept = try scratch.git("for-each-ref", "--format=%(refname)", "refs/orch/wip", in: "repo")
    #expect(try scratch.git("show", "\(kept):half", in: "repo") == "half")
    // It is not begun again today.
    try play.ok("task", "add", "Another")
    _ = try play.ok("status")
    #expect(try show(play, id)["attempts"]?.array?.count == 1)
    #expect(try play.ok("run", "--plan").contains("start") == false)
    run.interrupt()
    run.waitForEnd()
  }

  @Test func `a worktree that is too full ends the attempt, and what fills it is not stored`()
    throws
  {
    let play = try Playground(
      agent: """
        cat > "$HOME/../prompt-$ORCH_ATTEMPT"
        [ "$ORCH_ATTEMPT" = 1 ] || { /bin/rm -f big; echo y > y; git add -A; git commit -qm y; exit 0; }
        head -c 30000000 /dev/urandom > big
        exec sleep 300
        """)
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "worktrees:\n", with: "worktrees:\n  quota_mb: 10\n"))
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    let first = task["attempts"]?.array?.first
    #expect(first?["failure"] == "resource_limit")
    #expect(first?["error"]?.string?.contains("10 are allowed") == true)
    #expect(try scratch.read("prompt-2").contains("10 are allowed"))
    let counts = try scratch.git("count-objects", "-v", in: "repo").split(separator: "\n")
    let kilobytes = counts.filter { $0.hasPrefix("size") }
      .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    #expect(kilobytes < 10_000, "\(counts)")
  }

  @Test func `programs are put under the lock without being asked`() throws {
    let slow = try scratch.write(
      "bin/slow",
      "#!/bin/sh\necho start >> '\(scratch["log"])'; sleep 0.3; echo end >> '\(scratch["log"])'\n")
    #expect(chmod(slow, 0o755) == 0)
    let play = try Playground(
      agent: """
        cat > /dev/null
        slow
        orch lock run -- slow
        echo x > "$ORCH_TASK_ID"; git add -A; git commit -qm x
        """)
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(
        of: "workflow:\n", with: "workflow:\n  locked_programs: [slow]\n"))
    for number in 1...3 { try play.ok("task", "add", "Task \(number)") }
    let path = "\(scratch["bin"]):\(scratch.environment["PATH"] ?? "")"
    let run = try scratch.run(
      [BuiltProgram.orch, "run", "--until-idle", "--jobs", "3"], in: "repo",
      environment: ["PATH": path])
    #expect(run.exitCode == 0, "\(run)")
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
    let lines = try scratch.read("log").split(separator: "\n")
    #expect(lines == Array(repeating: ["start", "end"], count: 6).flatMap { $0 })
  }
}
