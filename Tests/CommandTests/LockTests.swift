import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Taking turns` {
  let scratch = Scratch.current

  private func playground(_ settings: String = "") throws -> Playground {
    try Playground(settings: settings)
  }

  private func status(_ play: Playground) throws -> [JSONValue] {
    try JSONValue(parsing: play.ok("lock", "status", "--json")).array ?? []
  }

  /// A command that says that it has begun and goes on until the file `go` is there.
  private func until(_ name: String, _ go: String) -> [String] {
    ["sh", "-c", "touch \(scratch[name]); while [ ! -e \(scratch[go]) ]; do sleep 0.05; done"]
  }

  @Test func `the exit code, the arguments and the standard streams are the command's own`() throws
  {
    let play = try playground()
    let result = try play.orch(
      "lock", "run", "--", "sh", "-c", "cat; echo err >&2; printf '%s|' \"$@\"; exit 7", "x",
      "a b", "--json", "-q", input: "in\n")
    #expect(result.exitCode == 7)
    #expect(result.output == "in\na b|--json|-q|")
    #expect(result.errorOutput == "err\n")
    #expect(try play.orch("lock", "run", "--", "sh", "-c", "kill -9 $$").exitCode == 137)
    let missing = try play.orch("lock", "run", "--", "no-such-program")
    #expect(missing.exitCode == 1 && missing.errorOutput.contains("no-such-program"))
    #expect(try play.orch("lock", "run", "make").exitCode == 64)
    #expect(try play.orch("lock", "run", "a/b", "--", "true").exitCode == 64)
    let help = try play.orch("lock", "run", "--help")
    #expect(
      help.exitCode == 0 && help.output.contains("orch lock run gpu --timeout 600"), "\(help)")
    #expect(try play.ok("lock", "run", "--", "printf", "%s", "--help") == "--help")
  }

  @Test func `one after the other, in the order in which they came`() async throws {
    let play = try playground()
    let first = try play.start(["lock", "run", "--"] + until("held", "go"))
    #expect(await eventually { scratch.exists("held") })
    var waiters: [ChildProcess] = []
    for number in 1...4 {
      waiters.append(
        try play.start(["lock", "run", "--", "sh", "-c", "echo \(number) >> \(scratch["order"])"]))
      #expect(try await eventually { try status(play).count == number + 1 })
    }
    #expect(!scratch.exists("order"))
    #expect(
      try status(play).map { $0["state"] } == ["held"] + Array(repeating: "waiting", count: 4))
    try scratch.write("go", "")
    for process in [first] + waiters { process.waitForEnd() }
    #expect(try scratch.read("order") == "1\n2\n3\n4\n")
    #expect(try status(play).isEmpty)
  }

  @Test func `a counted lock lets so many in and no more`() async throws {
    let play = try playground("locks: {gpu: 2}")
    let holders = try ["one", "two"].map {
      try play.start(["lock", "run", "gpu", "--"] + until($0, "go"))
    }
    #expect(await eventually { scratch.exists("one") && scratch.exists("two") })
    let late = try play.orch("lock", "run", "gpu", "--timeout", "0", "--", "true")
    let early = try play.orch("lock", "run", "--timeout", "0", "gpu", "--", "true")
    #expect(late.exitCode == 75, "\(late)")
    #expect(early.exitCode == 75, "\(early)")
    #expect(early.errorOutput.contains("orch lock status"))
    #expect(try play.orch("lock", "run", "gpu", "--timeout", "soon", "--", "true").exitCode == 64)
    #expect(try play.orch("lock", "run", "gpu", "--timeout=0", "--", "true").exitCode == 75)
    try scratch.write("go", "")
    for process in holders { process.waitForEnd() }
    #expect(try play.orch("lock", "run", "gpu", "--", "true").exitCode == 0)
  }

  @Test func `the lock of a killed holder is free, and its command ends with it`() async throws {
    let play = try playground()
    let holder = try play.start(["lock", "run", "--"] + until("held", "never"))
    #expect(await eventually { scratch.exists("held") })
    let waiter = try play.start(["lock", "run", "--", "touch", scratch["turn"]])
    #expect(try await eventually { try status(play).count == 2 })
    kill(holder.processIdentifier, SIGKILL)
    holder.waitForEnd()
    waiter.waitForEnd()
    #expect(scratch.exists("turn"))
    #expect(try status(play).isEmpty)
    try play.ok("lock", "clear")
  }

  @Test func `what a killed holder left is taken away, and said`() async throws {
    let play = try playground()
    let holder = try play.start(["lock", "run", "--"] + until("held", "never"))
    #expect(await eventually { scratch.exists("held") })
    kill(holder.processIdentifier, SIGKILL)
    holder.waitForEnd()
    let cleared = try play.orch("lock", "clear")
    #expect(
      cleared.errorOutput.contains(
        "the lock 'build' was left by process \(holder.processIdentifier), which is gone"),
      "\(cleared)")
    #expect(try play.orch("lock", "clear").errorOutput == "every lock is free\n")
  }

  @Test func `what lies among the tickets holds nobody up, and nothing outside is touched`()
    async throws
  {
    let play = try playground()
    try play.ok("lock", "run", "--", "true")
    let build = scratch["repo/.git/orch/locks/build"]
    for name in ["t000000001", "t000000002"] {
      try #require(mkfifo("\(build)/\(name)", 0o600) == 0)
    }
    try scratch.write("outside", "mine")
    try FileManager.default.createSymbolicLink(
      atPath: build + "/t000000003", withDestinationPath: scratch["outside"])
    try FileManager.default.createDirectory(
      atPath: build + "/t000000004", withIntermediateDirectories: true)
    try scratch.write("repo/.git/orch/locks/build/t\(Int.max)", "{}")
    #expect(try play.ok("lock", "run", "--timeout", "9", "--", "echo", "ran") == "ran")
    #expect(try play.ok("lock", "status", "--json") == "[]")
    try FileManager.default.removeItem(atPath: build + "/mutex")
    try #require(mkfifo(build + "/mutex", 0o600) == 0)
    try play.ok("lock", "clear")
    // A folder of tickets that leads elsewhere is none.
    try scratch.write("elsewhere/t000000001", "mine")
    try FileManager.default.createSymbolicLink(
      atPath: scratch["repo/.git/orch/locks/gpu"], withDestinationPath: scratch["elsewhere"])
    try play.ok("lock", "status")
    #expect(try play.ok("lock", "run", "gpu", "--", "echo", "ran") == "ran")
    #expect(try scratch.read("elsewhere/t000000001") == "mine")
    #expect(try scratch.read("outside") == "mine")
  }

  @Test func `times and numbers of a ticket that cannot be meant are shown as unknown`()
    async throws
  {
    let play = try playground()
    let ticket = try scratch.write(
      "repo/.git/orch/locks/build/t000000001",
      #"{"command":"x\u001b]0;evil\u0007","held_since":-9223372036854775808,"waiting_since":9223372036854775807,"pid":9223372036854775807}"#
    )
    let holder = try scratch.start(
      ["flock", "-x", ticket, "sh", "-c", "touch held; until [ -e go ]; do sleep 0.05; done"],
      in: ".", log: "log")
    #expect(await eventually { scratch.exists("held") })
    let shown = try play.ok("lock", "status")
    #expect(shown.contains("held") && !shown.contains("\u{1B}"), "\(shown)")
    try scratch.write("go", "")
    holder.waitForEnd()
  }

  @Test func `the lock of one repository is not that of another`() throws {
    let play = try playground()
    try scratch.repository("other")
    let orch = "\"\(BuiltProgram.orch)\""
    let inner = "cd \(scratch["other"]) && \(orch) lock run -- \(orch) lock status --json"
    let held = try JSONValue(parsing: play.ok("lock", "run", "--", "sh", "-c", inner))
    #expect(held.array?.count == 1, "\(held)")
  }

  @Test func `a nested call does not wait for itself`() throws {
    let play = try playground()
    let inner = "\"\(BuiltProgram.orch)\" lock run --timeout 5 -- echo inner"
    #expect(try play.ok("lock", "run", "--", "sh", "-c", inner) == "inner")
    let other = "\"\(BuiltProgram.orch)\" lock run --timeout 5 gpu -- echo other"
    #expect(try play.ok("lock", "run", "--", "sh", "-c", other) == "other")
  }

  @Test func `checks run under the lock, and what they call under it goes through`() throws {
    let play = try playground(
      """
      checks:
        - name: nested
          command: "'\(BuiltProgram.orch)' lock run --timeout 5 -- touch '\(scratch["nested"])'"
      """)
    try play.ok("task", "add", "Work")
    try play.ok("run", "--until-idle")
    #expect(scratch.exists("nested"))
    #expect(try play.tasks().first?["status"] == "done")
  }
}
