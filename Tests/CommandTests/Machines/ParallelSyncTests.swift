import Foundation
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Syncs of one clone at once` {
  let scratch = Scratch.current

  /// Two machines, of which the second one has pushed a task; the first one's fetches of the state are counted, and
  /// go through a shell text in which `$git` is the real git.
  private func counted(_ body: String) throws -> Machines {
    var machines = try Machines()
    try machines.all[1].ok("task", "add", "Of the other", "--quiet")
    try machines.all[1].ok("sync")
    let git = try scratch.git("--exec-path") + "/git"
    try scratch.write(
      "bin/git",
      """
      #!/bin/sh
      git="\(git)"
      case " $* " in
      *" fetch "*"refs/orch/state:"*)
        echo . >> "\(scratch["fetches"])"
        \(body) ;;
      esac
      exec "$git" "$@"

      """)
    _ = try scratch.run(["chmod", "+x", scratch["bin/git"]])
    machines.all[0].programs = scratch["bin"]
    return machines
  }

  private func fetches() throws -> Int {
    try scratch.read("fetches").split(separator: "\n").count
  }

  @Test func `take in together what another machine has pushed`() throws {
    let machines = try Machines()
    let (one, two) = (machines.all[0], machines.all[1])
    for round in 1...8 {
      try two.ok("task", "add", "Round \(round)", "--quiet")
      try two.ok("sync")
      let syncs = try (1...4).map { _ in try one.start("sync") }
      for sync in syncs {
        sync.waitForEnd()
        #expect(sync.terminationStatus == 0, "round \(round): \(one.log)")
      }
    }
    #expect(try one.tasks().count == 8)
    try machines.settle()
    let tips = try Set(machines.all.map { try $0.tip() })
    #expect(tips.count == 1)
  }

  @Test func `are tried again where another one was faster`() throws {
    // The reference moves, and this fetch is refused for it.
    let machines = try counted(
      """
      if [ ! -e "\(scratch["overtaken"])" ]; then
          touch "\(scratch["overtaken"])"
          "$git" "$@"
          exit 1
        fi
      """)
    try machines.all[0].ok("sync")
    #expect(try fetches() == 2)
    #expect(try machines.all[0].tasks().count == 1)
  }

  @Test func `are not tried again where a fetch fails and nobody was faster`() throws {
    let machines = try counted("exit 1")
    let sync = try machines.all[0].orch(["sync"])
    #expect(sync.exitCode == 1 && sync.errorOutput.contains("'git fetch' failed"), "\(sync)")
    #expect(try fetches() == 1)
  }
}
