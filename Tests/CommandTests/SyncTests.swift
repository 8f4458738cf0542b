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

  @Test func `two that push nothing but notes at the same moment both get there`() throws {
    try twoMachines()
    let head = try scratch.git("rev-parse", "main", in: "repo")
    for (directory, text) in [("other", "{\"from\":2}"), ("repo", "{\"from\":1}")] {
      try scratch.git(
        "notes", "--ref", "refs/notes/orchestrator", "add", "-m", text, head, in: directory)
    }
    try ok("other", "sync")
    // The other one is faster by as little as there is.
    try scratch.git(
      "update-ref", "refs/faster", "refs/notes/orchestrator", in: "origin.git")
    try scratch.git("update-ref", "-d", "refs/notes/orchestrator", in: "origin.git")
    let git = try scratch.git("--exec-path") + "/git"
    try scratch.write(
      "bin/git",
      """
      #!/bin/sh
      case " $* " in
      *" push "*"refs/notes/orchestrator"*)
        if [ ! -e "\(scratch["was-faster"])" ]; then
          touch "\(scratch["was-faster"])"
          "\(git)" -C "\(scratch["origin.git"])" update-ref refs/notes/orchestrator refs/faster
        fi ;;
      esac
      exec "\(git)" "$@"

      """)
    _ = try scratch.run(["chmod", "+x", scratch["bin/git"]])
    let path = scratch["bin"] + ":" + (scratch.environment["PATH"] ?? "")
    let sync = try scratch.run(
      [BuiltProgram.orch, "sync"], in: "repo", environment: ["PATH": path])
    #expect(sync.exitCode == 0, "\(sync)")
    #expect(scratch.exists("was-faster"))
    let note = try scratch.git(
      "notes", "--ref", "refs/notes/orchestrator", "show", head, in: "origin.git")
    #expect(Set(note.split(separator: "\n")) == ["{\"from\":1}", "{\"from\":2}"])
  }

  @Test func `the pre-push hook takes the tasks along with the code`() throws {
    try twoMachines()
    let path =
      URL(fileURLWithPath: BuiltProgram.orch).deletingLastPathComponent().path + ":"
      + (scratch.environment["PATH"] ?? "")
    let installed = try scratch.run(
      [BuiltProgram.orch, "hooks", "install"], in: "repo", environment: ["PATH": path])
    #expect(installed.exitCode == 0, "\(installed)")
    try ok("repo", "task", "add", "Travels with the code")
    try scratch.write("repo/more.txt", "more\n")
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "more", in: "repo")
    let push = try scratch.run(
      ["git", "push", "-q", "origin", "main"], in: "repo", environment: ["PATH": path])
    #expect(push.exitCode == 0, "\(push)")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "origin.git") == tip("repo"))
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

  @Test func `a file above the limits is kept out, and a flood of bytes is refused as a whole`()
    throws
  {
    try twoMachines()
    try scratch.git(
      "worktree", "add", "-q", "--detach", scratch["evil"], "refs/orch/state", in: "other")
    for (name, size) in [("large", "1M"), ("flood", "64M")] {
      // Zeros: a few kilobytes on the wire.
      _ = try scratch.run(["truncate", "-s", size, scratch["evil/meta/\(name)"]])
      try scratch.git("add", "-A", in: "evil")
      try scratch.git("commit", "-qm", name, in: "evil")
      try scratch.git("push", "-q", "origin", "HEAD:refs/orch/state", in: "evil")
      try ok("repo", "task", "add", "Beside \(name)")
      let before = try tip("repo")
      let result = try orch("repo", "sync")
      if name == "large" {
        #expect(result.exitCode == 0, "\(result)")
        #expect(
          result.errorOutput.contains("kept out 'meta/large': it has 1048576 bytes"), "\(result)")
        try scratch.git("pull", "-q", "--no-edit", "origin", "refs/orch/state", in: "evil")
      } else {
        #expect(result.exitCode != 0 && result.errorOutput.contains("hint: "), "\(result)")
        #expect(result.errorOutput.contains("more than 52428800 bytes"), "\(result)")
        #expect(try tip("repo") == before)
      }
      #expect(try titles("repo").contains("Beside \(name)"))
    }
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

  @Test func `a machine that was away for long catches up, and a new one begins with all of it`()
    throws
  {
    try twoMachines()
    // What thousands of tasks weigh, in a few commits.
    let script = """
      import sys
      for week in range(3):
        print('commit refs/orch/state\\ncommitter a <a@b.c> %d +0000\\ndata 1\\nw' % (2000000000 + week))
        if week == 0: print('from refs/orch/state^0')
        for folder in range(9):
          for file in range(1000):
            text = '%d.%d.%d' % (week, folder, file)
            print('M 100644 inline extra-%d-%d/n%d\\ndata %d\\n%s' % (week, folder, file, len(text), text))
        print()
      """
    let made = try scratch.run(
      ["sh", "-c", "python3 -c \"$1\" | git fast-import --quiet --force", "sh", script], in: "repo")
    #expect(made.exitCode == 0, "\(made)")
    try ok("repo", "sync")
    try ok("other", "sync")
    #expect(try tip("other") == tip("repo"))
    try ok(".", "clone", scratch["origin.git"], "third")
    #expect(try tip("third") == tip("repo"))
  }

  @Test func `more than a sync takes in unasked is taken in by a person's word`() throws {
    try twoMachines()
    let script = """
      print('commit refs/orch/state\\ncommitter a <a@b.c> 2000000000 +0000\\ndata 1\\nw')
      print('from refs/orch/state^0')
      for number in range(21000):
        text = str(number)
        folder, file = divmod(number, 1000)
        print('M 100644 inline extra-%d/n%d\\ndata %d\\n%s' % (folder, file, len(text), text))
      """
    let made = try scratch.run(
      ["sh", "-c", "python3 -c \"$1\" | git fast-import --quiet --force", "sh", script], in: "repo")
    #expect(made.exitCode == 0, "\(made)")
    try ok("repo", "sync")
    let before = try tip("other")
    let refused = try orch("other", "sync")
    #expect(refused.exitCode == 1 && refused.errorOutput.contains("orch sync --all"), "\(refused)")
    #expect(try tip("other") == before)
    try ok("other", "sync", "--all")
    #expect(try tip("other") == tip("repo"))
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
