import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A full disk` {
  let scratch = Scratch.current

  /// Tasks whose first workers stay, killed together with the run that began them.
  private func prepare(_ count: Int) async throws -> Playground {
    let play = try Playground(
      agent: """
        cat > /dev/null
        touch "$HOME/../ready-$ORCH_TASK_TITLE"
        if [ "$ORCH_ATTEMPT" = 1 ] && [ ! -e "$HOME/../again" ]; then exec sleep 300; fi
        echo x > "$ORCH_TASK_TITLE"
        git add -A
        git commit -qm "$ORCH_TASK_TITLE"
        """)
    for number in 1...count { try play.ok("task", "add", "\(number)") }
    let run = try play.start(["run", "--until-idle", "--jobs", "\(count)"])
    #expect(await eventually { (1...count).allSatisfy { scratch.exists("ready-\($0)") } })
    kill(run.processIdentifier, SIGKILL)
    run.waitForEnd()
    return play
  }

  private func supervisors() throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter {
      let data = FileManager.default.contents(atPath: "/proc/\($0)/cmdline") ?? Data()
      let text = String(decoding: data, as: UTF8.self)
      return text.contains("supervise") && text.contains(scratch.path)
    }
  }

  /// A run for which there is no room in the folders of the workers.
  private func start() throws -> ChildProcess {
    let faults = try #require(try FaultLibrary(in: scratch))
    return try scratch.start(
      [BuiltProgram.orch, "run", "--until-idle"], in: "repo",
      environment: faults.fillingDisk(at: 1, below: scratch["repo/.git/orch/run/"]),
      log: "full.log")
  }

  @Test func `under workers that were killed is said once, and one signal ends the run`()
    async throws
  {
    let play = try await prepare(3)
    for pid in try supervisors() { kill(pid, SIGKILL) }
    #expect(await eventually { (try? play.leftovers().isEmpty) == true })
    let run = try start()
    func reports() throws -> Int {
      try scratch.read("full.log").components(separatedBy: "a disk is full").count - 1
    }
    #expect(try await eventually { try reports() > 0 })
    kill(run.processIdentifier, SIGTERM)
    #expect(await eventually { !run.isRunning })
    let log = try scratch.read("full.log")
    #expect(run.terminationStatus == 130, "\(log)")
    #expect(try reports() == 1, "\(log)")
    // With room again nothing is lost.
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
  }

  @Test func `under a worker that runs does not keep a signal from ending both`() async throws {
    let play = try await prepare(1)
    // This one cannot even be begun, which is said once the run has begun.
    try play.ok("task", "add", "2")
    let run = try start()
    #expect(try await eventually { try scratch.read("full.log").contains("a disk is full") })
    kill(run.processIdentifier, SIGTERM)
    #expect(await eventually { !run.isRunning })
    let log = try scratch.read("full.log")
    #expect(run.terminationStatus == 130, "\(log)")
    #expect(try play.leftovers() == [])
    try scratch.write("again", "")
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
  }

  @Test func `is foretold by the doctor`() throws {
    let play = try Playground()
    try play.ok("init")
    let findings = try #require(JSONValue(parsing: play.orch("doctor", "--json").output).array)
    #expect(findings.contains { $0["finding"]?.string?.contains("free on the disk of") == true })
    let faults = try #require(try FaultLibrary(in: scratch))
    let low = try scratch.run(
      [BuiltProgram.orch, "doctor"], in: "repo",
      environment: faults.environment.merging(["FREE_BYTES": "12345678"]) { $1 })
    #expect(low.exitCode == 1)
    #expect(low.output.contains("BAD  only 12 MB free on the disk of '"), "\(low)")
  }
}
