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
