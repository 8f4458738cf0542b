import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Work on GitHub` {
  let scratch = Scratch.current

  /// Greets badly first, repairs when it is shown why, and answers reviews.
  private static let agent = """
    prompt=$(cat)
    printf '%s' "$prompt" > "$HOME/../prompt-$ORCH_ATTEMPT"
    case "$prompt" in
    *"spell it out"*) echo "hello whole world" > greeting.txt ;;
    *"expected: world"*) echo "hello world" > greeting.txt ;;
    *) echo hello > greeting.txt ;;
    esac
    git add -A
    git commit -qm "Greet"
    printf '{"status":"done","summary":"greets, attempt %s"}' "$ORCH_ATTEMPT" > "$ORCH_OUTPUT"
    """

  private func waitFor(
    _ hub: GitHubPlayground, _ what: String, _ condition: (JSONValue) throws -> Bool
  ) async throws {
    let isSo = try await eventually(within: 90) { try condition(try hub.state()) }
    if !isSo {
      let log = (try? scratch.read("run.log")) ?? ""
      Issue.record("\(what) never came: \(try hub.state().indentedText)\n\(log)")
    }
    try #require(isSo)
  }

  @Test func `from an issue to its merge: linked branch, rebase, repair, review`() async throws {
    let hub = try GitHubPlayground(
      agent: Self.agent, ci: GitHubPlayground.greetsWorld, merge: "when-approved")
    defer { hub.stop() }
    let number = try hub.issue("Greet the world", body: "It should say hello.")
    let id = try hub.play.ok("task", "add", "Greet", "--issue", "\(number)", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await waitFor(hub, "the pull request") { $0["pulls"]?.array?.count == 1 }
    let branch = try #require(try hub.pulls().first?["head"]?.string)
    #expect(try hub.state()["issues"]?.array?.first?["branches"]?.strings == [branch])
    #expect(try hub.pulls().first?["body"]?.string?.contains("Closes #\(number)") == true)
    try hub.push("other.txt", "the base moves\n")
    try await waitFor(hub, "a green, rebased head") { state in
      guard state["pulls"]?.array?.first?["checks"]?.strings == ["SUCCESS"] else { return false }
      return (try? hub.file("other.txt", of: branch)) == "the base moves"
    }
    #expect(try scratch.read("prompt-2").contains("expected: world"))
    try hub.control([
      "op": "review", "pull": hub.pulls().first?["number"] ?? 0, "state": "CHANGES_REQUESTED",
      "body": "Nearly.", "path": "greeting.txt", "line": 1, "remark": "spell it out",
    ])
    try await waitFor(hub, "the answer") { state in
      state["pulls"]?.array?.first?["threads"]?.array?.first?["resolved"]?.bool == true
    }
    #expect(try scratch.read("prompt-3").contains("ann at greeting.txt:1"))
    #expect(try hub.file("greeting.txt", of: branch) == "hello whole world")
    try hub.control([
      "op": "review", "pull": hub.pulls().first?["number"] ?? 0, "state": "APPROVED",
    ])
    try await waitFor(hub, "the merge") { state in
      state["pulls"]?.array?.first?["state"] == "MERGED"
        && state["branches"]?.strings == ["main"]
    }
    #expect(await eventually { (try? hub.play.tasks().first?["status"]) == "done" })
    run.interrupt()
    run.waitForEnd()
    let state = try hub.state()
    #expect(state["problems"]?.strings == [])
    #expect(state["issues"]?.array?.first?["open"]?.bool == false)
    #expect(try hub.file("greeting.txt") == "hello whole world")
    let task = try JSONValue(parsing: hub.play.ok("task", "show", id, "--json"))
    #expect(task["attempts"]?.array?.map { $0["purpose"]?.string } == ["work", "repair", "repair"])
    #expect(task["pull_request"]?["state"] == "merged")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    #expect(try hub.play.leftovers() == [])
  }

  /// How often the orchestrator is killed: at full size with ORCH_PROVE=1.
  private static let kills =
    ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 100 : 12
  /// What goes wrong with requests.
  private static let faults = ["drop", "drop-after", "truncate", "status", "secondary"]

  @Test func `faults and kills at any moment lead to the same end, and to nothing twice`()
    async throws
  {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    try hub.takeIssues()
    var numbers: [Int] = []
    for title in ["One", "Two", "Three"] {
      numbers.append(try hub.issue(title, body: "Do it.", labels: ["orch"]))
    }
    try await hub.disturb(Self.kills, Self.faults, using: &random)
    let state = try hub.state()
    let story = "seed \(seed): \(state.indentedText)"
    let pulls = state["pulls"]?.array ?? []
    #expect(pulls.map { $0["state"]?.string } == ["MERGED", "MERGED", "MERGED"], "\(story)")
    #expect(Set(pulls.compactMap { $0["head"]?.string }).count == 3, "\(story)")
    for issue in state["issues"]?.array ?? [] {
      #expect(issue["open"]?.bool == false, "\(story)")
      #expect(issue["comments"]?.strings?.count == 1, "\(story)")
      #expect(issue["branches"]?.strings?.count == 1, "\(story)")
    }
    #expect(state["branches"]?.strings == ["main"], "\(story)")
    #expect(state["problems"]?.strings == [], "\(story)")
    let tasks = try hub.play.tasks()
    #expect(tasks.count == 3)
    for task in tasks {
      #expect(task["status"] == "done", "\(story)")
      #expect(task["attempts"]?.array?.count == 1, "\(story) \(task.indentedText)")
      #expect(try hub.file("file-\(task["id"]?.string ?? "").txt") == task["title"]?.string)
    }
    let merges = try scratch.git(
      "log", "--merges", "--format=%s", "main", in: "hub/acme/demo.git")
    #expect(merges.split(separator: "\n").count == 3, "\(story)")
    #expect(try hub.play.leftovers() == [])
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  @Test func `a worker that waits is heard in the issue, and answered from there while it runs`()
    async throws
  {
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        orch ask "Which colour?" --wait --timeout 80 > colour
        git add -A
        git commit -qm "A colour"
        """)
    defer { hub.stop() }
    try hub.takeIssues()
    let number = try hub.issue("Paint", labels: ["orch"])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await waitFor(hub, "the question") { state in
      state["issues"]?.array?.first?["comments"]?.strings?.first?.contains("> Which colour?")
        == true
    }
    #expect(try hub.play.tasks().first?["status"] == "in_progress")
    try hub.control([
      "op": "comment", "number": .number(number), "body": "@orch Blue, please.",
      "association": "MEMBER", "edited": false,
    ])
    try await waitFor(hub, "the pull request") { $0["pulls"]?.array?.count == 1 }
    run.interrupt()
    run.waitForEnd()
    let task = try #require(try hub.play.tasks().first)
    #expect(task["attempts"]?.array?.count == 1, "\(task.indentedText)")
    let branch = try #require(try hub.pulls().first?["head"]?.string)
    #expect(try hub.file("colour", of: branch) == "Blue, please.")
  }

  @Test func `orders count from those who belong, outside quotes and code`() async throws {
    let hub = try GitHubPlayground(
      agent: GitHubPlayground.asksForColour, merge: "when-approved")
    defer { hub.stop() }
    try hub.takeIssues()
    let number = try hub.issue("Paint", labels: ["orch"])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await waitFor(hub, "the question") { state in
      let issue = state["issues"]?.array?.first
      return issue?["labels"]?.strings?.contains("blocked") == true
        && issue?["comments"]?.strings?.first?.contains("> Which colour?") == true
    }
    func say(_ text: String, _ association: String = "MEMBER", edited: Bool = false) throws {
      try hub.control([
        "op": "comment", "number": .number(number), "body": .string(text),
        "association": .string(association), "edited": .bool(edited),
      ])
    }
    try say("/retry", "NONE")
    try say("/retry", edited: true)
    try say("> /retry\n\n```\n/cancel\n```\nI would not.")
    try say("@orch Paint it blue, please.\n")
    try await waitFor(hub, "the pull request") { $0["pulls"]?.array?.count == 1 }
    let pull = try hub.pulls().first?["number"] ?? 0
    try hub.control(["op": "comment", "number": pull, "body": "Fine.\n/approve"])
    try await waitFor(hub, "the merge") { $0["pulls"]?.array?.first?["state"] == "MERGED" }
    try await waitFor(hub, "the report") { state in
      let issue = state["issues"]?.array?.first
      return issue?["open"]?.bool == false && issue?["labels"]?.strings == ["orch"]
        && issue?["comments"]?.strings?.contains { $0.contains("is done with this") } == true
    }
    run.interrupt()
    run.waitForEnd()
    let task = try #require(try hub.play.tasks().first)
    #expect(task["status"] == "done")
    #expect(task["attempts"]?.array?.count == 2)
    #expect(try hub.state()["problems"]?.strings == [])
    let own = try hub.state()["issues"]?.array?.first?["comments"]?.strings?.filter {
      $0.contains("<!-- orch:status/")
    }
    #expect(own?.count == 1, "one comment, edited in place")
  }
}
