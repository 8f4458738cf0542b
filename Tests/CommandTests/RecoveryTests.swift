import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A damaged state` {
  let scratch = Scratch.current

  private func titles(_ play: Playground) throws -> [String] {
    try play.tasks().compactMap { $0["title"]?.string }
  }

  /// A repository with two tasks whose state was once at another tip.
  private func playground() throws -> Playground {
    let play = try Playground()
    try play.ok("task", "add", "First")
    try play.ok("task", "add", "Second")
    return play
  }

  @Test(arguments: ["", "not an object\n", "0123456789"])
  func `whose reference was cut off is found again when it is opened`(content: String) throws {
    let play = try playground()
    let tip = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    try scratch.write("repo/.git/refs/orch/state", content)
    let result = try play.orch("task", "add", "Third")
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.errorOutput.contains("refs/orch/state is damaged"), "\(result)")
    let found = try titles(play)
    #expect(found == ["First", "Second", "Third"])
    #expect(
      try scratch.git("merge-base", "--is-ancestor", tip, "refs/orch/state", in: "repo") == "")
    try scratch.git("gc", "--quiet", in: "repo")
  }

  @Test(arguments: [
    ["sync"], ["init"], ["status"], ["status", "--json"], ["status", "--brief"], ["task", "list"],
    ["task", "list", "--json"], ["digest"],
  ])
  func `whose reference was cut off is found again by whatever needs it, and told of by doctor`(
    words: [String]
  ) throws {
    let play = try playground()
    try play.ok("sync")
    let tip = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    try scratch.write("repo/.git/refs/orch/state", "")
    let doctor = try play.orch("doctor")
    let bad = doctor.output.split(separator: "\n").filter { $0.hasPrefix("BAD") }
    #expect(doctor.exitCode == 1 && bad.count == 1, "\(doctor)")
    #expect(bad.first?.contains("the file is empty") == true, "\(doctor)")
    // It has only looked.
    #expect(try scratch.read("repo/.git/refs/orch/state") == "")
    let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
    #expect(result.exitCode == 0, "\(words): \(result)")
    #expect(result.errorOutput.contains("refs/orch/state is damaged"), "\(words): \(result)")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "repo") == tip)
    let again = try scratch.run([BuiltProgram.orch] + words, in: "repo")
    #expect(again.exitCode == 0 && !again.errorOutput.contains("damaged"), "\(words): \(again)")
    try play.ok("doctor")
  }

  @Test func `whose last objects are lost goes back to the last whole one, and says so`() throws {
    let play = try playground()
    let before = try scratch.git("rev-parse", "refs/orch/state~1", in: "repo")
    let tip = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    // The objects as they were before the last write.
    try scratch.git("branch", "before", before, in: "repo")
    try scratch.git("clone", "-q", "--bare", "--no-local", scratch["repo"], scratch["old.git"])
    try scratch.git("repack", "-adq", in: "old.git")
    try FileManager.default.removeItem(atPath: scratch["repo/.git/objects"])
    try FileManager.default.copyItem(
      atPath: scratch["old.git/objects"], toPath: scratch["repo/.git/objects"])
    let found = try play.orch("doctor")
    #expect(found.exitCode == 1 && found.output.contains("lacks objects"), "\(found)")
    let mended = try play.orch("doctor", "--fix")
    #expect(mended.exitCode == 0, "\(mended)")
    #expect(mended.output.contains(before.prefix(7)), "\(mended)")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "repo") == before)
    #expect(tip != before)
    let kept = try titles(play)
    #expect(kept == ["First"])
    try play.ok("task", "add", "Third")
  }

  @Test(arguments: [
    ("sed -i s/First/Forged/ tasks/*/*/task.json && git commit -qam hand", "was edited"),
    ("git rm -rq tasks && git commit -qm hand", "was removed"),
    ("git rm -rq tasks && git commit -q --amend --no-edit", "was removed"),
    ("git reset -q --hard HEAD^", "was removed"),
    (
      "git update-ref refs/orch/state refs/orch/state~1 && git checkout -q --detach main",
      "was removed"
    ),
    ("ln -s /etc/passwd tasks/link && git add -A && git commit -qm hand", "breaks a rule"),
    ("git checkout -q --orphan new && git rm -rqf tasks && git commit -qm hand", "was removed"),
  ])
  func `that was changed with plain git is what its events say, and it is told once`(
    change: String, told: String
  ) throws {
    let play = try playground()
    let before = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    try scratch.git(
      "worktree", "add", "-q", "--detach", scratch["hand"], "refs/orch/state", in: "repo")
    let done = try scratch.run(
      ["sh", "-c", "(\(change)) && git update-ref refs/orch/state HEAD"], in: "hand")
    #expect(done.exitCode == 0, "\(done)")
    let added = try play.orch("task", "add", "Third")
    #expect(added.exitCode == 0, "\(added)")
    #expect(
      added.errorOutput.contains("changed by hand") && added.errorOutput.contains(told)
        && added.errorOutput.contains("'orch task edit'"), "\(added)")
    let found = try titles(play)
    #expect(found == ["First", "Second", "Third"])
    try scratch.git("merge-base", "--is-ancestor", before, "refs/orch/state", in: "repo")
    let again = try play.orch("task", "add", "Fourth")
    #expect(again.errorOutput == "", "\(again)")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `to which plain git has added what breaks no rule is left as it is`() throws {
    let play = try playground()
    try scratch.git(
      "worktree", "add", "-q", "--detach", scratch["hand"], "refs/orch/state", in: "repo")
    let done = try scratch.run(
      [
        "sh", "-c",
        "echo words >> README.md && git commit -qam hand && git update-ref refs/orch/state HEAD",
      ], in: "hand")
    #expect(done.exitCode == 0, "\(done)")
    let added = try play.orch("task", "add", "Third")
    #expect(added.exitCode == 0 && added.errorOutput == "", "\(added)")
    let readme = try scratch.git("show", "refs/orch/state:README.md", in: "repo")
    #expect(readme.hasSuffix("words"))
  }

  @Test func `with an empty object is explained by doctor, and mended`() throws {
    let play = try playground()
    try play.ok("doctor")
    let name = "repo/.git/objects/ab/" + String(repeating: "c", count: 38)
    try scratch.write(name, "")
    let found = try play.orch("doctor")
    #expect(found.exitCode == 1 && found.output.contains("is empty"), "\(found)")
    #expect(found.output.contains("orch doctor --fix"), "\(found)")
    let mended = try play.orch("doctor", "--fix")
    #expect(mended.exitCode == 0 && mended.output.contains("removed"), "\(mended)")
    #expect(!scratch.exists(name))
    try play.ok("doctor")
  }

  @Test
  func `whose reference leads to something else is found by doctor, and again when it is opened`()
    throws
  {
    let play = try playground()
    let tip = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    try scratch.git("update-ref", "refs/orch/state", "main", in: "repo")
    let found = try play.orch("doctor")
    #expect(found.exitCode == 1 && found.output.contains("is no state"), "\(found)")
    let added = try play.orch("task", "add", "Third")
    #expect(added.errorOutput.contains("is no state"), "\(added)")
    let kept = try titles(play)
    #expect(kept == ["First", "Second", "Third"])
    #expect(
      try scratch.git("merge-base", "--is-ancestor", tip, "refs/orch/state", in: "repo") == "")
  }

  @Test func `without its alias gets it back`() throws {
    let play = try playground()
    try scratch.git("symbolic-ref", "-d", "refs/orchestrator", in: "repo")
    let found = try play.orch("doctor")
    #expect(found.exitCode == 1 && found.output.contains("does not lead to the state"), "\(found)")
    try play.ok("doctor", "--fix")
    #expect(try scratch.git("symbolic-ref", "refs/orchestrator", in: "repo") == "refs/orch/state")
  }

  @Test func `with a lock of a dead process is written to again`() throws {
    let play = try playground()
    let lock = try scratch.write("repo/.git/refs/orch/state.lock", "")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: lock)
    try play.ok("task", "add", "Third")
    #expect(!scratch.exists("repo/.git/refs/orch/state.lock"))
  }
}
