import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Reviews on GitHub` {
  let scratch = Scratch.current

  /// Greets badly first; its first repair waits until it may go on, and later ones do what reviewers say.
  private static let agent = """
    prompt=$(cat)
    printf '%s' "$prompt" > "$HOME/../prompt-$ORCH_ATTEMPT"
    case "$prompt" in
    *"use tabs"*) echo "hello tabbed world" > greeting.txt ;;
    *"say goodbye"*) echo "goodbye world" > greeting.txt ;;
    *"expected: world"*)
      touch "$HOME/../repairing"
      while [ -e "$HOME/../hold" ]; do sleep 0.1; done
      echo "hello world" > greeting.txt
      ;;
    *) echo hello > greeting.txt ;;
    esac
    git add -A
    git commit -qm "Greet, attempt $ORCH_ATTEMPT"
    printf '{"status":"done","summary":"did %s @everyone Closes #77"}' "$ORCH_ATTEMPT" > "$ORCH_OUTPUT"
    """

  private func first(_ state: JSONValue) -> JSONValue? { state["pulls"]?.array?.first }

  private func review(_ hub: GitHubPlayground, _ more: [String: JSONValue]) throws {
    let common: [String: JSONValue] = [
      "op": "review", "pull": try hub.pulls().first?["number"] ?? 0,
      "state": "CHANGES_REQUESTED",
    ]
    try hub.control(.object(common.merging(more) { $1 }))
  }

  @Test func `what was said while a worker ran is answered by the next one, which reads it`()
    async throws
  {
    try scratch.write("hold", "")
    let hub = try GitHubPlayground(
      agent: Self.agent, ci: GitHubPlayground.greetsWorld, merge: "when-approved")
    defer { hub.stop() }
    try hub.play.ok("task", "add", "Greet", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the repair") { _ in scratch.exists("repairing") }
    try review(hub, ["path": "greeting.txt", "line": 1, "remark": "use tabs"])
    try FileManager.default.removeItem(atPath: scratch["hold"])
    try await hub.wait(for: "the answer") { state in
      first(state)?["threads"]?.array?.first?["resolved"]?.bool == true
    }
    #expect(try !scratch.read("prompt-2").contains("use tabs"))
    #expect(try scratch.read("prompt-3").contains("use tabs"))
    let said = try hub.pulls().first?["threads"]?.array?.first?["comments"]?.strings ?? []
    #expect(said.count == 2, "\(said)")
    #expect(said.last?.contains("did 3") == true)
    #expect(said.last?.contains("@everyone") == false && said.last?.contains("Closes #") == false)
    // What an agent says pings nobody and closes nothing.
    let body = try hub.pulls().first?["body"]?.string ?? ""
    #expect(!body.contains("@everyone") && !body.contains("Closes #77"))
    let branch = try #require(try hub.pulls().first?["head"]?.string)
    #expect(try hub.file("greeting.txt", of: branch) == "hello tabbed world")
    #expect(try hub.pulls().first?["asked"]?.strings?.contains("ann") == true)
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `a thread whose answer was posted before a fault is resolved after it`() async throws {
    let hub = try GitHubPlayground(agent: Self.agent, merge: "when-approved")
    defer { hub.stop() }
    try hub.play.ok("task", "add", "Greet", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the pull request") { $0["pulls"]?.array?.count == 1 }
    // As often as a request is tried, and once more.
    try hub.control(["op": "fault", "kind": "status", "match": "resolveReviewThread", "times": 5])
    try review(hub, ["path": "greeting.txt", "line": 1, "remark": "use tabs"])
    try await hub.wait(for: "the answer") { state in
      first(state)?["threads"]?.array?.first?["resolved"]?.bool == true
    }
    let said = try hub.pulls().first?["threads"]?.array?.first?["comments"]?.strings ?? []
    #expect(said.count == 2, "\(said)")
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `a review without a thread is answered once, and another one is asked for`()
    async throws
  {
    let hub = try GitHubPlayground(agent: Self.agent, ci: "true", merge: "when-approved")
    defer { hub.stop() }
    try hub.play.ok("task", "add", "Greet", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the pull request") { $0["pulls"]?.array?.count == 1 }
    try review(hub, ["body": "say goodbye"])
    try await hub.wait(for: "the request") { first($0)?["asked"]?.strings == ["ann"] }
    let comments = try hub.pulls().first?["comments"]?.strings ?? []
    #expect(comments.count { $0.contains("@ann Answered in") } == 1, "\(comments)")
    try review(hub, ["state": "APPROVED"])
    try await hub.wait(for: "the merge") { first($0)?["state"] == "MERGED" }
    #expect(try hub.file("greeting.txt") == "goodbye world")
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test(arguments: [false, true])
  func `what workers could not answer goes on when the reviewer approves`(baseMoves: Bool)
    async throws
  {
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        [ -e greeting.txt ] || { echo hello > greeting.txt; git add -A; git commit -qm Greet; }
        printf '{"status":"done","summary":"it is well as it is"}' > "$ORCH_OUTPUT"
        """, ci: "true", merge: "when-approved")
    defer { hub.stop() }
    try hub.play.ok("task", "add", "Greet", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the pull request") { $0["pulls"]?.array?.count == 1 }
    try review(hub, ["path": "greeting.txt", "line": 1, "remark": "use tabs"])
    try await hub.wait(for: "the question") { state in
      first(state)?["comments"]?.strings?.contains {
        $0.contains("changed nothing for the review of ann")
      } == true
    }
    if baseMoves { try hub.push("other.txt", "the base moves\n") }
    try review(hub, ["state": "APPROVED"])
    try await hub.wait(for: "the rebase or the merge") { state in
      if first(state)?["state"] == "MERGED" || !baseMoves { return true }
      return try hub.play.diary().contains { $0.contains("rebased: Greet") }
    }
    // Whoever approved a head that was moved since looks at the new one.
    if baseMoves { try review(hub, ["state": "APPROVED"]) }
    try await hub.wait(for: "the merge") { first($0)?["state"] == "MERGED" }
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `remarks under the account that orch uses are a person's if orch did not write them`()
    async throws
  {
    let hub = try GitHubPlayground(agent: Self.agent, merge: "when-approved")
    defer { hub.stop() }
    try hub.play.ok("task", "add", "Greet", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the pull request") { $0["pulls"]?.array?.count == 1 }
    try review(
      hub,
      [
        "author": "orch-bot", "state": "COMMENTED", "path": "greeting.txt", "line": 1,
        "remark": "use tabs",
      ])
    try await hub.wait(for: "the answer") { state in
      first(state)?["threads"]?.array?.first?["resolved"]?.bool == true
    }
    let branch = try #require(try hub.pulls().first?["head"]?.string)
    #expect(try hub.file("greeting.txt", of: branch) == "hello tabbed world")
  }

  @Test func `a repair worker's question is asked in the pull request, and answered from there`()
    async throws
  {
    let hub = try GitHubPlayground(
      agent: """
        prompt=$(cat)
        case "$ORCH_PURPOSE $prompt" in
        "work "*) echo hello > greeting.txt ;;
        *"Tabs it is"*) echo "hello tabbed world" > greeting.txt ;;
        *)
          printf '{"status":"needs_review","reason":"Tabs or spaces?"}' > "$ORCH_OUTPUT"
          exit 0
          ;;
        esac
        git add -A
        git commit -qm "Greet"
        """, ci: GitHubPlayground.greetsWorld, merge: "when-approved")
    defer { hub.stop() }
    try scratch.write(
      "repo/.orch.yml",
      scratch.read("repo/.orch.yml")
        .replacingOccurrences(of: "workflow:\n", with: "workflow:\n  review_owner: carol\n"))
    let id = try hub.play.ok("task", "add", "Greet", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the question") { state in
      first(state)?["labels"]?.strings == ["needs-review"]
    }
    let number = try hub.pulls().first?["number"] ?? 0
    let asked = try hub.pulls().first?["comments"]?.strings ?? []
    #expect(asked.count == 1, "\(asked)")
    #expect(asked.first?.hasPrefix("@carol ") == true, "\(asked)")
    #expect(asked.first?.contains("Tabs or spaces?") == true, "\(asked)")
    try hub.control(["op": "comment", "number": number, "body": "@orch Tabs it is."])
    try await hub.wait(for: "the answer's work") { state in
      first(state)?["checks"]?.strings == ["SUCCESS"] && first(state)?["labels"]?.strings == []
    }
    let task = try JSONValue(parsing: hub.play.ok("task", "show", id, "--json"))
    #expect(task["attempts"]?.array?.map { $0["purpose"]?.string } == ["work", "repair", "repair"])
    // Asked once, and said once in the diary.
    let questions = try hub.pulls().first?["comments"]?.strings?.count { $0.contains("Tabs or") }
    #expect(questions == 1)
    let diary = try hub.play.ok("log").split(separator: "\n").count { $0.contains("needs review") }
    #expect(diary == 1)
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `what a worker's commits say reaches the base without addressing anybody`()
    async throws
  {
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        echo hello > greeting.txt
        git add -A
        git commit -qm "Greet" -m "Fixes #77 @everyone" -m "Co-authored-by: Ann <ann@example.com>"
        """)
    defer { hub.stop() }
    let id = try hub.play.ok("task", "add", "Greet", "--quiet")
    try hub.play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: hub.play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(task.indentedText)")
    let log = try scratch.git("log", "--format=%B", "main", in: "hub/acme/demo.git")
    #expect(log.contains("Fixes\u{200B} #77 @\u{200B}everyone"), "\(log)")
    #expect(!log.contains("Fixes #77") && !log.contains("@everyone"), "\(log)")
    #expect(log.contains("Co-authored-by: Ann <ann@example.com>\nOrch-Task: "), "\(log)")
  }
}
