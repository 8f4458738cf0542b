import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A write to the state` {
  let scratch = Scratch.current
  /// More steps than any write here has.
  private static let maximumSteps = 200
  /// Every so many steps of a write that joins packs are tried; all with ORCH_PROVE=1.
  private static let strideOfJoins =
    ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 1 : 9
  /// So many small packs stay as they are: the write of one more joins them.
  private static let packsLeftAlone = 31

  private func titles(_ play: Playground) throws -> Set<String> {
    Set(try play.tasks().compactMap { $0["title"]?.string })
  }

  private func add(_ title: String, _ variables: [String: String]) throws -> CommandResult {
    try scratch.run(
      [BuiltProgram.orch, "task", "add", title, "--quiet"], in: "repo", environment: variables)
  }

  /// How a run ends before its time.
  enum Death: CaseIterable { case kill, torn, powerCut }

  @Test(arguments: Death.allCases)
  func `may be killed at every step, and what was acknowledged is there`(death: Death) throws {
    let play = try Playground()
    try play.ok("init")
    let faults = try #require(try FaultLibrary(in: scratch))
    let folder = scratch["repo/.git"]
    // After a power cut, what is acknowledged has to outlive the next one, too.
    let after = death == .powerCut ? faults.cuttingPower(below: folder) : [:]
    var acknowledged: Set<String> = []
    var kills = 0
    for step in 1...Self.maximumSteps {
      let title = "Killed at \(step)"
      let result = try add(
        title,
        death == .powerCut
          ? faults.cuttingPower(at: step, below: folder)
          : faults.killing(at: step, below: folder, torn: death == .torn))
      if result.exitCode == 0 { acknowledged.insert(title) } else { kills += 1 }
      #expect(result.exitCode == 0 || result.exitCode == 137, "step \(step): \(result)")
      let next = "After \(step)"
      let second = try add(next, after)
      #expect(second.exitCode == 0, "step \(step): \(second)")
      acknowledged.insert(next)
      let found = try titles(play)
      #expect(acknowledged.isSubset(of: found), "step \(step): \(acknowledged.subtracting(found))")
      if result.exitCode == 0 { break }
    }
    #expect(kills >= 5 && kills < Self.maximumSteps, "\(kills)")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
    try scratch.git("gc", "--quiet", in: "repo")
    let found = try titles(play)
    #expect(acknowledged.isSubset(of: found))
  }

  @Test func `that joins packs may lose its power at every step, and no event goes`() throws {
    let play = try Playground()
    try play.ok("init")
    let faults = try #require(try FaultLibrary(in: scratch))
    while try packs() < Self.packsLeftAlone {
      try play.ok("task", "add", "Filler", "--quiet")
    }
    _ = try scratch.run(["cp", "-a", scratch["repo"], scratch["before"]])
    let tasks = try play.tasks().count
    var joined = 0
    var isOver = false
    for step in Swift.stride(from: 1, through: Self.maximumSteps, by: Self.strideOfJoins) {
      try FileManager.default.removeItem(atPath: scratch["repo"])
      _ = try scratch.run(["cp", "-a", scratch["before"], scratch["repo"]])
      let cut = try add("Cut", faults.cuttingPower(at: step, below: scratch["repo/.git"]))
      let found = try play.tasks()
      #expect(found.count { $0["title"] == "Filler" } == tasks, "step \(step)")
      #expect(cut.exitCode != 0 || found.contains { $0["title"] == "Cut" }, "step \(step)")
      // The joined pack beside what it is made of, whose removal nothing made durable.
      if try packs() > Self.packsLeftAlone + 1 { joined += 1 }
      isOver = cut.exitCode == 0
      if isOver { break }
      #expect(cut.exitCode == 137, "step \(step): \(cut)")
      try play.ok("task", "add", "After", "--quiet")
      try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
    }
    #expect(isOver && joined > 0, "no packs were joined")
  }

  private func packs() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: scratch["repo/.git/objects/pack"])
      .count { $0.hasSuffix(".idx") }
  }

  @Test func `that finds no space changes nothing, says so, and works again later`() throws {
    let play = try Playground()
    try play.ok("init")
    try play.ok("task", "add", "First", "--quiet")
    let faults = try #require(try FaultLibrary(in: scratch))
    var failures = 0
    for step in 1...Self.maximumSteps {
      let before = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
      let result = try add(
        "Full \(step)", faults.fillingDisk(at: step, below: scratch["repo/.git"]))
      if result.exitCode == 0 { break }
      failures += 1
      #expect(result.exitCode == 1, "\(result)")
      #expect(result.errorOutput.contains("error: "), "\(result)")
      let after = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
      #expect(before == after, "step \(step)")
      let found = try titles(play)
      #expect(found == ["First"], "step \(step)")
    }
    #expect(failures >= 3 && failures < Self.maximumSteps, "\(failures)")
    try play.ok("task", "add", "Second", "--quiet")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test(arguments: [3, 12, 25, 45, 70, 110, 160])
  func `of a whole run that finds no space is said, and nothing is lost or done twice`(
    step: Int
  ) async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo "$ORCH_TASK_ID $ORCH_ATTEMPT" >> "$HOME/../runs"
        echo x > "file-$ORCH_TASK_ID"
        git add -A
        git commit -qm "$ORCH_TASK_TITLE"
        """)
    for title in ["One", "Two"] { try play.ok("task", "add", title, "--quiet") }
    let faults = try #require(try FaultLibrary(in: scratch))
    let run = try scratch.start(
      [BuiltProgram.orch, "run", "--until-idle"], in: "repo",
      environment: faults.fillingDisk(at: step, below: scratch["repo/.git"]), log: "full.log")
    // It ends with an error or, in the middle of work, goes on trying; either way it says why.
    let isSaid = try await eventually {
      try scratch.read("full.log").contains("No space left on device") || !run.isRunning
    }
    #expect(isSaid)
    kill(run.processIdentifier, SIGKILL)
    run.waitForEnd()
    let log = try scratch.read("full.log")
    #expect(run.terminationStatus == 0 || log.contains("No space left on device"), "\(log)")
    try play.ok("run", "--until-idle")
    let tasks = try play.tasks()
    #expect(tasks.allSatisfy { $0["status"] == "done" }, "\(log)\n\(tasks)")
    let attempts = tasks.flatMap { $0["attempts"]?.array ?? [] }
    #expect(attempts.allSatisfy { $0["ended_at"] != nil })
    let runs = try scratch.read("runs").split(separator: "\n")
    #expect(Set(runs).count == runs.count, "an attempt ran twice: \(runs)\n\(log)")
    #expect(try play.leftovers() == [])
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }
}
