import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Several machines` {
  let scratch = Scratch.current

  private func orch(_ directory: String, _ arguments: String...) throws -> CommandResult {
    try scratch.run([BuiltProgram.orch] + arguments, in: directory)
  }

  @discardableResult
  private func ok(_ directory: String, _ arguments: String...) throws -> String {
    let command = [BuiltProgram.orch] + arguments
    let result = try scratch.run(command, in: directory)
    guard result.exitCode == 0 else { throw CommandFailure(command: command, result: result) }
    return result.output.trimmingCharacters(in: .newlines)
  }

  private func titles(_ directory: String) throws -> [String] {
    let list = try JSONValue(parsing: ok(directory, "task", "list", "--json", "--limit", "1000"))
    return (list.array ?? []).compactMap { $0["title"]?.string }.sorted()
  }

  private func tip(_ directory: String) throws -> String {
    try scratch.git("rev-parse", "refs/orch/state", in: directory)
  }

  /// A repository with a remote, and a clone of both made by orch.
  private func twoMachines() throws {
    _ = try Playground()
    try ok("repo", "task", "add", "First")
    try ok("repo", "sync")
    try ok(".", "clone", scratch["origin.git"], "other")
  }

  @Test func `a clone has the tasks, and both go on from the same commit`() throws {
    try twoMachines()
    #expect(try titles("other") == ["First"])
    #expect(try tip("other") == tip("repo"))
    #expect(
      try scratch.git("log", "--oneline", "refs/orchestrator", in: "other").contains("new: First"))
    try ok("other", "task", "add", "Second")
    #expect(try ok("other", "sync").contains("pushed"))
    #expect(try ok("repo", "sync").contains("took in 1 tasks"))
    #expect(try tip("other") == tip("repo"))
    #expect(try ok("repo", "sync").contains("the same state"))
  }

  @Test func `what was written apart is in both, whoever syncs first`() throws {
    try twoMachines()
    let first = try ok("repo", "task", "list", "--json")
    let id = try #require(JSONValue(parsing: first).array?.first?["id"]?.string)
    try ok("repo", "task", "edit", id, "--label", "here")
    try ok("other", "task", "edit", id, "--label", "there", "--priority", "3")
    try ok("repo", "task", "add", "Mine")
    try ok("other", "task", "add", "Yours")
    for directory in ["repo", "other", "repo", "other"] { try ok(directory, "sync") }
    #expect(try tip("other") == tip("repo"))
    for directory in ["repo", "other"] {
      #expect(try titles(directory) == ["First", "Mine", "Yours"])
      let task = try JSONValue(parsing: ok(directory, "task", "show", id, "--json"))
      #expect(task["labels"]?.strings == ["here", "there"])
      #expect(task["priority"] == 3)
    }
    try scratch.git("fsck", "--strict", "--no-dangling", in: "origin.git")
  }

  @Test func `machines that sync at the same moment lose nothing`() async throws {
    try twoMachines()
    let names = ["repo", "other", "third", "fourth"]
    for name in names.dropFirst(2) { try ok(".", "clone", scratch["origin.git"], name) }
    try await withThrowingTaskGroup { group in
      for name in names {
        group.addTask {
          for number in 1...5 {
            let add = try Scratch.current.run(
              [BuiltProgram.orch, "task", "add", "\(name) \(number)"], in: name)
            #expect(add.exitCode == 0, "\(add.errorOutput)")
            let sync = try Scratch.current.run([BuiltProgram.orch, "sync"], in: name)
            #expect(sync.exitCode == 0 || sync.exitCode == 75, "\(sync.errorOutput)")
          }
        }
      }
      try await group.waitForAll()
    }
    for _ in 1...2 { for name in names { try ok(name, "sync") } }
    let expected = (["First"] + names.flatMap { name in (1...5).map { "\(name) \($0)" } }).sorted()
    for name in names {
      #expect(try titles(name) == expected)
      #expect(try tip(name) == tip("repo"))
    }
  }

  @Test func `a task that was done elsewhere is done here, with its provenance`() throws {
    try twoMachines()
    try ok("repo", "run", "--until-idle")
    try ok("repo", "sync")
    try ok("other", "sync")
    let task = try JSONValue(parsing: ok("other", "task", "list", "--json")).array?.first
    #expect(task?["status"] == "done")
    try scratch.git("pull", "-q", in: "other")
    let file = "file-\(task?["id"]?.string ?? "").txt"
    #expect(try ok("other", "blame", file).contains("First"))
  }

  @Test func `notes written apart are joined`() throws {
    try twoMachines()
    let head = try scratch.git("rev-parse", "main", in: "repo")
    for (directory, text) in [("repo", "{\"from\":1}"), ("other", "{\"from\":2}")] {
      try scratch.git(
        "notes", "--ref", "refs/notes/orchestrator", "add", "-m", text, head, in: directory)
    }
    for directory in ["repo", "other", "repo", "other"] { try ok(directory, "sync") }
    for directory in ["repo", "other"] {
      let note = try scratch.git(
        "notes", "--ref", "refs/notes/orchestrator", "show", head, in: directory)
      #expect(Set(note.split(separator: "\n")) == ["{\"from\":1}", "{\"from\":2}"])
    }
    let notes = try ["repo", "other"].map {
      try scratch.git("rev-parse", "refs/notes/orchestrator", in: $0)
    }
    #expect(notes[0] == notes[1])
  }

  @Test func `a remote that was rewound by force gets everything back`() throws {
    try twoMachines()
    let old = try tip("repo")
    try ok("repo", "task", "add", "Later")
    try ok("repo", "sync")
    try scratch.git("update-ref", "refs/orch/state", old, in: "origin.git")
    try ok("other", "task", "add", "Meanwhile")
    try ok("other", "sync")
    try ok("repo", "sync")
    try ok("other", "sync")
    #expect(try titles("other") == ["First", "Later", "Meanwhile"])
    #expect(try tip("other") == tip("repo"))
  }

  @Test func `what must not be believed is kept out, and the rest is taken in`() throws {
    try twoMachines()
    // Someone pushes a link and a program into the state by hand.
    try scratch.git(
      "worktree", "add", "-q", "--detach", scratch["evil"], "refs/orch/state", in: "other")
    try FileManager.default.createSymbolicLink(
      atPath: scratch["evil/meta/link"], withDestinationPath: "/etc/passwd")
    try scratch.write("evil/meta/note.md", "harmless\n")
    try scratch.git("add", "-A", in: "evil")
    try scratch.git("commit", "-qm", "by hand", in: "evil")
    try scratch.git("push", "-q", "origin", "HEAD:refs/orch/state", in: "evil")
    let result = try orch("repo", "sync")
    #expect(result.exitCode == 0, "\(result.errorOutput)")
    #expect(result.errorOutput.contains("kept out 'meta/link'"), "\(result)")
    let files = try scratch.git("ls-tree", "-r", "--name-only", "refs/orch/state", in: "repo")
    #expect(!files.contains("meta/link"))
    #expect(files.contains("meta/note.md"))
  }

  @Test func `a history that git's own checks refuse is neither taken in nor overwritten`() throws {
    try twoMachines()
    let root = try scratch.git("rev-parse", "refs/orch/state^{tree}", in: "repo")
    let listed = try scratch.git("ls-tree", root, in: "origin.git")
    try scratch.write("listing", listed + "\n040000 tree \(root)\t.git\n")
    let made = try scratch.run(
      [
        "sh", "-c",
        "git -C origin.git mktree < listing | xargs -I T git -C origin.git commit-tree -p "
          + "refs/orch/state -m evil T | xargs git -C origin.git update-ref refs/orch/state",
      ], in: ".")
    #expect(made.exitCode == 0, "\(made)")
    let evil = try scratch.git("rev-parse", "refs/orch/state", in: "origin.git")
    try ok("repo", "task", "add", "Mine")
    let mine = try tip("repo")
    let result = try orch("repo", "sync")
    #expect(result.exitCode == 1 || result.errorOutput.contains("nothing was pushed"), "\(result)")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "origin.git") == evil)
    #expect(try !scratch.git("ls-tree", "refs/orch/state", in: "repo").contains(".git"))
    #expect(
      try scratch.git("merge-base", "--is-ancestor", mine, "refs/orch/state", in: "repo") == "")
  }

  @Test func `without a remote, or with one that is away, nothing is lost and it is said`() throws {
    try twoMachines()
    try ok("repo", "task", "add", "Offline")
    try FileManager.default.moveItem(atPath: scratch["origin.git"], toPath: scratch["away.git"])
    let away = try orch("repo", "sync")
    #expect(away.exitCode == 1 && away.errorOutput.contains("error: "), "\(away)")
    #expect(try titles("repo") == ["First", "Offline"])
    let unknown = try orch("repo", "sync", "--remote", "nowhere")
    #expect(unknown.exitCode == 1 && unknown.errorOutput.contains("nowhere"))
    try FileManager.default.moveItem(atPath: scratch["away.git"], toPath: scratch["origin.git"])
    try ok("repo", "sync")
  }
}
