import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Checkpoints that have expired` {
  let scratch = Scratch.current

  /// Leaves a file uncommitted and asks a person.
  private static let asks = """
    cat > /dev/null
    echo half > work.txt
    printf '{"status":"blocked","summary":"s","reason":"q","needs_help":true}' > "$ORCH_OUTPUT"
    """

  private func checkpoints(_ place: String) throws -> String {
    try scratch.git("for-each-ref", "--format=%(refname)", "refs/orch/wip", in: place)
  }

  /// Two machines, and a task of the first that is cancelled and whose work is kept in both places.
  private func cancelledWork() throws -> (one: Machine, two: Machine, id: String, name: String) {
    let machines = try Machines(agent: Self.asks)
    let (one, two) = (machines.all[0], machines.all[1])
    let id = try one.ok("task", "add", "Given up", "--quiet")
    _ = try one.orch(["run", "--until-idle"])
    try one.ok("task", "cancel", id)
    _ = try one.orch(["run", "--until-idle"])
    try one.ok("sync")
    try two.ok("sync")
    let name = try checkpoints(one.repository)
    #expect(name.hasPrefix("refs/orch/wip/\(id)") && !name.contains("\n"), "\(name)")
    #expect(try checkpoints("origin.git") == name)
    return (one, two, id, name)
  }

  @Test func `and were removed at the remote by one machine are not brought back by another`()
    throws
  {
    let (one, two, id, name) = try cancelledWork()
    let count = "1 checkpoints: 0 here, 1 at 'origin'"
    #expect(try two.ok("gc", "--days", "0", "--dry-run").contains("would remove \(count)"))
    #expect(try checkpoints("origin.git") == name)
    #expect(try two.ok("gc", "--days", "0").contains("removed \(count)"))
    #expect(try checkpoints("origin.git") == "")
    for _ in 1...2 {
      try one.ok("sync")
      #expect(try checkpoints("origin.git") == "")
    }
    // Upkeep of the machine that keeps it forgets nothing of that.
    try one.ok("gc")
    try one.ok("sync")
    #expect(try checkpoints("origin.git") == "")
    #expect(try checkpoints(one.repository) == name)
    // A task that is tried again may be gone on with on any machine.
    try one.ok("task", "retry", id)
    try one.ok("sync")
    #expect(try checkpoints("origin.git") == name)
  }

  @Test func `go out again to a remote that has lost everything`() throws {
    let (one, _, _, name) = try cancelledWork()
    let lines = try scratch.git(
      "for-each-ref", "--format=delete %(refname)", "refs/orch", in: "origin.git")
    try scratch.git("update-ref", "--stdin", in: "origin.git", input: lines + "\n")
    _ = try one.orch(["sync", "--elect"])
    try one.ok("sync")
    #expect(try checkpoints("origin.git") == name)
  }

  @Test func `stay where a remote is away or refuses, and it is said`() throws {
    let (one, two, _, name) = try cancelledWork()
    try scratch.write(
      "origin.git/hooks/update", "#!/bin/sh\ncase $3 in *[!0]*) ;; *) exit 1 ;; esac\n")
    _ = try scratch.run(["chmod", "+x", "origin.git/hooks/update"])
    let refused = try two.ok("gc", "--days", "0")
    #expect(refused.contains("removed 0 checkpoints"), "\(refused)")
    #expect(refused.contains("'origin' did not let 1 go"), "\(refused)")
    let json = try JSONValue(parsing: two.ok("gc", "--days", "0", "--json"))
    #expect(json["left_at_remote"]?.strings == [name])
    _ = try scratch.run(["mv", "origin.git", "away.git"])
    let away = try one.ok("gc", "--days", "0")
    #expect(away.contains("removed 1 checkpoints"), "\(away)")
    #expect(away.contains("'origin' cannot be reached"), "\(away)")
    #expect(try checkpoints(one.repository) == "")
    #expect(try checkpoints("away.git") == name)
  }
}
