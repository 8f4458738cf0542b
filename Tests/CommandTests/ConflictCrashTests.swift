import Foundation
import JSON
import TestSupport
import Testing

/// How often the orchestrator is killed: at full size with ORCH_PROVE=1.
private let kills = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 150 : 30

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized)
struct `Killing the orchestrator among conflicts` {
  let scratch = Scratch.current

  @Test func `leaves every worktree as it was or laid out whole, and loses no line`() async throws {
    let seed = TestSeed.next()
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let agent = BuiltProgram.sourceRoot + "/examples/agents/edit"
    let play = try Playground(
      files: ["LINES": "first\n"],
      agent: "echo \"$ORCH_TASK_ID $ORCH_ATTEMPT\" >> \"$HOME/../runs\"\nexec \(agent)\n")
    try play.ok("init")
    var killed = 0
    var count = 0
    while killed < kills {
      if try play.tasks().allSatisfy({ $0["status"] == "done" }) {
        for _ in 0..<3 {
          count += 1
          let body = "```orch-demo\nappend LINES line \(count)\n```\n"
          try play.ok("task", "add", "Line \(count)", "--body-file", "-", input: body)
        }
      }
      let run = try play.start(["run", "--until-idle", "--jobs", "3"])
      _ = await eventually(within: Double.random(in: 0.01...0.6, using: &random)) {
        !run.isRunning
      }
      if run.isRunning { killed += kill(run.processIdentifier, SIGKILL) == 0 ? 1 : 0 }
      run.waitForEnd()
    }
    try play.ok("run", "--until-idle")
    for task in try play.tasks() where task["status"] != "done" {
      let story = try play.ok("task", "log", task["id"]?.string ?? "")
      Issue.record("seed \(seed): not done: \(task.indentedText)\n\(story)")
    }
    let runs = try scratch.read("runs").split(separator: "\n")
    #expect(Set(runs).count == runs.count, "seed \(seed): an attempt ran twice")
    let lines = try scratch.git("--git-dir", scratch["origin.git"], "show", "main:LINES")
      .split(separator: "\n").map(String.init)
    #expect(lines.sorted() == (["first"] + (1...count).map { "line \($0)" }).sorted())
    #expect(runs.count > count, "seed \(seed): there was no conflict")
    #expect(try play.leftovers() == [], "seed \(seed)")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    #expect(try scratch.git("ls-remote", "origin", "refs/heads/orch/*", in: "repo") == "")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }
}
