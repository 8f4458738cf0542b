import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Issues on GitHub` {
  let scratch = Scratch.current

  /// Works as long as it is held, then adds a file of its own for each attempt.
  private static let agent = """
    cat > "$HOME/../prompt-$ORCH_ATTEMPT"
    echo $$ > "$HOME/../worker-$ORCH_ATTEMPT"
    while [ -e "$HOME/../hold" ]; do sleep 0.1; done
    echo "$ORCH_ATTEMPT" > "file-$ORCH_ATTEMPT"
    git add -A
    git commit -qm "Attempt $ORCH_ATTEMPT"
    printf '{"status":"done","summary":"added a file"}' > "$ORCH_OUTPUT"
    """

  private func status(_ hub: GitHubPlayground) -> String? {
    (try? hub.play.tasks().first?["status"])?.string
  }

  private func comments(_ hub: GitHubPlayground) throws -> String {
    try hub.state()["issues"]?.array?.first?["comments"]?.strings?.joined(separator: "\n") ?? ""
  }

  private func label(_ hub: GitHubPlayground, _ number: Int, remove: Bool) throws {
    try hub.control([
      "op": "label", "number": .number(number), "name": "orch", "remove": .bool(remove),
    ])
  }

  @Test func `an issue that loses its label stops its task, and has it begun anew when it is back`()
    async throws
  {
    try scratch.write("hold", "")
    let hub = try GitHubPlayground(agent: Self.agent, ci: "true")
    defer { hub.stop() }
    try hub.takeIssues()
    let number = try hub.issue("Paint", labels: ["orch", "blue"])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the worker") { _ in scratch.exists("worker-1") }
    try label(hub, number, remove: true)
    try await hub.wait(for: "the word on the issue") { _ in
      try comments(hub).contains("the label 'orch' was taken from issue #\(number)")
    }
    #expect(status(hub) == "cancelled")
    let worker = try #require(
      Int32(scratch.read("worker-1").trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(await eventually { kill(worker, 0) != 0 })
    // Another label is none of orch's business.
    try hub.control(["op": "label", "number": .number(number), "name": "green"])
    try FileManager.default.removeItem(atPath: scratch["hold"])
    try label(hub, number, remove: false)
    try await hub.wait(for: "the merge") { $0["pulls"]?.array?.first?["state"] == "MERGED" }
    #expect(try hub.pulls().count == 1)
    let said = try hub.play.diary()
    #expect(said.contains { $0.contains("retried: Paint") }, "\(said)")
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `a task whose issue there is not waits for a person at once, who can name another`()
    throws
  {
    let hub = try GitHubPlayground(agent: Self.agent, ci: "true")
    defer { hub.stop() }
    let id = try hub.play.ok("task", "add", "Paint", "--issue", "999", "--quiet")
    try hub.play.ok("run", "--until-idle")
    let stopped = try #require(try hub.play.tasks().first)
    #expect(stopped["status"] == "blocked")
    #expect(stopped["reason"]?.string?.contains("issue #999 is not there") == true, "\(stopped)")
    #expect(stopped["attempts"]?.array?.count == 1)
    #expect(!scratch.exists("worker-1"), "a worker began without the text of its issue")
    let number = try hub.issue("Paint", body: "The fence is to be green.")
    try hub.play.ok("task", "edit", id, "--issue", String(number))
    try hub.play.ok("task", "unblock", id)
    try hub.play.ok("run", "--until-idle")
    #expect(status(hub) == "done")
    #expect(try scratch.read("prompt-2").contains("The fence is to be green."))
    #expect(try hub.pulls().first?["body"]?.string?.contains("Closes #\(number)") == true)
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `a task keeps the issue that it was made of`() throws {
    let hub = try GitHubPlayground(agent: GitHubPlayground.asksForColour, ci: "true")
    defer { hub.stop() }
    try hub.takeIssues()
    let number = try hub.issue("Paint", labels: ["orch"])
    try hub.play.ok("run", "--until-idle")
    let id = try #require(try hub.play.tasks().first?["id"]?.string)
    let other = try hub.play.orch("task", "edit", id, "--issue", "0")
    #expect(other.exitCode == 1)
    #expect(other.errorOutput.contains("was made of issue #\(number)"), "\(other)")
    for wrong in ["-1", "x"] {
      #expect(try hub.play.orch("task", "edit", id, "--issue", wrong).exitCode == 64)
    }
    #expect(try hub.play.orch("task", "add", "None", "--issue", "0").exitCode == 64)
  }

  /// The logins that the first issue, and the first pull request, are assigned to.
  private func assignees(_ hub: GitHubPlayground) throws -> [[String]] {
    let state = try hub.state()
    return ["issues", "pulls"].map { state[$0]?.array?.first?["assignees"]?.strings ?? [] }
  }

  @Test(arguments: [true, false])
  func `an issue is assigned to orch while nobody is at it, and to the owner who must decide`(
    assigns: Bool
  ) async throws {
    let hub = try GitHubPlayground(agent: GitHubPlayground.asksForColour, ci: "true")
    defer { hub.stop() }
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(
        of: "workflow:\n", with: "workflow:\n  review_owner: \"@carol\"\n"))
    try hub.takeIssues()
    if !assigns {
      try scratch.write("repo/.orch.yml", try scratch.read("repo/.orch.yml") + "  assign: false\n")
    }
    let assigned = assigns ? ["orch-bot", "carol"] : []
    let number = try hub.issue("Paint", labels: ["orch"])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    // Nobody asks about a pull request yet: the worker asks before there is one.
    try await hub.wait(for: "the owner") { _ in
      try comments(hub).contains("@carol **orch** waits for a person.")
        && assignees(hub).first == assigned
    }
    #expect(try assignees(hub) == [assigned, []])
    try hub.control(["op": "comment", "number": .number(number), "body": "@orch Paint it blue"])
    try await hub.wait(for: "the merge") { $0["pulls"]?.array?.first?["state"] == "MERGED" }
    #expect(try assignees(hub) == [assigned, []])
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `an issue that is opened again after its task was done has it begun anew`()
    async throws
  {
    let hub = try GitHubPlayground(agent: Self.agent, ci: "true")
    defer { hub.stop() }
    try hub.takeIssues()
    let number = try hub.issue("Paint", labels: ["orch"])
    // The run ends before it could see that the issue is closed.
    try hub.play.ok("run", "--until-idle")
    #expect(status(hub) == "done")
    #expect(try hub.state()["issues"]?.array?.first?["open"]?.bool == false)
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    // Somebody says why, and opens it.
    try hub.control(["op": "comment", "number": .number(number), "body": "The colour is wrong."])
    try hub.control(["op": "issue-state", "number": .number(number), "open": true])
    try await hub.wait(for: "the second merge") { state in
      state["pulls"]?.array?.map { $0["state"]?.string } == ["MERGED", "MERGED"]
    }
    try await hub.wait(for: "the second end") { state in
      state["issues"]?.array?.first?["open"]?.bool == false && status(hub) == "done"
    }
    #expect(try hub.play.tasks().count == 1)
    #expect(try scratch.read("prompt-2").contains("The colour is wrong."))
    #expect(await eventually { (try? hub.play.diary().last?.contains("cleaned up")) == true })
    // Closed while the next round is on its way, it stops that one.
    try scratch.write("hold", "")
    try hub.control(["op": "issue-state", "number": .number(number), "open": true])
    try await hub.wait(for: "the third worker") { _ in scratch.exists("worker-3") }
    try hub.control(["op": "issue-state", "number": .number(number), "open": false])
    #expect(await eventually(within: 60) { status(hub) == "cancelled" })
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `an old list of issues that arrives late begins nothing and stops nothing`()
    async throws
  {
    let hub = try GitHubPlayground(agent: Self.agent, ci: "true")
    defer { hub.stop() }
    try hub.takeIssues()
    try hub.issue("Paint", labels: ["orch"])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the end") { state in
      state["issues"]?.array?.first?["open"]?.bool == false && status(hub) == "done"
    }
    let requests = try hub.state()["requests"]?.int ?? 0
    try hub.control(["op": "fault", "kind": "stale", "match": "/issues?", "times": 6])
    // Something to see, so that the lists are not just 'not changed'.
    for title in ["One", "Two", "Three"] {
      try hub.issue(title)
      let before = try hub.state()["requests"]?.int ?? 0
      try await hub.wait(for: "another look") { $0["requests"]?.int ?? 0 > before }
    }
    try await hub.wait(for: "the looks") { $0["requests"]?.int ?? 0 >= requests + 6 }
    #expect(status(hub) == "done")
    #expect(try hub.pulls().count == 1)
    #expect(try hub.play.tasks().first?["attempts"]?.array?.count == 1)
  }

  @Test
  func `an issue nobody asks orch for says how its task is begun anew when it is opened again`()
    async throws
  {
    let hub = try GitHubPlayground(agent: Self.agent, ci: "true")
    defer { hub.stop() }
    let number = try hub.issue("Paint")
    try hub.play.ok("task", "add", "Paint", "--issue", "\(number)")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the end") { state in
      state["issues"]?.array?.first?["open"]?.bool == false && status(hub) == "done"
    }
    #expect(await eventually { (try? hub.play.diary().last?.contains("cleaned up")) == true })
    try hub.control(["op": "issue-state", "number": .number(number), "open": true])
    try await hub.wait(for: "the word on the issue") { _ in
      try comments(hub).contains("write /retry there")
    }
    #expect(status(hub) == "done")
    try hub.control(["op": "comment", "number": .number(number), "body": "/retry"])
    try await hub.wait(for: "the second merge") { state in
      state["pulls"]?.array?.map { $0["state"]?.string } == ["MERGED", "MERGED"]
    }
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `what is said to orch where it asks is the answer, and lets the task go on`()
    async throws
  {
    let hub = try GitHubPlayground(
      agent: """
        prompt=$(cat)
        case "$prompt" in
        *"take the blue one"*)
          echo blue > colour
          git add -A
          git commit -qm "A colour"
          printf '{"status":"done","summary":"blue"}' > "$ORCH_OUTPUT" ;;
        *) printf '{"status":"needs_review","reason":"Which colour?"}' > "$ORCH_OUTPUT" ;;
        esac
        """, ci: "true")
    defer { hub.stop() }
    try hub.takeIssues()
    let number = try hub.issue("Paint", labels: ["orch"])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the question") { _ in
      let said = try comments(hub)
      return said.contains("Which colour?") && said.contains("`@orch TEXT` answers")
    }
    try hub.control([
      "op": "comment", "number": .number(number), "body": "@orch take the blue one",
    ])
    try await hub.wait(for: "the merge") { $0["pulls"]?.array?.first?["state"] == "MERGED" }
    #expect(try hub.file("colour") == "blue")
    let messages = try JSONValue(parsing: hub.play.ok("msg", "list", "--json"))
    #expect(messages.indentedText.contains("take the blue one"))
    #expect(try hub.state()["problems"]?.strings == [])
  }
}
