import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Everything at once on GitHub` {
  let scratch = Scratch.current

  /// Greets badly first, repairs what CI says, and does what reviewers say; each task has a file of its own.
  private static let agent = """
    prompt=$(cat)
    file=greet-$ORCH_TASK_TITLE.txt
    case "$prompt" in
    *"spell it out"*) echo "hello whole world" > $file ;;
    *"expected: world"*) grep -q world $file || echo "hello world" > $file ;;
    *) [ -e $file ] || echo hello > $file ;;
    esac
    git add -A
    git diff --cached --quiet || git commit -qm "Greet, attempt $ORCH_ATTEMPT"
    printf '{"status":"done","summary":"greets"}' > "$ORCH_OUTPUT"
    """
  private static let ci = """
    for file in greet-*; do
      [ ! -e $file ] || grep -q world $file || { echo 'error: expected: world'; exit 1; }
    done
    """
  private static let kills = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 80 : 14
  private static let faults = ["drop", "drop-after", "truncate", "status", "secondary"]
  private static let titles = ["one", "two"]

  /// What people do between the kills: each thing once for each issue or pull request.
  private struct People {
    let hub: GitHubPlayground
    var reviewed: Set<Int> = []
    var talked: Set<Int> = []
    var pushes = 0

    mutating func act(_ random: inout SeededRandom) throws {
      let state = try hub.state()
      for pull in state["pulls"]?.array ?? [] where pull["state"] == "OPEN" {
        guard let number = pull["number"]?.int, reviewed.insert(number).inserted else { continue }
        let title = pull["title"]?.string ?? ""
        try hub.control([
          "op": "review", "pull": .number(number), "state": "CHANGES_REQUESTED", "body": "Nearly.",
          "path": .string("greet-\(title).txt"), "line": 1, "remark": "spell it out",
        ])
      }
      for issue in state["issues"]?.array ?? [] {
        guard let number = issue["number"]?.int, talked.insert(number).inserted else { continue }
        try hub.control([
          "op": "comment", "number": .number(number), "body": "@orch be brief, please",
        ])
      }
      if Bool.random(using: &random) {
        pushes += 1
        try hub.push("base-\(pushes).txt", "the base moves\n")
      }
    }
  }

  @Test func `reviews, repairs and a moving base come to the same end under faults and kills`()
    async throws
  {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let hub = try GitHubPlayground(agent: Self.agent, ci: Self.ci, merge: "when-approved")
    defer { hub.stop() }
    try hub.takeIssues()
    for title in Self.titles { try hub.issue(title, body: "Greet.", labels: ["orch"]) }
    var people = People(hub: hub)
    for round in 0..<Self.kills {
      try hub.control([
        "op": "fault", "kind": .string(Self.faults.randomElement(using: &random) ?? "drop"),
        "times": .number(Int.random(in: 1...2, using: &random)),
        "after": .number(Int.random(in: 0...12, using: &random)),
      ])
      // Looks that lag behind what was seen and done already.
      for match in ["/pulls?", "/issues?", "mergeStateStatus"] where Bool.random(using: &random) {
        try hub.control([
          "op": "fault", "kind": "stale", "match": .string(match),
          "times": .number(Int.random(in: 1...3, using: &random)),
          "after": .number(Int.random(in: 0...6, using: &random)),
        ])
      }
      let run = try hub.play.start(["run"])
      _ = await eventually(within: Double.random(in: 0.2...4, using: &random)) { !run.isRunning }
      if run.isRunning { kill(run.processIdentifier, SIGKILL) }
      run.waitForEnd()
      if round > 0 { try people.act(&random) }
    }
    try hub.control(["op": "clear"])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await finish(hub, &people, &random, seed)
    run.interrupt()
    run.waitForEnd()
    try expectEnd(hub, "seed \(seed)")
  }

  /// Lets people answer until everything is merged.
  private func finish(
    _ hub: GitHubPlayground, _ people: inout People, _ random: inout SeededRandom, _ seed: UInt64
  ) async throws {
    for title in Self.titles {
      try await hub.wait(for: "the pull request of \(title), seed \(seed)") { state in
        state["pulls"]?.array?.contains { $0["title"]?.string == title } == true
      }
    }
    try people.act(&random)
    try await hub.wait(for: "all answers, seed \(seed)") { state in
      state["pulls"]?.array?.allSatisfy { pull in
        pull["threads"]?.array?.allSatisfy { $0["resolved"]?.bool == true } == true
      } == true
    }
    for pull in try hub.pulls() {
      try hub.control(["op": "review", "pull": pull["number"] ?? 0, "state": "APPROVED"])
    }
    try await hub.wait(for: "all merges, seed \(seed)") { state in
      // Whoever approved a head that a repair moved approves the new one.
      for pull in state["pulls"]?.array ?? [] where pull["state"] == "OPEN" {
        guard pull["checks"]?.strings == ["SUCCESS"] else { continue }
        try hub.control(["op": "review", "pull": pull["number"] ?? 0, "state": "APPROVED"])
      }
      return state["pulls"]?.array?.allSatisfy { $0["state"] == "MERGED" } == true
        && state["branches"]?.strings == ["main"]
    }
    let isDone = await eventually(within: 60) {
      (try? hub.play.tasks().allSatisfy { $0["status"] == "done" }) == true
    }
    let tasks = try hub.play.tasks().map(\.indentedText)
    #expect(isDone, "seed \(seed) \(tasks)")
  }

  /// Nothing was done twice, and nothing was left out.
  private func expectEnd(_ hub: GitHubPlayground, _ seed: String) throws {
    let state = try hub.state()
    let story = "\(seed): \(state.indentedText)"
    let pulls = state["pulls"]?.array ?? []
    #expect(pulls.count == Self.titles.count, "\(story)")
    for pull in pulls {
      for thread in pull["threads"]?.array ?? [] {
        let said = thread["comments"]?.strings ?? []
        #expect(said.count == 2 && said.last?.hasPrefix("Answered in") == true, "\(story)")
      }
    }
    for issue in state["issues"]?.array ?? [] {
      #expect(issue["open"]?.bool == false, "\(story)")
      let comments = issue["comments"]?.strings ?? []
      #expect(comments.count { $0.contains("<!-- orch:status/") } == 1, "\(story)")
      #expect(issue["branches"]?.strings?.count == 1, "\(story)")
    }
    for title in Self.titles {
      #expect(try hub.file("greet-\(title).txt") == "hello whole world", "\(story)")
    }
    #expect(state["problems"]?.strings == [], "\(story)")
    // Every order was heard, and once.
    for task in try hub.play.tasks() {
      let messages = try hub.play.ok("msg", "list", task["id"]?.string ?? "")
      let heard = messages.split(separator: "\n").count { $0.contains("be brief, please") }
      #expect(heard == 1, "\(seed) \(messages)")
    }
    #expect(try hub.play.leftovers() == [])
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }
}
