import Engine
import Foundation
import GitState
import JSON
import Schedules
import TestSupport
import Testing
import Workflow

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Jobs on a clock set by hand` {
  private let hour = 3600

  @Test func `a job of the configuration counts from when it is first seen`() async throws {
    let rig = try JobRig()
    let machine = try await rig.machine("one", [try rig.making("Tidy", "0 * * * *")])
    #expect(try await machine.turn() == 0)
    rig.clock.seconds += 30 * 60
    #expect(try await machine.turn() == 0)
    rig.clock.seconds += 40 * 60
    #expect(try await machine.turn() == 1)
    #expect(try await machine.turn() == 0)
    let task = try #require(try await machine.tasks.all().values.first)
    #expect(task.title == "Tidy" && task.kind == .job && task.labels == ["nightly"])
    #expect(task.source == .job && task.job != nil)
  }

  @Test func `none is made while the last one is unfinished, blocked included`() async throws {
    let rig = try JobRig()
    let machine = try await rig.machine("one", [try rig.making("Tidy", "0 * * * *")])
    try await machine.turn()
    rig.clock.seconds += hour
    #expect(try await machine.turn() == 1)
    let id = try #require(try await machine.tasks.all().keys.first)
    try await machine.tasks.record(id, TaskChange(.blocked))
    for _ in 0..<5 {
      rig.clock.seconds += hour
      #expect(try await machine.turn() == 0)
    }
    // Of the five that it could not make, one is made up for.
    try await machine.finishTasks()
    #expect(try await machine.turn() == 1)
    try await machine.finishTasks()
    #expect(try await machine.turn() == 0)
  }

  @Test(arguments: [(0, 0), (1, 1), (3, 3)])
  func `after a pause no more is made up for than is configured`(
    catchUp: Int, made: Int
  ) async throws {
    let rig = try JobRig()
    let machine = try await rig.machine(
      "one", [try rig.making("Tidy", "0 * * * *", catchUp: catchUp)])
    try await machine.turn()
    rig.clock.seconds += 240 * hour + 1800
    var count = 0
    for _ in 0..<10 {
      count += try await machine.turn()
      try await machine.finishTasks()
    }
    #expect(count == made)
  }

  @Test func `a schedule that is changed counts from then on`() async throws {
    let rig = try JobRig()
    let machine = try await rig.machine("one", [try rig.making("Tidy", "0 * * * *", catchUp: 9)])
    try await machine.turn()
    rig.clock.seconds += 5 * hour
    let changed = try await rig.machine("one", [try rig.making("Tidy", "* * * * *", catchUp: 9)])
    #expect(try await changed.turn() == 0)
    #expect(try await changed.turn() == 0)
    rig.clock.seconds += 60
    #expect(try await changed.turn() == 1)
  }

  @Test func `two machines with different schedules of one job do not keep each other from it`()
    async throws
  {
    let rig = try JobRig()
    let one = try await rig.machine("one", [try rig.making("Tidy", "0 * * * *")])
    let other = try await rig.machine("other", [try rig.making("Tidy", "30 * * * *")])
    for _ in 0..<3 {
      for machine in [one, other, one] {
        try await machine.turn()
        _ = try await machine.sync.run()
      }
    }
    let tip = try rig.scratch.git("rev-parse", "refs/orch/state", in: "one")
    for machine in [one, other, one, other] {
      try await machine.turn()
      _ = try await machine.sync.run()
    }
    #expect(
      try rig.scratch.git("rev-parse", "refs/orch/state", in: "one") == tip, "nothing to write")
    rig.clock.seconds += hour
    #expect(try await one.turn() == 1)
  }

  @Test func `two machines that never heard of each other make one task of one time`() async throws
  {
    let rig = try JobRig()
    let job = try rig.making("Tidy", "0 * * * *")
    let one = try await rig.machine("one", [job])
    let other = try await rig.machine("other", [job])
    for machine in [one, other] { try await machine.turn() }
    rig.clock.seconds += hour
    for machine in [one, other] { #expect(try await machine.turn() == 1) }
    for machine in [one, other, one] { _ = try await machine.sync.run() }
    for machine in [one, other] { #expect(try await machine.titles() == ["Tidy"]) }
    // What one of them has begun, the other one waits for.
    rig.clock.seconds += hour
    for machine in [one, other] { #expect(try await machine.turn() == 0) }
  }

  @Test func `killed between looking and writing, it fires once`() async throws {
    let rig = try JobRig()
    let job = try rig.making("Tidy", "0 * * * *")
    try await rig.machine("one", [job]).turn()
    rig.clock.seconds += hour
    // Two processes of one machine at the same moment.
    let first = try await rig.machine("one", [job])
    let second = try await rig.machine("one", [job])
    async let left = first.turn()
    async let right = second.turn()
    let counts = try await [left, right]
    #expect(counts.reduce(0, +) == 1)
    #expect(try await first.titles() == ["Tidy"])
  }

  @Test func `a job that was added is the same on all machines, and stops when it is stopped`()
    async throws
  {
    let rig = try JobRig()
    let one = try await rig.machine("one")
    let store = JobStore(one.tasks)
    let id = try #require(RecordID("0123456789ab"))
    try await store.add(
      NewJob(schedule: "0 * * * *", title: "Look"), id: id, author: "ann",
      now: rig.clock.seconds * 1000)
    _ = try await one.sync.run()
    let other = try await rig.machine("other")
    _ = try await other.sync.run()
    rig.clock.seconds += hour
    #expect(try await other.turn() == 1)
    try await other.finishTasks()
    let job = try #require(try await JobStore(other.tasks).all(configured: [], zone: .utc).first)
    try await JobStore(other.tasks).setEnabled(job, false, author: "ann", now: 0)
    rig.clock.seconds += 3 * hour
    #expect(try await other.turn() == 0)
    try await JobStore(other.tasks).setEnabled(
      job, true, author: "ann", now: rig.clock.seconds * 1000)
    #expect(try await other.turn() == 0, "what it missed while it was stopped was not wanted")
    rig.clock.seconds += hour
    #expect(try await other.turn() == 1)
    try await JobStore(other.tasks).remove(job, author: "ann")
    try await other.finishTasks()
    rig.clock.seconds += hour
    #expect(try await other.turn() == 0)
    #expect(try await JobStore(other.tasks).all(configured: [], zone: .utc) == [])
  }

  @Test func `an added job whose schedule means nothing here is shown and never fires`()
    async throws
  {
    let rig = try JobRig()
    let machine = try await rig.machine("one")
    for (digit, schedule) in [("a", "0 0 31 2 *"), ("b", "@fortnightly"), ("c", "0 0 * * *")] {
      var job = NewJob(schedule: schedule, title: "Broken")
      if digit == "c" { job.timeZone = "Middle/Earth" }
      let id = try #require(RecordID(String(repeating: digit, count: 12)))
      try await JobStore(machine.tasks).add(job, id: id, author: "x", now: 0)
    }
    rig.clock.seconds += 240 * hour
    #expect(try await machine.turn() == 0)
    let all = try await JobStore(machine.tasks).all(configured: [], zone: .utc)
    #expect(all.count == 3 && all.allSatisfy { $0.problem != nil && $0.timetable == nil })
  }
}

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Jobs that run commands` {
  private let hour = 3600

  private func log() throws -> [String] {
    let scratch = Scratch.current
    guard scratch.exists("ran") else { return [] }
    return try scratch.read("ran").split(separator: "\n").map(String.init)
  }

  @Test func `a command runs once at its time, and how it ended is kept`() async throws {
    let rig = try JobRig()
    let job = try rig.running(
      "echo \"$ORCH_JOB $ORCH_JOB_TIME\" | tee -a '\(rig.scratch["ran"])'; exit 3", "0 * * * *")
    let machine = try await rig.machine("one", [job])
    try await machine.turn()
    rig.clock.seconds += hour
    for _ in 0..<3 { try await machine.turn() }
    #expect(try log().count == 1)
    let view = try #require(
      try await JobStore(machine.tasks).all(configured: [job], zone: .utc).first)
    #expect(view.lastRun?.exitCode == 3)
    #expect(view.lastRun?.output.hasPrefix("command 2027-") == true)
    rig.clock.seconds += hour
    try await machine.turn()
    #expect(try log().count == 2)
  }

  @Test func `of several machines exactly one runs it, whenever they look`() async throws {
    let rig = try JobRig()
    let job = try rig.running("echo run >> '\(rig.scratch["ran"])'", "0 * * * *")
    var machines: [JobRig.Machine] = []
    for name in ["one", "two", "three"] { machines.append(try await rig.machine(name, [job])) }
    for machine in machines { try await machine.turn() }
    for round in 1...4 {
      rig.clock.seconds += hour
      try await withThrowingTaskGroup { group in
        for machine in machines { group.addTask { try await machine.turn() } }
        try await group.waitForAll()
      }
      // Those that lost look again and find that it was done.
      rig.clock.seconds += 60
      for machine in machines { try await machine.turn() }
      #expect(try log().count == round)
    }
  }

  @Test func `while one machine's command runs no other begins, and is not made up for twice`()
    async throws
  {
    let rig = try JobRig()
    let gate = rig.scratch["gate"]
    #expect(try rig.scratch.run(["mkfifo", gate]).exitCode == 0)
    let job = try rig.running(
      "echo run >> '\(rig.scratch["ran"])'; cat '\(gate)' > /dev/null", "0 * * * *")
    let one = try await rig.machine("one", [job])
    let two = try await rig.machine("two", [job])
    for machine in [one, two] { try await machine.turn() }
    rig.clock.seconds += hour
    try await one.runner.turn(one.options)
    try #require(await eventually { (try? log().count) == 1 })
    // An hour later it still runs: nobody begins another.
    for _ in 0..<3 {
      rig.clock.seconds += hour
      try await one.runner.turn(one.options)
      try await two.turn()
    }
    #expect(try log().count == 1)
    try Data("x".utf8).write(to: URL(fileURLWithPath: gate))
    await one.runner.drain()
    #expect(try log().count == 1)
  }

  @Test func `without its remote nothing runs, and with it again it is made up for`() async throws {
    let rig = try JobRig()
    let job = try rig.running("echo run >> '\(rig.scratch["ran"])'", "0 * * * *")
    let machine = try await rig.machine("one", [job])
    try await machine.turn()
    rig.clock.seconds += hour
    let away = rig.scratch["away.git"]
    try FileManager.default.moveItem(atPath: rig.scratch["origin.git"], toPath: away)
    try await machine.turn()
    #expect(try log() == [])
    try FileManager.default.moveItem(atPath: away, toPath: rig.scratch["origin.git"])
    rig.clock.seconds += 60
    // A program that another thread has just forked may hold the job's lock for an instant: the next turn gets it.
    for _ in 0..<50 where try log().isEmpty { try await machine.turn() }
    #expect(try log().count == 1)
    try await machine.turn()
    #expect(try log().count == 1)
  }

  @Test func `a command that takes too long is stopped`() async throws {
    let rig = try JobRig()
    let job = try rig.running("exec sleep 600", "0 * * * *", seconds: 1)
    let machine = try await rig.machine("one", [job])
    try await machine.turn()
    rig.clock.seconds += hour
    try await machine.turn()
    let view = try await JobStore(machine.tasks).all(configured: [job], zone: .utc).first
    #expect(view?.lastRun != nil && view?.lastRun?.exitCode == nil)
  }

  @Test func `what the state says is never run`() async throws {
    let rig = try JobRig()
    let machine = try await rig.machine("one")
    let id = try #require(RecordID("0123456789ab"))
    let key = RecordKey(.jobs, id)
    let mark = rig.scratch["ran"]
    let event = EventDraft(
      kind: "job.added",
      operations: [
        .set("title", "Evil"), .set("schedule", "* * * * *"), .max("since", 1),
        .set("command", .string("touch '\(mark)'")), .set("work", "command"),
      ])
    _ = try await machine.tasks.state.write(
      Decision(reading: []) { _ in [Change(key: key, event: event, note: nil)] })
    #expect(try await machine.turn() == 1)
    #expect(!rig.scratch.exists("ran"))
  }
}
