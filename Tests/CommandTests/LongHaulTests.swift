import Foundation
import JSON
import TestSupport
import Testing

/// The size of the long haul: at full size with ORCH_PROVE=1.
private let isProof = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1"
private let workers = isProof ? 20 : 6
private let seconds = isProof ? 600.0 : 20.0

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `The long haul` {
  let scratch = Scratch.current

  /// Prints numbered lines, takes a lock now and then, leaves a daemon behind, and crashes in a third of
  /// the attempts that are not its last chance.
  private static let agent = """
    cat > /dev/null
    printf 'begin %s %s\\n' "$ORCH_TASK_ID" "$ORCH_ATTEMPT" >> "$HOME/../runs"
    (setsid sh -c 'trap "" TERM INT HUP; while :; do sleep 1; done' agent.sh > /dev/null 2>&1 &)
    steps=$(cat "$HOME/../steps")
    i=0
    while [ $i -lt "$steps" ]; do
      i=$((i + 1))
      echo "line $i"
      sleep 0.1
      if [ $((i % 20)) = 0 ]; then
        "$ORCH" lock run -- sh -c 'echo held >> "$HOME/../held"; sleep 0.02' 2> /dev/null
      fi
      [ $((i % 50)) != 0 ] || echo "at $i" | "$ORCH" checkpoint -
    done
    crash=$(( ($(printf %s "$ORCH_TASK_ID$ORCH_ATTEMPT" | cksum | cut -d' ' -f1)) % 3 ))
    if [ "$crash" = 0 ] && [ "$ORCH_ATTEMPT" -lt 3 ]; then echo "crash of $ORCH_ATTEMPT" >&2; kill -9 $$; fi
    echo "$ORCH_TASK_ID" > "file-$ORCH_TASK_ID"
    git add -A
    git commit -qm "work of $ORCH_TASK_ID"
    echo "end"
    """

  @Test func `every task ends once, every log is whole, and nothing is left`() async throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let play = try Playground(
      agent: Self.agent.replacingOccurrences(of: "$ORCH\"", with: "\(BuiltProgram.orch)\""))
    // A third of a short run, so that workers end, crash and begin again while the orchestrator dies.
    let steps = Int(seconds / (isProof ? 10 : 4) / 0.1)
    try scratch.write("steps", "\(steps)\n")
    try play.ok("init")
    for number in 1...workers { try play.ok("task", "add", "Task \(number)") }
    let end = Date().addingTimeInterval(seconds)
    var kills = 0
    // By number as well as by time: on a busy machine the time is over before anything was killed.
    while Date() < end || kills < 6 {
      let run = try play.start(["run", "--jobs", String(workers)])
      _ = await eventually(within: Double.random(in: 0.5...4, using: &random)) { !run.isRunning }
      kills += kill(run.processIdentifier, SIGKILL) == 0 ? 1 : 0
      run.waitForEnd()
    }
    try play.ok("run", "--until-idle", "--jobs", String(workers))
    let tasks = try play.tasks()
    #expect(tasks.count == workers)
    var begun: Set<String> = []
    for task in tasks {
      let id = task["id"]?.string ?? ""
      if task["status"] != "done" {
        Issue.record("seed \(seed): \(task.indentedText)\n\(try play.ok("task", "log", id))")
      }
      let attempts = task["attempts"]?.array ?? []
      #expect(attempts.count { $0["outcome"] == "succeeded" } == 1, "seed \(seed)")
      for attempt in attempts {
        begun.insert("begin \(id) \(attempt["number"]?.int ?? 0)")
        let log = try scratch.read(
          "repo/.git/orch/run/\(id)/\(attempt["token"]?.int ?? 0)/output.log")
        let lines = (1...steps).map { "line \($0)" }
        let isWhole = attempt["outcome"] == "succeeded"
        #expect(
          log == (lines + (isWhole ? ["end"] : [])).joined(separator: "\n") + "\n",
          "seed \(seed): the log of \(id), attempt \(attempt["number"]?.int ?? 0)")
      }
    }
    let runs = try scratch.read("runs").split(separator: "\n").map(String.init)
    #expect(Set(runs) == begun && runs.count == begun.count, "seed \(seed): a run too many or few")
    #expect(try play.leftovers() == [], "seed \(seed)")
    #expect(try play.ok("lock", "status") == "", "seed \(seed)")
    let held = try scratch.read("held").split(separator: "\n").count
    #expect(held == runs.count * (steps / 20), "seed \(seed)")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    let files = try scratch.git("ls-tree", "--name-only", "origin/main", in: "repo")
    for task in tasks {
      #expect(files.contains("file-\(task["id"]?.string ?? "")"), "seed \(seed)")
    }
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }
}
