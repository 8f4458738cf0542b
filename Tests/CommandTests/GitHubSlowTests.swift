import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A GitHub that does not answer` {
  let scratch = Scratch.current

  /// A request is given up after two minutes (four tries of thirty seconds): whatever waited for it would come later.
  private static let patience: Double = 80

  @Test(arguments: ["/pulls?state=open", "/issues?state=all"])
  func `holds up no worker, no message and no stop`(request: String) async throws {
    let hub = try GitHubPlayground(
      agent: """
        cat > /dev/null
        touch "$HOME/../began-$ORCH_TASK_TITLE"
        if [ "$ORCH_TASK_TITLE" != First ]; then
          until grep -qs hurry "$ORCH_STATE_DIR"/inbox/*.md; do sleep 0.1; done
          touch "$HOME/../ended-$ORCH_TASK_TITLE"
          printf '{"status":"needs_review","reason":"Which one?"}' > "$ORCH_OUTPUT"
          exit 0
        fi
        echo First > first
        git add -A
        git commit -qm "Work"
        """, merge: "never")
    defer { hub.stop() }
    try hub.play.ok("task", "add", "First", "--quiet")
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    try await hub.wait(for: "the pull request") { $0["pulls"]?.array?.count == 1 }
    try hub.control(["op": "fault", "kind": "stall", "match": .string(request), "times": 1000])
    try await hub.wait(for: "a request without an answer") { $0["stalled"]?.int ?? 0 > 0 }
    let id = try hub.play.ok("task", "add", "Second", "--quiet")
    #expect(await eventually(within: Self.patience) { scratch.exists("began-Second") })
    try hub.play.ok("msg", "send", id, "hurry")
    #expect(await eventually(within: Self.patience) { scratch.exists("ended-Second") })
    let third = try hub.play.ok("task", "add", "Third", "--quiet")
    #expect(await eventually(within: Self.patience) { scratch.exists("began-Third") })
    try hub.play.ok("task", "cancel", third)
    run.interrupt()
    #expect(await eventually(within: Self.patience) { !run.isRunning })
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `is waited for by a run that ends when nothing is left to do`() async throws {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    try hub.takeIssues()
    try hub.issue("Paint", labels: ["orch"])
    // The list is cut off at first: what it brings is waited for all the same.
    try hub.control(["op": "fault", "kind": "truncate", "match": "/issues?", "times": 3])
    try hub.play.ok("run", "--until-idle")
    #expect(try hub.play.tasks().map { $0["status"]?.string } == ["done"])
    #expect(try hub.pulls().map { $0["state"]?.string } == ["MERGED"])
    try hub.issue("Polish", labels: ["orch"])
    try hub.play.ok("run", "--once")
    #expect(try hub.play.tasks().count == 2)
  }
}
