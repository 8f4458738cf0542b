import Foundation
import Git2
import GitState
import JSON
import Schedules
import TestSupport
import Testing

@testable import Engine

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `orch job` {
  let scratch = Scratch.current

  private func store() async throws -> TaskStore {
    var random = SystemRandomNumberGenerator()
    let state = try StateStore(
      at: scratch["repo"], hostName: "test", identity: .init(name: "o", email: "o@l", seconds: 0),
      clock: { Int(Date().timeIntervalSince1970 * 1000) }, using: &random)
    try await state.initialise()
    return TaskStore(state)
  }

  /// A job of the configuration that was seen in the past, as one is after a while.
  private func seenLongAgo(_ name: String, _ schedule: String) async throws {
    let option = JobOption(
      name: name, schedule: try CronSchedule(schedule), zone: .utc,
      work: .command("", timeoutSeconds: 1))
    let view = JobView(option, id: try JobStore.id(ofConfigured: name), record: nil)
    try await JobStore(try await store()).anchor(view, as: option, now: 1_700_000_000)
  }

  /// A job that was added in the past, as one is after a while.
  private func addLongAgo(_ schedule: String, _ title: String) async throws -> String {
    var random = SystemRandomNumberGenerator()
    let id = RecordID.random(using: &random)
    try await JobStore(try await store()).add(
      NewJob(schedule: schedule, title: title), id: id, author: "test", now: 1_700_000_000_000)
    return id.text
  }

  @Test func `is added, listed, shown, stopped, let go on and removed`() throws {
    let play = try Playground()
    let added = try JSONValue(
      parsing: play.ok(
        "job", "add", "0 3 * * mon", "Look for stale branches", "--label", "chore",
        "--time-zone", "Europe/Berlin", "--jitter", "600", "--json"))
    let id = try #require(added["id"]?.string)
    #expect(added["schedule"] == "0 3 * * mon" && added["enabled"] == true)
    #expect(added["next"]?.string != nil)
    #expect(try play.ok("job", "list").contains("Look for stale branches"))
    try play.ok("job", "disable", String(id.prefix(4)))
    #expect(try play.ok("job", "list").contains("disabled"))
    try play.ok("job", "enable", id)
    #expect(try play.ok("job", "show", id).contains("makes 'Look for stale branches'"))
    try play.ok("job", "remove", id)
    #expect(try JSONValue(parsing: play.ok("job", "list", "--json")).array == [])
    let missing = try play.orch("job", "show", id)
    #expect(missing.exitCode == 1 && missing.errorOutput.contains("there is no job"))
  }

  @Test func `a tick makes the task that is due, once, and orch run does it`() async throws {
    let play = try Playground()
    let id = try await addLongAgo("@daily", "Tidy up")
    for _ in 0..<3 { try play.ok("job", "tick") }
    let tasks = try play.tasks()
    #expect(tasks.map { $0["title"] } == ["Tidy up"])
    #expect(tasks.first?["kind"] == "job" && tasks.first?["job"]?.string == id)
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().map { $0["status"] } == ["done"])
    #expect(try play.ok("job", "show", id).contains("Tidy up"))
  }

  @Test func `orch run fires what is due by itself`() async throws {
    let play = try Playground()
    _ = try await addLongAgo("@daily", "By itself")
    let run = try play.orch("run", "--until-idle")
    #expect(run.exitCode == 0 && run.errorOutput.contains("job 'By itself' made"), "\(run)")
    #expect(try play.tasks().map { $0["status"] } == ["done"])
  }

  @Test func `killed while a command runs, orch begins no second one and learns how it ended`()
    async throws
  {
    let gate = scratch["gate"]
    #expect(try scratch.run(["mkfifo", gate]).exitCode == 0)
    let log = scratch["log"]
    let play = try Playground(
      settings: """
        jobs:
          long:
            schedule: "@daily"
            command: "echo begin >> \(log); cat \(gate) > /dev/null; echo end >> \(log); exit 4"
        """)
    try await seenLongAgo("long", "@daily")
    let run = try play.start(["run"])
    try #require(await eventually { (try? scratch.read("log")) == "begin\n" })
    kill(run.processIdentifier, SIGKILL)
    run.waitForEnd()
    for _ in 0..<3 { try play.ok("job", "tick") }
    #expect(try scratch.read("log") == "begin\n")
    try Data("x".utf8).write(to: URL(fileURLWithPath: gate))
    try #require(await eventually { (try? scratch.read("log")) == "begin\nend\n" })
    let isKnown = try await eventually {
      try play.ok("job", "tick")
      let job = try JSONValue(parsing: play.ok("job", "show", "long", "--json"))
      return job["run"]?["exit_code"] == 4
    }
    #expect(isKnown)
    try play.ok("job", "tick")
    #expect(try scratch.read("log") == "begin\nend\n")
  }

  @Test func `jobs of the configuration are listed, and changed there alone`() throws {
    let play = try Playground(
      settings: """
        jobs:
          nightly:
            schedule: "30 2 * * *"
            time_zone: America/New_York
            title: Update dependencies
          backup:
            schedule: "@hourly"
            command: ./backup
            enabled: false
        """)
    let list = try JSONValue(parsing: play.ok("job", "list", "--json")).array ?? []
    #expect(list.map { $0["name"] } == ["backup", "nightly"])
    #expect(list.first?["command"] == "./backup" && list.first?["enabled"] == false)
    #expect(list.map { $0["time_zone"] } == [nil, "America/New_York"])
    let refused = try play.orch("job", "remove", "nightly")
    #expect(refused.exitCode == 1 && refused.errorOutput.contains("jobs.nightly"), "\(refused)")
    #expect(try play.ok("job", "tick") == "")
    #expect(try play.tasks() == [])
  }

  @Test(arguments: [
    ("0 0 31 2 *", "", "never fires"), ("61 * * * *", "", "minute '61'"),
    ("@fortnightly", "", "none of @annually"), ("* * * *", "", "needs five"),
    ("@daily", "Middle/Earth", "no time zone 'Middle/Earth'"),
  ])
  func `a line that never fires or cannot be read is refused, and named with its place`(
    schedule: String, zone: String, words: String
  ) throws {
    let play = try Playground(
      settings: """
        jobs:
          broken:
            title: x
            schedule: "\(schedule)"
        """ + (zone.isEmpty ? "" : "\n    time_zone: \(zone)"))
    let result = try play.orch("job", "list")
    #expect(result.exitCode == 1, "\(result)")
    #expect(result.errorOutput.contains("jobs.broken."), "\(result)")
    #expect(result.errorOutput.contains(words) && result.errorOutput.contains("line"), "\(result)")
    let added = try Playground.added(schedule, zone: zone, scratch)
    #expect(added.exitCode == 64 && added.errorOutput.contains(words), "\(added)")
  }
}

extension Playground {
  /// Adds a job in a repository whose configuration is in order.
  fileprivate static func added(
    _ schedule: String, zone: String, _ scratch: Scratch
  ) throws -> CommandResult {
    try scratch.repository("plain")
    return try scratch.run(
      [BuiltProgram.orch, "job", "add", schedule, "Title"]
        + (zone.isEmpty ? [] : ["--time-zone", zone]), in: "plain")
  }
}
