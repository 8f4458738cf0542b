import Foundation
import JSON
import TestSupport
import Testing

/// Commands before there is anything, after something else, or of what is not there.
@Suite(.scratch, .timeLimit(.minutes(30))) struct `Commands in odd places` {
  let scratch = Scratch.current

  /// Hooks look for the program on the path.
  private var environment: [String: String] {
    ["PATH": (BuiltProgram.orch as NSString).deletingLastPathComponent + ":/usr/bin:/bin"]
  }

  private func orch(_ words: String..., in folder: String) throws -> CommandResult {
    try scratch.run([BuiltProgram.orch] + words, in: folder, environment: environment)
  }

  @Test(arguments: [["hooks", "install"], ["task", "add", "Mine"]])
  func `init takes over what the remote has, also after something was written here`(
    first: [String]
  ) throws {
    let play = try Playground()
    try play.ok("task", "add", "Theirs")
    try play.ok("sync")
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["other"])
    try scratch.write("other/.orch.yml", try scratch.read("repo/.orch.yml"))
    let begun = try scratch.run(
      [BuiltProgram.orch] + first, in: "other", environment: environment)
    #expect(begun.exitCode == 0, "\(begun)")
    #expect(try !orch("task", "list", in: "other").output.contains("Theirs"))
    let set = try orch("init", in: "other")
    #expect(set.exitCode == 0 && set.errorOutput.contains("took over the state"), "\(set)")
    let list = try orch("task", "list", in: "other").output
    #expect(list.contains("Theirs") && list.contains("Mine") == first.contains("Mine"))
    // From then on the machine shares the work, and there is nothing more to take over.
    #expect(try orch("doctor", in: "other").output.contains("the work is shared through 'origin'"))
    #expect(try !orch("init", in: "other").errorOutput.contains("took over"))
  }

  @Test func `nothing is wrong with a bare server, and everything with a bare clone without work`()
    throws
  {
    try scratch.git("init", "-q", "--bare", scratch["server.git"])
    #expect(try orch("hooks", "install", in: "server.git").exitCode == 0)
    let doctor = try orch("doctor", in: "server.git")
    #expect(doctor.exitCode == 0, "\(doctor)")
    #expect(doctor.output.contains("ok   bare, without a remote"), "\(doctor)")
    try scratch.git("remote", "add", "origin", scratch["nowhere.git"], in: "server.git")
    let clone = try orch("doctor", in: "server.git")
    #expect(clone.exitCode == 1 && clone.output.contains("BAD  remote 'origin'"), "\(clone)")
  }

  @Test func `what is not there is called what it would be`() throws {
    let play = try Playground()
    try play.ok("init")
    for (words, kind) in [
      (["lesson", "show", "beef"], "lesson"), (["lesson", "retire", "beef"], "lesson"),
      (["task", "show", "beef"], "task"), (["job", "show", "beef"], "job"),
    ] {
      let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(result.exitCode == 1)
      #expect(result.errorOutput.hasPrefix("error: there is no \(kind) 'beef'\n"), "\(result)")
      #expect(result.errorOutput.contains("hint: run 'orch \(kind) list'"), "\(result)")
    }
  }

  @Test func `an empty list says how it is filled, and what was looked for`() throws {
    let play = try Playground()
    try play.ok("init")
    let empty = try play.orch("task", "list")
    #expect(empty.output == "" && empty.errorOutput == "no tasks yet: orch task add \"…\"\n")
    #expect(try play.ok("task", "list", "--json") == "[]")
    try play.ok("task", "add", "Work")
    let none = try play.orch("task", "list", "--status", "done")
    #expect(none.output == "" && none.errorOutput == "no such tasks\n")
  }

  @Test func `a time before the beginning is said to be one`() throws {
    let play = try Playground()
    try play.ok("task", "add", "Work")
    let early = try play.orch("status", "--at", "2021-01-01T00:00")
    #expect(early.output == "no tasks\n", "\(early)")
    #expect(early.errorOutput == "before the state of this repository began\n")
    let now = try play.orch("status", "--at", "now")
    #expect(now.output.contains("Work") && now.errorOutput.hasPrefix("as of 20"))
  }

  @Test func `what a lesson does is said in words`() throws {
    let play = try Playground()
    try play.ok("lesson", "add", "Run the linter first")
    try play.ok("task", "add", "Work")
    try play.ok("run", "--until-idle")
    #expect(try play.ok("lesson", "list").contains("  100% with it, - without  Run the linter"))
  }

  @Test func `looking at jobs begins no state`() throws {
    let play = try Playground(
      settings: """
        jobs:
          nightly: {schedule: "30 2 * * *", title: Test}
        """)
    #expect(try play.ok("job", "list").contains("nightly"))
    #expect(try play.ok("job", "show", "nightly").contains("30 2 * * *"))
    #expect(try scratch.git("for-each-ref", "refs/orch", in: "repo") == "")
  }

  @Test func `the zone of a schedule stands beside it`() throws {
    let play = try Playground(
      settings: """
        jobs:
          nightly: {schedule: "30 2 * * *", time_zone: Asia/Tokyo, title: Test}
        """)
    try play.ok("job", "add", "@daily", "Look", "--time-zone", "Europe/Berlin")
    let list = try play.ok("job", "list")
    #expect(list.contains("30 2 * * * Asia/Tokyo  next "), "\(list)")
    #expect(list.contains("@daily Europe/Berlin "), "\(list)")
    #expect(try play.ok("job", "show", "nightly").contains("time zone  Asia/Tokyo"))
  }

  @Test(arguments: ["\n", "\r\n"]) func `the seat is told once`(end: String) throws {
    let play = try Playground()
    let id = try play.ok("task", "add", "Work", "--quiet")
    try scratch.write("repo/.orch/seat.md", "- Be kind\(end)")
    let words = ["correct", id, "Ask first", "--seat"]
    for number in 1...2 {
      let result = try scratch.run([BuiltProgram.orch] + words + ["--apply"], in: "repo")
      #expect(result.exitCode == 0)
      #expect(result.errorOutput.contains("says so already") == (number == 2), "\(result)")
    }
    let text = try scratch.read("repo/.orch/seat.md")
    #expect(text == "- Be kind\(end)- Ask first (\(id.prefix(6)))\(end)")
    let patch = try scratch.run([BuiltProgram.orch] + words, in: "repo")
    #expect(patch.output == "" && patch.exitCode == 0, "\(patch)")
  }
}
