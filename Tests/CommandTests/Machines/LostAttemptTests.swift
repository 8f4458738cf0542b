import Foundation
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `An attempt whose end nobody saw` {
  let scratch = Scratch.current

  @Test func `is shown as running while it may be, and not when its task is over`() async throws {
    let machine = try Machines(
      ["one"], agent: "cat > /dev/null\ntouch \"$HOME/../started\"\nsleep 600\n"
    ).all[0]
    let id = try machine.ok("task", "add", "Cut off", "--quiet")
    let run = try machine.start("run")
    #expect(await eventually { scratch.exists("one/started") }, "\(machine.log)")
    #expect(try machine.ok("task", "show", id).contains("running, no commits"))
    machine.die(run)
    try machine.ok("task", "cancel", id)
    let shown = try machine.ok("task", "show", id)
    #expect(!shown.contains("running") && shown.contains("interrupted, no commits"), "\(shown)")
  }
}
