import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized)
struct `Branches of people without a forge` {
  let scratch = Scratch.current

  /// Makes a playground whose check wants no file `bad`, and pushes a branch of a person's.
  private func playground(_ files: [String: String]) throws -> Playground {
    let play = try Playground(
      agent: """
        cat > "$HOME/../prompt"
        git rm -q bad
        git commit -qm "Take it away"
        """,
      settings: """
        checks:
          - name: good
            command: "[ ! -e bad ]"
        """)
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["person"])
    try scratch.git("checkout", "-qb", "feature/ann", in: "person")
    for (name, text) in files { try scratch.write("person/\(name)", text) }
    try scratch.git("add", "-A", in: "person")
    try scratch.git("commit", "-qm", "Mine", in: "person")
    try scratch.git("push", "-q", "origin", "feature/ann", in: "person")
    return play
  }

  private func moveBase() throws {
    try scratch.git("checkout", "-q", "main", in: "person")
    try scratch.write("person/other.txt", "moved\n")
    try scratch.git("add", "-A", in: "person")
    try scratch.git("commit", "-qm", "Move", in: "person")
    try scratch.git("push", "-q", "origin", "main", in: "person")
  }

  @Test func `one is rebased, repaired and merged, and stays`() throws {
    let play = try playground(["a.txt": "1\n", "bad": "x\n"])
    // A person's own branch of that name is checked out in this clone.
    try scratch.git("checkout", "-qb", "feature/ann", in: "repo")
    let said = try play.ok("pr", "watch", "feature/ann")
    #expect(said.hasSuffix("watches feature/ann: feature/ann"), "\(said)")
    try moveBase()
    try play.ok("run", "--until-idle")
    let task = try #require(try play.tasks().first)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(task["attempts"]?.array?.map { $0["purpose"]?.string } == ["repair"])
    let files = try scratch.git("ls-tree", "--name-only", "main", in: "origin.git")
    #expect(files.split(separator: "\n") == ["README.md", "a.txt", "other.txt"])
    let branches = try scratch.git("branch", "--format=%(refname:short)", in: "origin.git")
    #expect(branches.split(separator: "\n") == ["feature/ann", "main"])
    #expect(try scratch.git("rev-parse", "--abbrev-ref", "HEAD", in: "repo") == "feature/ann")
    #expect(try scratch.git("status", "--porcelain", in: "repo") == "?? .orch.yml")
    #expect(try scratch.git("branch", "--list", "orch/*", in: "repo") == "")
    // What is merged has nothing to be watched for; the branch may have more later.
    try play.ok("pr", "watch", "feature/ann")
    try play.ok("run", "--until-idle")
    let again = try #require(try play.tasks().first)
    #expect(again["status"] == "cancelled")
    #expect(again["reason"]?.string?.contains("has all commits of") == true)
  }

  @Test func `one that is given up is left as it is, and what is not there is said`() throws {
    let play = try playground(["a.txt": "1\n"])
    let left = try scratch.git("rev-parse", "feature/ann", in: "origin.git")
    let missing = try play.orch("pr", "watch", "nowhere")
    #expect(missing.exitCode == 1)
    #expect(missing.errorOutput.contains("'origin' has no branch 'nowhere'"))
    #expect(try play.orch("pr", "watch", "feature/ann", "--base", "nowhere").exitCode == 1)
    try play.ok("pr", "watch", "feature/ann", "--base", "main")
    try play.ok("pr", "unwatch", "feature/ann")
    try moveBase()
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().first?["status"] == "cancelled")
    #expect(try scratch.git("rev-parse", "feature/ann", in: "origin.git") == left)
    let worker = try scratch.run(
      ["env", "ORCH_TASK_ID=0123456789ab", BuiltProgram.orch, "pr", "watch", "feature/ann"],
      in: "repo")
    #expect(worker.exitCode != 0, "workers ask for no watch")
  }

  @Test func `whoever deletes their branch ends the watch`() throws {
    let play = try playground(["a.txt": "1\n", "bad": "x\n"])
    let text = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", text + "\nforge:\n  merge: never\n")
    try play.ok("pr", "watch", "feature/ann")
    try play.ok("run", "--until-idle")
    #expect(try play.ok("pr", "show", "feature/ann").contains("feature/ann"))
    try scratch.git("push", "-q", "origin", "--delete", "feature/ann", in: "person")
    try play.ok("run", "--until-idle")
    let task = try #require(try play.tasks().first)
    #expect(task["status"] == "cancelled", "\(task.indentedText)")
    #expect(try scratch.git("branch", "--list", "orch/*", in: "repo") == "")
  }
}
