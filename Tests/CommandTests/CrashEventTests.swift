import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Killing the orchestrator after each event` {
  let scratch = Scratch.current

  /// The kinds of event that `orch run` writes last in a turn on the way from `new` to `done`.
  ///
  /// A delegation and the making of its children are one turn, which ends with a child.
  private static let kinds: Set<String> = [
    "task.routed", "attempt.started", "attempt.succeeded", "task.created", "task.resumed",
    "pr.opened", "pr.rebased", "pr.conflicted", "pr.green", "pr.failing", "pr.merged",
    "worktree.removed",
  ]
  /// More events than the tasks below need, in case each kill costs a few.
  private static let maximumKills = 400

  private var state: String {
    get throws { try scratch.read("repo/.git/refs/orch/state") }
  }

  /// Starts a run and kills it as soon as it has written one event more; false if it came to its end.
  private func killAfterNextEvent(_ play: Playground) throws -> Bool {
    let before = try state
    let run = try play.start(["run", "--until-idle", "--jobs", "2"])
    while run.isRunning, try state == before { _ = poll(nil, 0, 1) }
    let isKilled = run.isRunning && kill(run.processIdentifier, SIGKILL) == 0
    run.waitForEnd()
    return isKilled
  }

  @Test func `loses nothing and doubles nothing`() throws {
    let agent = BuiltProgram.sourceRoot + "/examples/agents/edit"
    let play = try Playground(
      files: ["LINES": "one\ntwo\n3\n4\n5\nsix\nseven\n", "MODE": "mode: slow\n"],
      agent: "echo \"$ORCH_TASK_ID $ORCH_ATTEMPT\" >> \"$HOME/../runs\"\nexec \(agent)\n",
      settings: """
        checks:
          - name: proof
            command: "test ! -e proof || grep -q ok proof || { echo 'proof: not yet'; exit 1; }"
        """)
    try play.ok("init")
    for directives in [
      "replace LINES two TWO", "replace LINES six SIX",
      "replace MODE mode: slow\nappend MODE fast",
      "append MODE safe", "expect-prompt proof: not yet",
      "delegate Chapter one | BOOK chapter one\ndelegate Chapter two | BOOK chapter two",
    ] {
      let body = "Do this.\n\n```orch-demo\n\(directives)\n```\n"
      try play.ok("task", "add", "Edit", "--body-file", "-", input: body)
    }
    var seen: Set<String> = []
    var kills = 0
    while kills < Self.maximumKills, try killAfterNextEvent(play) {
      kills += 1
      seen.insert(try lastEvent())
    }
    try play.ok("run", "--until-idle")
    #expect(kills > Self.kinds.count && kills < Self.maximumKills)
    #expect(Self.kinds.subtracting(seen) == [], "never killed after these")
    for task in try play.tasks() where task["status"] != "done" {
      let story = try play.ok("task", "log", task["id"]?.string ?? "")
      Issue.record("not done: \(task.indentedText)\n\(story)")
    }
    let runs = try scratch.read("runs").split(separator: "\n")
    #expect(Set(runs).count == runs.count, "an attempt ran twice")
    try expectOneOfEverything(play)
  }

  private func lastEvent() throws -> String {
    let format = "--format=%(trailers:key=Orch-Event,valueonly)"
    return try scratch.git("log", "-1", format, "refs/orch/state", in: "repo")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func expectOneOfEverything(_ play: Playground) throws {
    try scratch.git("fetch", "-q", "origin", in: "repo")
    let file = { (name: String) in try scratch.git("show", "origin/main:\(name)", in: "repo") }
    #expect(try file("LINES") == "one\nTWO\n3\n4\n5\nSIX\nseven")
    #expect(
      Set<Substring>(try file("MODE").split(separator: "\n")) == ["mode: slow", "fast", "safe"])
    #expect(
      Set<Substring>(try file("BOOK").split(separator: "\n")) == ["chapter one", "chapter two"])
    #expect(try file("proof") == "ok")
    #expect(try play.leftovers() == [])
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    #expect(try scratch.git("ls-remote", "origin", "refs/heads/orch/*", in: "repo") == "")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }
}
