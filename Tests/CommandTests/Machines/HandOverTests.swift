import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Work that changes machines` {
  let scratch = Scratch.current

  /// Writes a file without committing it, says where it stands, and goes on only on the second machine.
  private static let agent = """
    cat > /dev/null
    case "$HOME" in
    */one/home)
      echo "half of the work" > work.txt
      echo "committed part" > first.txt
      git add first.txt
      git commit -qm "First part"
      echo "the first half is written" > "$ORCH_STATE_DIR/checkpoint.md"
      touch "$HOME/../started"
      sleep 600 ;;
    *)
      grep -q "half of the work" work.txt
      echo "the other half" >> work.txt
      git add work.txt
      git commit -qm "Second part"
      printf '{"status":"done","summary":"both halves"}' > "$ORCH_OUTPUT" ;;
    esac
    """

  private func begin(_ machines: Machines) async throws -> (run: ChildProcess, id: String) {
    let id = try machines.all[0].ok("task", "add", "Two halves", "--quiet")
    let run = try machines.all[0].start("run")
    let machine = machines.all[0]
    let isSafe = await eventually(within: 90) {
      let refs = try? scratch.git("ls-remote", scratch["origin.git"], "refs/orch/wip/*")
      return scratch.exists("one/started") && refs?.isEmpty == false
    }
    #expect(isSafe, "\(machine.log)")
    return (run, id)
  }

  private func expectBothHalves(_ machines: Machines) throws {
    try machines.expectAllMergedOnce(1)
    try scratch.git("fetch", "-q", in: "two/repo")
    let file = { (name: String) in
      try scratch.git("show", "origin/main:\(name)", in: "two/repo")
    }
    #expect(try file("work.txt") == "half of the work\nthe other half")
    #expect(try file("first.txt") == "committed part")
  }

  @Test func `goes on from its last checkpoint when the first machine dies`() async throws {
    let machines = try Machines(agent: Self.agent)
    let (run, _) = try await begin(machines)
    machines.all[0].die(run)
    // The second machine has nothing but a clone, and no person does anything.
    try machines.all[1].ok("run", "--until-idle")
    let task = try #require(machines.all[1].tasks().first)
    let outcomes = (task["attempts"]?.array ?? []).compactMap { $0["outcome"]?.string }
    #expect(outcomes == ["interrupted", "succeeded"])
    #expect(task["checkpoint"]?.string?.contains("first half") == true)
    try machines.all[0].ok("run", "--until-idle")
    try expectBothHalves(machines)
  }

  /// The remote takes no state any more from the push of the branch on: what the others know is that the worker has
  /// finished.
  @Test(arguments: [(false, false), (true, true), (true, false)])
  func `is published by another machine if its own dies once it has finished`(
    isRebased: Bool, isKept: Bool
  ) async throws {
    let waits = """
      until git ls-remote '\(scratch["origin.git"])' 'refs/orch/wip/*' | grep -q .; do
        sleep 0.1
      done\n
      """
    let commits = Machines.commits.replacing("printf ", with: (isKept ? waits : "") + "printf ")
    let forge = "forge:\n  merge: never\n  look_seconds: 1\n"
    let machines = try Machines(agent: commits, settings: forge)
    let (one, two) = (machines.all[0], machines.all[1])
    let hook = try scratch.write(
      "origin.git/hooks/update",
      """
      #!/bin/sh
      case $1 in
      refs/heads/orch/*) touch deaf ;;
      refs/orch/state) [ ! -e deaf ] || exit 1 ;;
      esac
      """)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
    try one.configure("checkpoint_seconds: 1")
    try one.ok("task", "add", "Finished", "--quiet")
    let run = try one.start("run")
    let published = {
      try scratch.git("for-each-ref", "--format=%(objectname)", "refs/heads/orch", in: "origin.git")
    }
    #expect(await eventually(within: 120) { one.log.contains("in review: ") }, "\(one.log)")
    let head = try published()
    #expect(head != "")
    if isRebased {
      try scratch.write("two/repo/moved.txt", "moved\n")
      try scratch.git("add", "moved.txt", in: two.repository)
      try scratch.git("commit", "-qm", "the base moves", in: two.repository)
      try scratch.git("push", "-q", "origin", "main", in: two.repository)
      #expect(try await eventually(within: 120) { try published() != head }, "\(one.log)")
    }
    one.die(run)
    try FileManager.default.removeItem(atPath: hook)
    let settings = try scratch.read("two/repo/.orch.yml")
    try scratch.write(
      "two/repo/.orch.yml", settings.replacing("merge: never", with: "merge: when-green"))
    try two.ok("run", "--until-idle")
    // Only what no other machine has of it is done again, and on top of what was published.
    let task = try #require(two.tasks().first)
    let attempts = isRebased && !isKept ? 2 : 1
    #expect(task["attempts"]?.array?.count == attempts, "\(task.indentedText)")
    try one.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
  }

  @Test func `goes where a person sends it`() async throws {
    let machines = try Machines(agent: Self.agent)
    // A machine is known once it has been heard of.
    try machines.all[1].ok("run", "--until-idle")
    let (run, id) = try await begin(machines)
    let second = try machines.all[1].start("run")
    let host = try machines.all[1].host()
    #expect(try machines.all[1].orch(["task", "move", id, "--to", "nobody"]).exitCode == 1)
    try machines.all[1].ok("task", "move", id, "--to", host)
    let isDone = await eventually(within: 120) {
      (try? machines.all[1].tasks().first?["status"] == "done") == true
    }
    #expect(isDone, "\(machines.all.map { $0.log.suffix(4000) })")
    for process in [run, second] {
      kill(process.processIdentifier, SIGTERM)
      process.waitForEnd()
    }
    let hosts = try machines.all[1].tasks().first?["attempts"]?.array?.map { $0["host"] ?? "" }
    let first = try machines.all[0].host()
    #expect(hosts == [.string(first), .string(host)])
    try machines.all[0].ok("run", "--until-idle")
    try expectBothHalves(machines)
  }

  @Test func `waits for a machine that is off, and says for which and since when`() throws {
    let machines = try Machines()
    let (one, two) = (machines.all[0], machines.all[1])
    try two.ok("run", "--until-idle")
    let id = try one.ok("task", "add", "Given away", "--quiet")
    let host = try two.host()
    let given = "was given to \(host)"
    try one.ok("task", "move", id, "--to", host)
    try one.ok("run", "--until-idle")
    let page = try one.ok("task", "show", id)
    #expect(page.contains("\(given), last heard of here "), "\(page)")
    let brief = try one.ok("task", "show", id, "--brief")
    #expect(brief.contains("machine: \(given)\n"), "\(brief)")
    try two.ok("sync")
    let there = try two.ok("task", "show", id)
    #expect(there.contains("\(given), which is this machine"), "\(there)")
    try two.ok("run", "--until-idle")
    let done = try two.ok("task", "show", id)
    #expect(!done.contains("was given to"), "\(done)")
  }

  @Test func `is shown by claim list and hosts while it is held`() async throws {
    let machines = try Machines(agent: Self.agent)
    let (run, id) = try await begin(machines)
    let hosts = try machines.all.map { try $0.host() }
    let claims = try JSONValue(parsing: machines.all[1].ok("claim", "list", "--json"))
    #expect(claims.array?.first?["task"]?.string?.hasPrefix(id.prefix(6)) == true)
    #expect(claims.array?.first?["host"]?.string == hosts[0])
    #expect(claims.array?.first?["phase"] == "held")
    let listed = try JSONValue(parsing: machines.all[1].ok("hosts", "--json"))
    #expect(Set(listed.array?.compactMap { $0["host"]?.string } ?? []) == Set(hosts))
    let rows = listed.array ?? []
    let first = rows.first(where: { $0["host"]?.string == hosts[0] })
    let second = rows.first(where: { $0["host"]?.string == hosts[1] })
    #expect(first?["tasks"]?.array?.count == 1)
    #expect(second?["this"] == true)
    let plan = try machines.all[1].ok("run", "--plan")
    #expect(plan.contains("held by \(hosts[0])"), "\(plan)")
    machines.all[0].die(run)
  }
}
