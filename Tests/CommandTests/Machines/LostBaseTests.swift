import Foundation
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A base that the remote has lost` {
  let scratch = Scratch.current

  /// A machine whose two tasks were merged at the remote, while its own branch stayed where it was, and the base there.
  private func merged() throws -> (machine: Machine, base: String) {
    let machine = try Machines(["one"]).all[0]
    for title in ["Fix login", "Fix logout"] { try machine.ok("task", "add", title, "--quiet") }
    try machine.ok("run", "--until-idle")
    try machine.ok("doctor")
    return (machine, try scratch.git("rev-parse", "main", in: "origin.git"))
  }

  @Test func `with all else is told by doctor, with what brings it back`() throws {
    let (machine, base) = try merged()
    try FileManager.default.removeItem(atPath: scratch["origin.git"])
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    let way = "git push origin \(base):refs/heads/main"
    let empty = try machine.orch(["doctor"])
    #expect(empty.exitCode == 1 && empty.output.contains("has no default branch"), "\(empty)")
    #expect(empty.output.contains(way), "\(empty)")
    // What git fetches at the remote's word is forgotten with it; what orch recorded is not.
    try scratch.git("fetch", "-q", "--prune", "origin", in: machine.repository)
    let pruned = try machine.orch(["doctor"])
    #expect(pruned.output.contains(way), "\(pruned)")
    // An older branch in its place is no way back.
    try scratch.git("push", "-q", "origin", "HEAD", in: machine.repository)
    let older = try machine.orch(["doctor"])
    #expect(older.exitCode == 1, "\(older)")
    #expect(
      older.output.contains("BAD  2 merged tasks are not in 'main' at 'origin': "), "\(older)")
    for text in ["Fix login", "Fix logout", way] {
      #expect(older.output.contains(text), "\(older)")
    }
    let words = way.split(separator: " ").map(String.init)
    let pushed = try scratch.run(words, in: machine.repository)
    #expect(pushed.exitCode == 0, "\(pushed)")
    try machine.ok("sync", "--elect")
    try machine.ok("doctor")
  }

  @Test func `because it is set back is told with the merges that it lacks`() throws {
    let (machine, base) = try merged()
    try scratch.git("update-ref", "refs/heads/main", base + "^", in: "origin.git")
    let found = try machine.orch(["doctor"])
    #expect(found.exitCode == 1, "\(found)")
    #expect(found.output.contains("1 merged task is not in 'main' at 'origin': "), "\(found)")
    #expect(found.output.contains("git push origin \(base):refs/heads/main"), "\(found)")
    // Somebody else goes on from there: what is pushed now must have both.
    let tree = try scratch.git("rev-parse", "\(base)^^{tree}", in: machine.repository)
    let other = try scratch.git(
      "commit-tree", tree, "-p", base + "^", "-m", "Other", in: machine.repository)
    try scratch.git("push", "-q", "origin", "\(other):main", in: machine.repository)
    let gone = try machine.orch(["doctor"])
    #expect(gone.output.contains("merge \(base) into it"), "\(gone)")
  }

  @Test func `is not one whose commits a person has written anew`() throws {
    let (machine, base) = try merged()
    let log = try scratch.git("log", "--format=%B", base, in: machine.repository)
    let tree = try scratch.git("rev-parse", "\(base)^{tree}", in: machine.repository)
    let anew = try scratch.git(
      "commit-tree", tree, "-p", "HEAD", "-F", "-", in: machine.repository, input: log)
    try scratch.git("push", "-q", "--force", "origin", "\(anew):main", in: machine.repository)
    try machine.ok("doctor")
  }
}
