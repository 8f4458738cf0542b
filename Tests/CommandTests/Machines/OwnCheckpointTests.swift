import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized)
struct `Work that is kept beside another machine's` {
  let scratch = Scratch.current

  /// Never ends on the laptop; leaves its work to be kept and committed on the desk.
  private static let halves = """
    cat > /dev/null
    case "$HOME" in
    */laptop/home)
      echo half > half.txt
      touch "$HOME/../started"
      sleep 600 ;;
    esac
    echo whole > whole.txt
    printf '{"status":"done","summary":"done"}' > "$ORCH_OUTPUT"
    """

  /// Leaves a file uncommitted and asks a person.
  private static let asks = """
    cat > /dev/null
    echo half > work.txt
    printf '{"status":"blocked","summary":"s","reason":"q","needs_help":true}' > "$ORCH_OUTPUT"
    """

  /// The checkpoints of a repository, a line each: name and commit.
  private func checkpoints(_ place: String) throws -> String {
    try scratch.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/orch/wip", in: place)
  }

  private func commit(_ name: String, _ place: String) throws -> String {
    try scratch.git("rev-parse", name, in: place)
  }

  /// True once the state at the remote tells of it.
  private func isTold(_ word: String) -> Bool {
    let log = try? scratch.git("log", "--format=%s", "refs/orch/state", in: "origin.git")
    return log?.contains(word) == true
  }

  /// Lets the first deletion of a task's branch at the remote wait until there is a file `dead`.
  private func holdDeletion() throws {
    let hook = try scratch.write(
      "origin.git/hooks/update",
      """
      #!/bin/sh
      case $1,$3 in refs/heads/orch/*,*[!0]*) exit 0 ;; refs/heads/orch/*) ;; *) exit 0 ;; esac
      cd '\(scratch.path)'
      [ ! -e dead ] || exit 0
      touch merged
      until [ -e dead ]; do sleep 0.05; done
      exit 1
      """)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
  }

  @Test func `has the name of an own attempt, and leaves the other machine's as it is`()
    async throws
  {
    let machines = try Machines(["laptop", "desk"], agent: Self.halves)
    let (laptop, desk) = (machines.all[0], machines.all[1])
    try holdDeletion()
    let id = try laptop.ok("task", "add", "Late", "--quiet")
    let first = try laptop.start("run")
    #expect(
      await eventually { scratch.exists("laptop/started") && isTold("started") }, "\(laptop.log)")
    laptop.die(first)
    let place = try #require(laptop.tasks().first?["worktree"]?.string)
    // The other machine dies after it has merged, and before it has cleaned up.
    let second = try desk.start("run")
    let isMerged = try await eventually {
      let own = try checkpoints(desk.repository)
      return try scratch.exists("merged") && isTold("merged") && !own.isEmpty
        && checkpoints("origin.git") == own
    }
    #expect(isMerged, "\(desk.log)")
    desk.die(second)
    try scratch.write("dead", "")
    let others = try checkpoints(desk.repository)
    try Data("late\n".utf8).write(to: URL(fileURLWithPath: place + "/late.txt"))
    let third = try laptop.start("run")
    #expect(await eventually { laptop.log.contains("cleaned up") }, "\(laptop.log)")
    third.terminate()
    third.waitForEnd()
    try machines.settle()
    let own = try checkpoints(laptop.repository)
    #expect(own.hasPrefix("refs/orch/wip/\(id)/1 ") && !own.contains("\n"), "\(own)")
    let kept = try scratch.git(
      "show", "refs/orch/wip/\(id)/1:late.txt", in: laptop.repository)
    #expect(kept == "late")
    #expect(try checkpoints(desk.repository) == others)
    // What the laptop kept while it was at it may have gone out, too.
    let there = try checkpoints("origin.git").split(separator: "\n")
    #expect(there.filter { $0.contains("/2 ") } == [Substring(others)], "\(there)")
  }

  /// A machine with a task that waits for a person; returns the name of its checkpoint, which the remote has too.
  private func waitingWork() throws -> (machine: Machine, name: String) {
    let machine = try Machines(["one"], agent: Self.asks).all[0]
    let id = try machine.ok("task", "add", "Waits", "--quiet")
    _ = try machine.orch(["run", "--until-idle"])
    try machine.ok("sync")
    let name = "refs/orch/wip/\(id)/1"
    let there = try commit(name, "origin.git")
    #expect(try commit(name, machine.repository) == there)
    return (machine, name)
  }

  @Test func `goes over nothing that its own does not hold, and that is said`() throws {
    let (machine, name) = try waitingWork()
    let own = try commit(name, machine.repository)
    // What its history has gives way, as where the remote was set back.
    try scratch.git("update-ref", name, own + "^", in: "origin.git")
    try machine.ok("sync")
    #expect(try commit(name, "origin.git") == own)
    // As does what went out from here, and of which the reply was lost.
    let unheard = try scratch.git(
      "commit-tree", own + "^{tree}", "-m", "without a secret", in: machine.repository)
    try scratch.git(
      "push", "-q", "-f", scratch["origin.git"], "\(unheard):\(name)", in: machine.repository)
    try machine.ok("sync")
    #expect(try commit(name, "origin.git") == own)
    let other = try scratch.git(
      "commit-tree", own + "^{tree}", "-m", "another machine's", in: "origin.git")
    try scratch.git("update-ref", name, other, in: "origin.git")
    for _ in 1...2 {
      let sync = try machine.orch(["sync"])
      #expect(
        sync.exitCode == 0 && sync.errorOutput.contains("stays on this machine"), "\(sync)")
      #expect(try commit(name, "origin.git") == other)
      #expect(try commit(name, machine.repository) == own)
    }
  }

  @Test func `and was copied with its clone gives way to what became of it`() throws {
    let (machine, name) = try waitingWork()
    let copy = try Machine("copy")
    _ = try scratch.run(["cp", "-a", "one/repo", "copy/repo"])
    let later = try scratch.git(
      "commit-tree", name + "^{tree}", "-p", name, "-m", "orch: work in progress, later",
      in: machine.repository)
    try scratch.git("update-ref", name, later, in: machine.repository)
    try machine.ok("sync")
    #expect(try commit(name, "origin.git") == later)
    for _ in 1...2 {
      let sync = try copy.orch(["sync"])
      #expect(
        sync.exitCode == 0 && !sync.errorOutput.contains("stays on this machine"), "\(sync)")
      #expect(try commit(name, "origin.git") == later)
    }
  }
}
