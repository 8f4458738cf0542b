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
  }

  @Test func `one after the other, in the order in which they came`() async throws {
    let play = try playground()
    let first = try play.start(["lock", "run", "--"] + until("held", "go"))
    #expect(await eventually { scratch.exists("held") })
    var waiters: [Process] = []
    for number in 1...4 {
      waiters.append(
        try play.start(["lock", "run", "--", "sh", "-c", "echo \(number) >> \(scratch["order"])"]))
      #expect(try await eventually { try status(play).count == number + 1 })
    }
    #expect(!scratch.exists("order"))
    #expect(
      try status(play).map { $0["state"] } == ["held"] + Array(repeating: "waiting", count: 4))
    try scratch.write("go", "")
    for process in [first] + waiters { process.waitUntilExit() }
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
    #expect(late.exitCode == 64 || late.exitCode == 75)
    #expect(early.exitCode == 75, "\(early)")
    #expect(early.errorOutput.contains("orch lock status"))
    try scratch.write("go", "")
    for process in holders { process.waitUntilExit() }
    #expect(try play.orch("lock", "run", "gpu", "--", "true").exitCode == 0)
  }

  @Test func `the lock of a killed holder is free, and its command ends with it`() async throws {
    let play = try playground()
    let holder = try play.start(["lock", "run", "--"] + until("held", "never"))
    #expect(await eventually { scratch.exists("held") })
    let waiter = try play.start(["lock", "run", "--", "touch", scratch["turn"]])
    #expect(try await eventually { try status(play).count == 2 })
    kill(holder.processIdentifier, SIGKILL)
    holder.waitUntilExit()
    waiter.waitUntilExit()
    #expect(scratch.exists("turn"))
    #expect(try status(play).isEmpty)
    try play.ok("lock", "clear")
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
