import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Settling a conflict by hand` {
  let scratch = Scratch.current

  private func prepare() throws -> (ConflictPlayground, id: String, place: String) {
    let conflict = try ConflictPlayground(
      rebase: "touch \"$top/a-worker-was-asked\"", settings: "workflow:\n  max_rebase_tries: 0\n")
    let text = try scratch.read("repo/.orch.yml")
    // One section only: the playground has one of that name.
    try scratch.write(
      "repo/.orch.yml",
      text.replacingOccurrences(of: "workflow:\n  max_rebase_tries: 0\n", with: "")
        .replacingOccurrences(
          of: "grace_seconds: 1", with: "grace_seconds: 1\n  max_rebase_tries: 0")
    )
    let task = try conflict.run()
    #expect(task["status"] == "needs_review")
    let id = try #require(task["id"]?.string)
    let found = try JSONValue(parsing: conflict.play.ok("pr", "resolve", id, "--json"))
    #expect(found["result"] == "laid_out" && found["files"]?.strings == ["a.txt"])
    return (conflict, id, try #require(found["worktree"]?.string))
  }

  @Test func `laid out as git's own, held to the same account, pushed once it is whole`() throws {
    let (conflict, id, place) = try prepare()
    let status = try scratch.git("status", in: place)
    #expect(status.contains("rebasing branch") && status.contains("both modified:   a.txt"))
    let early = try conflict.play.orch("pr", "resolve", id)
    #expect(early.exitCode == 1 && early.errorOutput.contains("not settled yet: a.txt"))
    try scratch.git("checkout", "--ours", "a.txt", in: place)
    try scratch.git("add", "a.txt", in: place)
    try scratch.git("-c", "core.editor=true", "rebase", "--skip", in: place)
    let dropped = try conflict.play.orch("pr", "resolve", id)
    #expect(dropped.exitCode == 1 && dropped.errorOutput.contains("branch:a.txt:5 is missing"))
    try scratch.write(
      "settled",
      ConflictPlayground.lines.replacingOccurrences(
        of: "line 5\n", with: "line 5 of the base\nline 5 of the branch\n"))
    _ = try scratch.run(["cp", scratch["settled"], place + "/a.txt"])
    let dirty = try conflict.play.orch("pr", "resolve", id)
    #expect(dirty.exitCode == 1 && dirty.errorOutput.contains("not settled yet: a.txt"))
    try scratch.git("commit", "-qam", "both", in: place)
    #expect(try conflict.play.ok("pr", "resolve", id).hasPrefix("settled and pushed as "))
    try conflict.play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: conflict.play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(task["reason"] ?? .null)")
    #expect(task.purposes == ["work", "rebase"])
    #expect(task["attempts"]?.array?[1]["agent"] == "person")
    #expect(!scratch.exists("a-worker-was-asked"))
    let both = "line 5 of the base\nline 5 of the branch\n"
    #expect(try conflict.base("a.txt").contains(both))
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `what is given up needs its name and a reason`() throws {
    let (conflict, id, place) = try prepare()
    try scratch.git("checkout", "--ours", "a.txt", in: place)
    try scratch.git("add", "a.txt", in: place)
    try scratch.git("-c", "core.editor=true", "rebase", "--skip", in: place)
    #expect(try conflict.play.orch("pr", "resolve", id, "--give-up", "nonsense").exitCode == 1)
    try conflict.play.ok("pr", "resolve", id, "--give-up", "branch:a.txt:5=the base says it better")
    let again = try conflict.play.orch("pr", "resolve", id)
    #expect(again.exitCode == 1 && again.errorOutput.contains("nothing to settle"))
  }
}
