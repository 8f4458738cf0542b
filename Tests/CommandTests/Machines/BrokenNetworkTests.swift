import Foundation
import JSON
import TestSupport
import Testing

private let isProof = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1"

@Suite(.scratch, .timeLimit(.minutes(60)), .serialized) struct `Machines on a broken network` {
  let scratch = Scratch.current

  @Test func `merge each task once, however often it is cut and restored`() async throws {
    let count = isProof ? 200 : 5
    var machines = try Machines(agent: "sleep 0.3\n" + Machines.commits)
    for number in 1...count {
      try machines.all[0].ok("task", "add", "Task \(number)", "--quiet")
    }
    try machines.settle()
    let network = try BrokenNetwork(failures: 20, hangs: 3, lostReplies: 15)
    machines.all = machines.all.map { machine in
      var machine = machine
      machine.programs = network.programs
      return machine
    }
    let runs = try machines.all.map { try $0.start("run", "--until-idle", "--jobs", "3") }
    var random = SeededRandom(seed: TestSeed.next())
    while runs.contains(where: \.isRunning) {
      let up = Double.random(in: 6...12, using: &random)
      _ = await eventually(within: up) { !runs.contains(where: \.isRunning) }
      try network.cut()
      _ = await eventually(within: Double.random(in: 0.5...3, using: &random)) {
        !runs.contains(where: \.isRunning)
      }
      try network.restore()
    }
    #expect(
      runs.allSatisfy { $0.terminationStatus == 0 }, "\(machines.all.map { $0.log.suffix(3000) })")
    machines.all = machines.all.map { machine in
      var machine = machine
      machine.programs = nil
      return machine
    }
    // What was lost on the way to the remote in the last moments is brought there, with nobody in the way.
    for machine in machines.all { try machine.ok("run", "--until-idle") }
    try machines.expectAllMergedOnce(count)
  }

  @Test func `keep a worker going while nothing can be reached, and record it later`() async throws
  {
    var machines = try Machines(
      ["one"],
      agent: """
        cat > /dev/null
        touch "$HOME/../started"
        while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
        echo done > file.txt
        git add -A
        git commit -qm done
        """, claimSeconds: 600)
    let network = try BrokenNetwork(failures: 0, hangs: 0, lostReplies: 0)
    machines.all[0].programs = network.programs
    try machines.all[0].ok("task", "add", "Long")
    let run = try machines.all[0].start("run", "--until-idle")
    #expect(
      await eventually(within: 60) { scratch.exists("one/started") }, "\(machines.all[0].log)")
    try network.cut()
    try scratch.write("one/go", "")
    let isRecorded = await eventually(within: 60) {
      (try? machines.all[0].tasks().first?["attempts"]?.array?.first?["outcome"] == "succeeded")
        == true
    }
    #expect(isRecorded, "\(machines.all[0].log)")
    try network.restore()
    run.waitForEnd()
    try machines.expectAllMergedOnce(1)
  }
}
