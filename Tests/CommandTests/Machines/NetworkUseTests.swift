import Foundation
import JSON
import TestSupport
import Testing

/// What machines that share work ask of their remote, counted by a `git` that writes each call down.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Calls over the network` {
  let scratch = Scratch.current

  /// Has a machine's calls written down; returns the machine.
  private func counted(_ machine: Machine) throws -> Machine {
    let git = try scratch.git("--exec-path") + "/git"
    try scratch.write(
      "bin/git",
      """
      #!/bin/sh
      case " $* " in
      *" ls-remote "* | *" fetch "* | *" push "*) echo "$*" >> "\(scratch["calls"])" ;;
      esac
      exec "\(git)" "$@"

      """)
    _ = try scratch.run(["chmod", "+x", scratch["bin/git"]])
    var machine = machine
    machine.programs = scratch["bin"]
    return machine
  }

  private func calls(_ kind: String) -> [String] {
    let lines = (try? scratch.read("calls")) ?? ""
    return lines.split(separator: "\n").prefix { $0 != "ended" }.map(String.init)
      .filter { $0.contains(" \(kind) ") }
  }

  @Test func `are one look where a sync has nothing to bring`() throws {
    let machines = try Machines()
    try machines.all[0].ok("task", "add", "Task")
    try machines.settle()
    let two = try counted(machines.all[1])
    try two.ok("sync")
    #expect(calls("fetch") == [])
    #expect(calls("push") == [])
    #expect(calls("ls-remote").count == 1, "\(calls("ls-remote"))")
  }

  @Test func `are looks while a run waits, and one fetch when there is news`()
    async throws
  {
    var machines = try Machines(claimSeconds: 600)
    try machines.settle()
    machines.all[1] = try counted(machines.all[1])
    let run = try machines.all[1].start("run")
    #expect(
      await eventually(within: 60) { calls("ls-remote").count >= 5 }, "\(machines.all[1].log)")
    #expect(calls("fetch").allSatisfy { $0.contains("refs/heads/main") }, "\(calls("fetch"))")
    #expect(calls("push").allSatisfy { !$0.contains("refs/orch/state") }, "\(calls("push"))")
    let id = try machines.all[0].ok("task", "add", "News", "--quiet")
    try machines.all[0].ok("sync")
    let isThere = await eventually(within: 60) {
      (try? machines.all[1].tasks().contains { $0["id"]?.string == id }) == true
    }
    #expect(isThere, "\(machines.all[1].log)")
    let looks = calls("ls-remote").count
    #expect(await eventually(within: 60) { calls("ls-remote").count >= looks + 3 })
    run.interrupt()
    run.waitForEnd()
    let states = calls("fetch").filter { $0.contains("refs/orch/state") }
    #expect(states.count == 1, "\(states)")
  }

  /// A worker that reports for some seconds, and machines whose remote is at a public host by its address.
  @Test func `with the state alone are no more than a public host's budget`() async throws {
    var machines = try Machines(
      ["one"],
      agent: """
        cat > /dev/null
        for number in 1 2 3 4 5 6 7 8 9 10 11 12; do
          orch checkpoint "step $number"
          sleep 1
        done
        echo done > file.txt
        git add -A
        git commit -qm done
        echo ended >> "\(scratch["calls"])"
        """, claimSeconds: 600)
    let one = machines.all[0]
    try scratch.write(
      "ssh",
      """
      #!/bin/sh
      for last; do :; done
      case $last in
      git-upload-pack*) exec git upload-pack "\(scratch["origin.git"])" ;;
      git-receive-pack*) exec git receive-pack "\(scratch["origin.git"])" ;;
      esac
      exit 1

      """)
    _ = try scratch.run(["chmod", "+x", scratch["ssh"]])
    for (key, value) in [
      ("core.sshCommand", scratch["ssh"]), ("ssh.variant", "simple"),
      ("remote.origin.url", "git@github.com:orch/orch.git"),
    ] {
      try scratch.git("config", key, value, in: one.repository)
    }
    machines.all[0] = try counted(one)
    let start = ContinuousClock.now
    try machines.all[0].ok("task", "add", "Long")
    try machines.all[0].ok("run", "--until-idle")
    let minutes = Int((ContinuousClock.now - start).components.seconds) / 60 + 1
    // While the worker works: its claim and its result go out at once.
    let states = calls("push").filter {
      $0.contains(":refs/orch/state") && !$0.contains("refs/orch/claims/")
    }
    let looks = calls("ls-remote").count
    #expect(states.count <= 6 * minutes, "\(states.joined(separator: "\n"))")
    #expect(looks > 6 * minutes, "\(looks) looks: the budget was never used up")
    #expect(try machines.all[0].tasks().first?["status"] == "done")
    machines.all[0].programs = nil
    try machines.expectAllMergedOnce(1)
  }
}
