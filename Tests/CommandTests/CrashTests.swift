import Foundation
import JSON
import TestSupport
import Testing

/// How often the orchestrator is killed: at full size with ORCH_PROVE=1.
private let kills = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 200 : 50

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Killing the orchestrator` {
  let scratch = Scratch.current

  @Test func `at any moment loses nothing and doubles nothing`() async throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let play = try Playground(
      files: ["LINES": (1...400).map { "\($0)\n" }.joined()],
      agent: """
        cat > /dev/null
        echo "$ORCH_TASK_ID $ORCH_ATTEMPT" >> "$HOME/../runs"
        sed "s/^$ORCH_TASK_TITLE\\$/changed $ORCH_TASK_TITLE/" LINES > LINES.new
        mv LINES.new LINES
        git commit -qam "change $ORCH_TASK_TITLE"
        """,
      settings: """
        checks:
          - name: lines
            command: "test $(wc -l < LINES) -eq 400"
        """)
    try play.ok("init")
    var killed = 0
    var next = 1
    while killed < kills {
      // New work keeps coming, so that there is something to interrupt at every kind of step.
      if try play.tasks().allSatisfy({ $0["status"] == "done" }) {
        for _ in 0..<3 {
          try play.ok("task", "add", String(next % 400 + 1))
          next += 7
        }
      }
      let run = try play.start(["run", "--until-idle", "--jobs", "3"])
      _ = await eventually(within: Double.random(in: 0.005...0.45, using: &random)) {
        !run.isRunning
      }
      if run.isRunning { killed += kill(run.processIdentifier, SIGKILL) == 0 ? 1 : 0 }
      run.waitForEnd()
    }
    let fine = try play.orch("run", "--until-idle")
    #expect(fine.exitCode == 0, "seed \(seed): \(fine.errorOutput)")
    try play.ok("run", "--until-idle")
    let tasks = try play.tasks()
    for task in tasks where task["status"] != "done" || task["attempts"]?.array?.count != 1 {
      let story = try play.ok("task", "log", task["id"]?.string ?? "")
      Issue.record("seed \(seed): not done in one attempt: \(task.indentedText)\n\(story)")
    }
    let runs = try scratch.read("runs").split(separator: "\n")
    #expect(Set(runs).count == runs.count, "seed \(seed): an attempt ran twice")
    #expect(runs.count == tasks.count, "seed \(seed)")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    let lines = try scratch.git("show", "origin/main:LINES", in: "repo").split(separator: "\n")
    let changed = Set(tasks.compactMap { $0["title"]?.string })
    for (index, line) in lines.enumerated() {
      let number = String(index + 1)
      #expect(line == (changed.contains(number) ? "changed \(number)" : number), "seed \(seed)")
    }
    #expect(try play.leftovers() == [], "seed \(seed)")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    #expect(try scratch.git("ls-remote", "origin", "refs/heads/orch/*", in: "repo") == "")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `workers go on meanwhile and are taken over by the next one`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo run >> "$HOME/../runs"
        touch "$HOME/../ready"
        while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
        echo x > x
        git add -A
        git commit -qm x
        """)
    let id = try play.ok("task", "add", "Long", "--quiet")
    let first = try play.start(["run"])
    #expect(await eventually { scratch.exists("ready") })
    kill(first.processIdentifier, SIGKILL)
    first.waitForEnd()
    #expect(try play.leftovers().isEmpty == false, "the worker should have gone on")
    let second = try play.start(["run", "--until-idle"])
    try scratch.write("go", "")
    second.waitForEnd()
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done")
    #expect(task["attempts"]?.array?.count == 1)
    #expect(try scratch.read("runs") == "run\n")
    #expect(try play.leftovers() == [])
  }

  @Test func `a worker that was killed with its supervisor is tried again`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo $ORCH_ATTEMPT >> "$HOME/../runs"
        touch "$HOME/../ready"
        [ "$ORCH_ATTEMPT" = 1 ] && exec sleep 300
        echo x > x
        git add -A
        git commit -qm x
        """)
    try play.ok("task", "add", "Long")
    let run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("ready") })
    let supervisors = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap {
      Int32($0)
    }
    .filter { pid in
      let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      let text = String(decoding: data, as: UTF8.self)
      return text.contains("supervise") && text.contains(scratch.path)
    }
    for pid in supervisors { kill(pid, SIGKILL) }
    #expect(!supervisors.isEmpty)
    run.waitForEnd()
    #expect(try play.tasks().first?["status"] == "done")
    #expect(try scratch.read("runs") == "1\n2\n")
  }
}
