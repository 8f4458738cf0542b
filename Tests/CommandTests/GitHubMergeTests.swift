import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Merging on GitHub` {
  let scratch = Scratch.current

  private func first(_ state: JSONValue) -> JSONValue? { state["pulls"]?.array?.first }

  private func settings(_ text: String) throws {
    let common = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", common + text)
  }

  /// Waits until orch says that a task waits, and why; nothing is merged by then.
  private func waits(_ hub: GitHubPlayground, for reason: String) async throws {
    var plan = ""
    let isSaid = try await eventually(within: 60) {
      plan = try hub.play.ok("run", "--plan")
      return plan.contains(reason)
    }
    #expect(isSaid, "\(plan)")
    #expect(try hub.pulls().first?["state"] == "OPEN")
  }

  @Test func `a label that is required is waited for`() async throws {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    try settings("  required_labels: [ready]\n")
    try hub.play.ok("task", "add", "Work", "--quiet")
    try hub.play.ok("run", "--until-idle")
    try await waits(hub, for: "the label 'ready' is missing")
    try hub.control([
      "op": "label", "number": hub.pulls().first?["number"] ?? 0, "name": "ready",
    ])
    try hub.play.ok("run", "--until-idle")
    #expect(try hub.pulls().first?["state"] == "MERGED")
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `nothing is merged in quiet hours`() async throws {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    // All day but for its last minute, and that one.
    try settings("  quiet_hours: [\"00:00-23:59\", \"23:59-00:00\"]\n")
    try hub.play.ok("task", "add", "Work", "--quiet")
    try hub.play.ok("run", "--until-idle")
    try await waits(hub, for: "nothing is merged at this hour")
    let text = try scratch.read("repo/.orch.yml")
    let lines = text.split(separator: "\n").filter { !$0.contains("quiet_hours") }
    try scratch.write("repo/.orch.yml", lines.joined(separator: "\n") + "\n")
    try hub.play.ok("run", "--until-idle")
    #expect(try hub.pulls().first?["state"] == "MERGED")
  }

  @Test(arguments: ["squash", "rebase"]) func `another method makes another history`(
    method: String
  ) async throws {
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        for name in one two; do
          echo $name > $name
          git add -A
          git commit -qm "Add $name"
        done
        printf '{"status":"done","summary":"added two"}' > "$ORCH_OUTPUT"
        """, ci: "true")
    defer { hub.stop() }
    try settings("  merge_method: \(method)\n")
    let id = try hub.play.ok("task", "add", "Work", "--quiet")
    try hub.play.ok("run", "--until-idle")
    let pull = try hub.pulls().first
    #expect(pull?["state"] == "MERGED")
    let subjects = try scratch.git("log", "--format=%s", "main", in: "hub/acme/demo.git")
      .split(separator: "\n").map(String.init)
    #expect(
      subjects.dropLast() == (method == "squash" ? ["Work"] : ["Add two", "Add one"]),
      "\(subjects)")
    #expect(try hub.file("two") == "two")
    // What was merged is a commit that the branch never had.
    #expect(pull?["merged_as"]?.string != pull?["sha"]?.string)
    let task = try JSONValue(parsing: hub.play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done")
    #expect(task["pull_request"]?["merged_as"] == pull?["merged_as"])
    #expect(try hub.state()["branches"]?.strings == ["main"])
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `a failing check that the base does not ask for starts no repair and holds nothing`()
    async throws
  {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    try hub.control(["op": "optional-check", "result": "FAILURE"])
    try hub.play.ok("task", "add", "Work", "--quiet")
    try hub.play.ok("run", "--until-idle")
    #expect(try hub.pulls().first?["state"] == "MERGED")
    #expect(try hub.pulls().first?["checks"]?.strings == ["SUCCESS", "FAILURE"])
    #expect(try hub.play.tasks().first?["attempts"]?.array?.count == 1)
  }

  @Test func `a check of the settings counts although the base does not ask for it`() async throws {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    try settings("  required_checks: [lint]\n")
    try hub.control(["op": "optional-check", "result": "FAILURE"])
    try hub.play.ok("task", "add", "Work", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    let isSeen = await eventually(within: 60) {
      (try? hub.play.diary().contains { $0.hasSuffix("checks failed: Work (lint)") }) == true
    }
    let diary = try hub.play.diary()
    #expect(isSeen, "\(diary)")
    #expect(try hub.pulls().first?["state"] == "OPEN")
  }

  @Test func `a branch that somebody deletes is asked about, and nothing is merged`() async throws {
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        echo "$ORCH_ATTEMPT" > work
        git add -A
        git commit -qm "attempt $ORCH_ATTEMPT"
        """, ci: "true", merge: "never")
    defer { hub.stop() }
    let id = try hub.play.ok("task", "add", "Work", "--quiet")
    try hub.play.ok("run", "--until-idle")
    let branch = try #require(try hub.pulls().first?["head"]?.string)
    try hub.control(["op": "delete-branch", "branch": .string(branch)])
    try hub.play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: hub.play.ok("task", "show", id, "--json"))
    // GitHub closes a pull request whose branch is gone.
    #expect(try hub.pulls().first?["state"] == "CLOSED")
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(task["reason"]?.string?.contains("closed without a merge") == true)
    // The work is not lost: the task goes on with it.
    try hub.play.ok("task", "unblock", id)
    try hub.play.ok("run", "--until-idle")
    #expect(try hub.pulls().map { $0["state"]?.string } == ["CLOSED", "OPEN"])
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `a locked conversation keeps no question from the person`() async throws {
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        echo "$ORCH_ATTEMPT" > broken
        git add -A
        git commit -qm "attempt $ORCH_ATTEMPT"
        """, ci: "[ ! -e broken ]")
    defer { hub.stop() }
    let id = try hub.play.ok("task", "add", "Work", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the pull request") { $0["pulls"]?.array?.count == 1 }
    try hub.control([
      "op": "lock", "number": hub.pulls().first?["number"] ?? 0, "refuses": true,
    ])
    let isAsked = await eventually(within: 180) {
      (try? hub.play.tasks().first?["status"]) == "needs_review"
    }
    let task = try JSONValue(parsing: hub.play.ok("task", "show", id, "--json"))
    #expect(isAsked, "\(task.indentedText)")
    #expect(try hub.play.ok("msg", "list", id).contains("what should be done?"))
    #expect(try hub.pulls().first?["state"] == "OPEN")
  }

  @Test func `a pull request of a fork is nobody's business but its author's`() async throws {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    // A branch of the same name as orch's own would have, in somebody's fork.
    try scratch.git("push", "-q", "origin", "main:refs/heads/feature", in: "repo")
    try hub.push("theirs", "theirs", to: "feature")
    try hub.control(["op": "pull", "head": "feature", "author": "eve", "fork": "eve/demo"])
    try hub.play.ok("task", "add", "Work", "--quiet")
    try hub.play.ok("run", "--until-idle")
    let pulls = try hub.pulls()
    #expect(pulls.map { $0["state"]?.string } == ["OPEN", "MERGED"])
    #expect(pulls.first?["comments"]?.strings == [] && pulls.first?["labels"]?.strings == [])
    #expect(try hub.file("theirs", of: "feature") == "theirs")
    #expect(try hub.state()["problems"]?.strings == [])
  }
}
