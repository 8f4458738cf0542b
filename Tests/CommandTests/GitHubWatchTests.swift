import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Watching on GitHub` {
  let scratch = Scratch.current

  private func first(_ state: JSONValue) -> JSONValue? { state["pulls"]?.array?.first }

  @Test func `an order is obeyed although its first reading failed`() async throws {
    let hub = try GitHubPlayground(merge: "never")
    defer { hub.stop() }
    try hub.takeIssues()
    let number = try hub.issue("Paint", labels: ["orch"])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the pull request") { $0["pulls"]?.array?.count == 1 }
    try hub.control([
      "op": "fault", "kind": "status", "match": .string("/issues/\(number)/comments"), "times": 4,
    ])
    try hub.control(["op": "comment", "number": .number(number), "body": "/cancel"])
    #expect(
      await eventually(within: 60) { (try? hub.play.tasks().first?["status"]) == "cancelled" })
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `what the merge queue gives back again and again is asked about`() async throws {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    try hub.control(["op": "queue", "uses": true])
    let id = try hub.play.ok("task", "add", "Work", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    // The queue's own checks fail each time.
    let isAsked = try await eventually(within: 90) {
      try hub.control(["op": "queue", "empty": true])
      return (try? hub.play.tasks().first?["status"]) == "needs_review"
    }
    let task = try JSONValue(parsing: hub.play.ok("task", "show", id, "--json"))
    #expect(isAsked, "\(task.indentedText)")
    #expect(task["reason"]?.string?.contains("the merge queue gave it back") == true)
    let queuings = try hub.pulls().first?["queuings"]?.int ?? 0
    #expect((2...5).contains(queuings), "\(queuings)")
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `a base whose checks begin late or are run again is asked again`() async throws {
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        echo "$ORCH_ATTEMPT" > broken
        git add -A
        git commit -qm "attempt $ORCH_ATTEMPT"
        """, ci: "[ ! -e broken ]")
    defer { hub.stop() }
    try hub.control(["op": "base-check"])
    try hub.play.ok("task", "add", "Work", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the failure") { first($0)?["checks"]?.strings == ["FAILURE"] }
    // Late: the base fails too, so nobody repairs the branch.
    try hub.control(["op": "base-check", "result": "FAILURE"])
    let looks = try hub.state()["commit_looks"]?.int ?? 0
    try await hub.wait(for: "another look at the base") {
      $0["commit_looks"]?.int ?? 0 >= looks + 2
    }
    #expect(try hub.play.tasks().first?["attempts"]?.array?.count == 1)
    // Somebody ran it again, and it passes: now it is the branch's fault.
    try hub.control(["op": "base-check", "result": "SUCCESS"])
    let isRepaired = try await eventually(within: 60) {
      try hub.play.tasks().first?["attempts"]?.array?.count ?? 0 > 1
    }
    #expect(isRepaired)
  }

  @Test func `an approval of what was there before the last push approves nothing`() async throws {
    let hub = try GitHubPlayground(ci: "true", merge: "when-approved")
    defer { hub.stop() }
    let id = try hub.play.ok("task", "add", "Work", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the pull request") { $0["pulls"]?.array?.count == 1 }
    let number = try hub.pulls().first?["number"] ?? 0
    try hub.control(["op": "comment", "number": number, "body": "/approve", "seconds_ago": 600])
    let isHeard = await eventually(within: 60) {
      (try? hub.play.diary().contains { $0.contains("not approved: Work") }) == true
    }
    #expect(isHeard)
    #expect(try hub.pulls().first?["state"] == "OPEN")
    try hub.control(["op": "comment", "number": number, "body": "/approve"])
    try await hub.wait(for: "the merge") { first($0)?["state"] == "MERGED" }
    let task = try JSONValue(parsing: hub.play.ok("task", "show", id, "--json"))
    #expect(task["pull_request"]?["state"] == "merged")
  }

  @Test func `an issue that a person closes stops its task, and a merge closes one in peace`()
    async throws
  {
    try scratch.write("hold", "")
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        case "$ORCH_TASK_TITLE" in Stop) while [ -e "$HOME/../hold" ]; do sleep 0.1; done ;; esac
        echo "$ORCH_TASK_TITLE" > "$ORCH_TASK_TITLE"
        git add -A
        git commit -qm "Work"
        """, ci: "true")
    defer { hub.stop() }
    try hub.takeIssues()
    let stopped = try hub.issue("Stop", labels: ["orch"])
    try hub.issue("Go", labels: ["orch"])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the merge") { first($0)?["state"] == "MERGED" }
    try hub.control(["op": "issue-state", "number": .number(stopped), "open": false])
    let isOver = await eventually(within: 60) {
      let states = (try? hub.play.tasks())?.compactMap { $0["status"]?.string }
      return states.map { Set($0) } == ["cancelled", "done"]
    }
    let tasks = try hub.play.tasks().map(\.indentedText)
    #expect(isOver, "\(tasks)")
    #expect(try hub.pulls().count == 1)
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `a member who writes to orch on any issue makes a task of it, if that is wanted`()
    async throws
  {
    let hub = try GitHubPlayground(
      agent: """
        prompt=$(cat)
        case "$prompt" in *"paint it blue"*) echo blue > colour ;; *) echo red > colour ;; esac
        git add -A
        git commit -qm "A colour"
        """, ci: "true")
    defer { hub.stop() }
    let common = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", common + "  mentions: true\n")
    let strange = try hub.issue("Not this one")
    let number = try hub.issue("Paint")
    try hub.control([
      "op": "comment", "number": .number(strange), "body": "@orch me too", "association": "NONE",
    ])
    try hub.control([
      "op": "comment", "number": .number(strange), "body": "> @orch quoted\nI would not.",
    ])
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try hub.control(["op": "comment", "number": .number(number), "body": "@orch paint it blue"])
    try await hub.wait(for: "the merge") { first($0)?["state"] == "MERGED" }
    #expect(try hub.file("colour") == "blue")
    #expect(try hub.play.tasks().map { $0["title"]?.string } == ["Paint"])
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `the doctor asks the forge what orch may do there`() throws {
    let hub = try GitHubPlayground()
    defer { hub.stop() }
    let fine = try hub.play.orch("doctor")
    #expect(fine.output.contains("ok   acme/demo at 127.0.0.1"), "\(fine.output)")
    #expect(fine.output.contains("as 'orch-bot'"))
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", settings + "  merge_method: rebase\n")
    let unoffered = try hub.play.orch("doctor")
    #expect(unoffered.exitCode != 0)
    #expect(unoffered.output.contains("BAD  acme/demo does not offer 'forge.merge_method: rebase'"))
    try scratch.write("repo/.orch.yml", settings + "  repository: acme/gone\n")
    let gone = try hub.play.orch("doctor")
    #expect(gone.output.contains("BAD  the forge: could not read the repository"), "\(gone.output)")
  }

  @Test func `the proxy that the environment names is asked, and not gone around`() throws {
    let proxy = try CannedServer { _ in nil }
    let hub = try GitHubPlayground()
    defer { hub.stop() }
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "api: \(hub.url)", with: "api: https://ghe.invalid/api/v3")
        + "  repository: acme/demo\n")
    let command = ["env", "https_proxy=http://127.0.0.1:\(proxy.port)"]
    let result = try scratch.run(command + [BuiltProgram.orch, "doctor"], in: "repo")
    #expect(proxy.seen.contains { $0.hasPrefix("CONNECT ghe.invalid:443 ") }, "\(result.output)")
  }

  @Test func `an issue of two tasks is closed by the last one`() async throws {
    try scratch.write("hold", "")
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        case "$ORCH_TASK_TITLE" in Late) while [ -e "$HOME/../hold" ]; do sleep 0.1; done ;; esac
        echo "$ORCH_TASK_TITLE" > "$ORCH_TASK_TITLE"
        git add -A
        git commit -qm "Work"
        """, ci: "true")
    defer { hub.stop() }
    let number = try hub.issue("Both")
    for title in ["Early", "Late"] {
      try hub.play.ok("task", "add", title, "--issue", "\(number)")
    }
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the first merge") { state in
      first(state)?["state"] == "MERGED" && state["branches"]?.strings?.count == 2
    }
    #expect(
      await eventually { (try? hub.play.tasks().contains { $0["status"] == "done" }) == true })
    #expect(try hub.state()["issues"]?.array?.first?["open"]?.bool == true)
    try FileManager.default.removeItem(atPath: scratch["hold"])
    try await hub.wait(for: "the end") { $0["issues"]?.array?.first?["open"]?.bool == false }
    #expect(try hub.pulls().map { $0["state"]?.string } == ["MERGED", "MERGED"])
  }

  @Test func `a token that the forge refuses ends a run that has an end`() async throws {
    let hub = try GitHubPlayground(merge: "never")
    defer { hub.stop() }
    try hub.play.ok("task", "add", "Work", "--quiet")
    try hub.play.ok("run", "--until-idle")
    try scratch.git(
      "config", "credential.helper", "!f() { echo username=orch-bot; echo password=bad; }; f",
      in: "repo")
    let result = try hub.play.orch("run", "--until-idle")
    #expect(result.exitCode != 0)
    #expect(result.errorOutput.contains("does not accept the token"), "\(result)")
  }

  @Test func `a token that ends while orch runs costs no attempt, and all goes on with the next`()
    async throws
  {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    try hub.takeIssues()
    func know(_ token: String) throws {
      try scratch.git(
        "config", "credential.helper",
        "!f() { echo username=orch-bot; echo password=\(token); }; f",
        in: "repo")
    }
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try hub.issue("First", labels: ["orch"])
    try await hub.wait(for: "the first merge") { $0["pulls"]?.array?.first?["state"] == "MERGED" }
    try know("bad")
    for match in ["/repos/", "/graphql"] {
      try hub.control([
        "op": "fault", "kind": "status", "status": 401, "match": .string(match), "times": 100_000,
      ])
    }
    let second = try hub.issue("Second")
    try hub.play.ok("task", "add", "Second", "--issue", "\(second)")
    let isSaid = await eventually(within: 60) {
      (try? scratch.read("run.log"))?.contains(
        "what is at the remote cannot be seen: the forge does not accept")
        == true
    }
    #expect(isSaid, "\((try? scratch.read("run.log")) ?? "")")
    try await hub.wait(for: "the attempt, which does not begin") { _ in
      try hub.play.tasks().last?["status"] == "in_progress"
    }
    try hub.control(["op": "clear"])
    try know("good")
    try await hub.wait(for: "the second merge") { state in
      state["pulls"]?.array?.map { $0["state"]?.string } == ["MERGED", "MERGED"]
    }
    #expect(try hub.play.tasks().last?["attempts"]?.array?.count == 1)
    #expect(try !scratch.read("run.log").contains("could not supervise"))
    #expect(try hub.state()["problems"]?.strings == [])
  }
}
