import Foundation
import JSON
import TestSupport
import Testing

/// True with ORCH_REAL_AGENTS=1 and the real programs on PATH: `make test-real`.
private let hasRealAgents = ProcessInfo.processInfo.environment["ORCH_REAL_AGENTS"] == "1"

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized, .enabled(if: hasRealAgents))
struct `Real agent programs under orch` {
  let scratch = Scratch.current

  /// A repository whose only agent is a real program that is told what to do by a script.
  private func playground(_ type: String, _ address: String, _ more: String = "") throws
    -> Playground
  {
    let play = try Playground()
    let agent =
      type == "claude"
      ? """
          claude:
            env:
              ANTHROPIC_BASE_URL: \(address)
              ANTHROPIC_API_KEY: scripted-key
              CLAUDE_CODE_MAX_RETRIES: "0"
      """
      : """
          codex:
            args: ["-c", "model_provider=scripted", "-c", 'model_providers.scripted={name="s",base_url="\(address)/v1",env_key="SCRIPTED_KEY",wire_api="responses",request_max_retries=0,stream_max_retries=0}']
            env:
              SCRIPTED_KEY: key
      """
    try scratch.write(
      "repo/.orch.yml",
      """
      agents:
      \(agent)
      worktrees:
        root: \(scratch["trees"])
      router:
        disabled_agents: [\(type == "claude" ? "codex" : "claude"), opencode]
      \(more)
      """)
    return play
  }

  @Test(arguments: ["claude", "codex"], ["none", "bubblewrap"])
  func `edit, commit, and are merged`(type: String, sandbox: String) throws {
    let server = try ModelServer([
      "work": [
        .run("echo hello > hello.txt"), .run("git add -A && git commit -qm 'Add hello'"),
        .run(#"orch checkpoint "all is written""#), .say("hello.txt is committed."),
      ]
    ])
    let play = try playground(
      type, server.address("work"),
      "sandbox:\n  type: \(sandbox)\n  allowed_hosts: [\"127.0.0.1:\(server.port)\"]\n")
    let id = try play.ok("task", "add", "Add hello", "--agent", type, "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(task.indentedText)")
    let attempt = task["attempts"]?.array?.first
    #expect(attempt?["session_id"]?.string?.isEmpty == false)
    #expect((attempt?["input_tokens"]?.int ?? 0) >= 3000)
    #expect(task["checkpoint"]?.string?.contains("all is written") == true)
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(try scratch.git("show", "origin/main:hello.txt", in: "repo") == "hello")
    #expect(try play.leftovers() == [])
  }

  @Test(arguments: ["claude", "codex"])
  func `with a wrong key make the task wait for a person or another agent`(type: String) throws {
    let server = try ModelServer(["work": [.unauthorised]])
    let play = try playground(type, server.address("work"))
    let id = try play.ok("task", "add", "Add hello", "--agent", type, "--quiet")
    try play.ok("run", "--once")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] != "done")
    let attempts = task["attempts"]?.array ?? []
    #expect(attempts.allSatisfy { $0["failure"] == "authentication" }, "\(task.indentedText)")
  }
}
