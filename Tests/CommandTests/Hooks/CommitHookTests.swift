import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Commits that ask for tasks` {
  let scratch = Scratch.current

  @Test func `a trailer and a marked line are a task each, and git says nothing of it`() throws {
    let yard = try HookYard()
    let said = try yard.commit(
      "Work\n\nOrch-Task: Look at the cache\n",
      ["src/a.swift": "x\n// TODO(orch): name this better\n"])
    #expect(said == "")
    #expect(try yard.titles() == ["Look at the cache", "name this better"])
    let tasks = try yard.play.tasks()
    let body = try #require(tasks.compactMap { $0["body"]?.string }.first { $0.contains("line 2") })
    #expect(body.contains("by Test Author <author@example.invalid>.\n\n- src/a.swift line 2\n"))
    #expect(tasks.allSatisfy { $0["source"] == "commit" && $0["status"] == "new" })
  }

  @Test func `whatever is amended, rebased, squashed, picked or merged, each is one task`() throws {
    let yard = try HookYard()
    try yard.git("switch", "-qc", "work")
    try yard.commit("One\n\nOrch-Task: First\n", ["a": "// TODO(orch): mark\n"])
    try yard.git("commit", "-q", "--amend", "-m", "One again\n\nOrch-Task: first\n")
    try yard.commit("Two\n\nOrch-Task: Second\n", ["b": "b\n"])
    try yard.git("mv", "a", "a2")
    try yard.commit("Move")
    #expect(try yard.titles() == ["First", "Second", "mark"])
    #expect(try yard.play.tasks().count == 3)
    try yard.git("switch", "-q", "main")
    try yard.commit("Main goes on", ["c": "c\n"])
    try yard.git("switch", "-q", "work")
    try yard.git("rebase", "-q", "main")
    try yard.git(
      "rebase", "-qi", "main",
      environment: ["GIT_SEQUENCE_EDITOR": "sed -i '2,$s/^pick/squash/'", "GIT_EDITOR": "true"])
    try yard.git("switch", "-q", "main")
    try yard.git("cherry-pick", "work")
    try yard.git("reset", "-q", "--hard", "HEAD^")
    try yard.git("merge", "-q", "--no-ff", "-m", "Merge\n\nOrch-Task: Second\n", "work")
    try yard.git("push", "-q", "origin", "main")
    #expect(try yard.titles() == ["First", "Second", "mark"])
  }

  @Test func `a merge that git makes by itself asks, one that only moves the branch does not`()
    throws
  {
    let yard = try HookYard()
    try yard.git("switch", "-qc", "side")
    try yard.commit("Side", ["side": "s\n"])
    try yard.git("switch", "-q", "main")
    try yard.commit("Main", ["main": "m\n"])
    try yard.git("merge", "-q", "--no-ff", "-m", "Merge side\n\nOrch-Task: Of the merge\n", "side")
    #expect(try yard.titles() == ["Of the merge"])
    #expect(try yard.play.tasks().first?["source"] == "commit")
    // Somebody else's merge, which the branch only moves on to.
    try scratch.git("clone", "-q", scratch["repo"], "other")
    try scratch.git("switch", "-qc", "theirs", in: "other")
    try scratch.git("commit", "-q", "--allow-empty", "-m", "x", in: "other")
    try scratch.git("switch", "-q", "main", in: "other")
    try scratch.git(
      "merge", "-q", "--no-ff", "-m", "m\n\nOrch-Task: Of another\n", "theirs", in: "other")
    try yard.git("pull", "-q", "--ff-only", scratch["other"], "main")
    #expect(
      try yard.git("log", "-1", "--format=%B").contains("Of another"), "the branch moved on")
    try yard.git("merge", "-q", "--squash", "side")
    #expect(try yard.titles() == ["Of the merge"])
  }

  @Test func `a patch that git am applies asks once, and its text is from outside`() throws {
    let yard = try HookYard()
    try yard.git("switch", "-qc", "work")
    try scratch.write("repo/a", "a\n")
    try yard.git("add", "a")
    let worker = ["ORCH_TASK_ID": "0123456789ab"]
    try yard.git("commit", "-qm", "One\n\nOrch-Task: From a mail\n", environment: worker)
    let patch = try yard.git("format-patch", "-1", "--stdout")
    try scratch.write("patch", patch)
    try yard.git("switch", "-q", "main")
    #expect(try yard.titles() == [])
    try yard.git("am", "-q", scratch["patch"])
    #expect(try yard.titles() == ["From a mail"])
    #expect(try yard.play.tasks().first?["source"] == "push")
    // A rebase by patches does not ask for each of them.
    try yard.git("switch", "-q", "work")
    try yard.git(
      "commit", "-q", "--amend", "-m", "One\n\nOrch-Task: Rebased\n", environment: worker)
    try yard.git("reset", "-q", "--hard", "HEAD")
    try yard.git("switch", "-q", "main")
    try yard.git("reset", "-q", "--hard", "HEAD^")
    try yard.commit("Base", ["base": "b\n"])
    try yard.git("switch", "-q", "work")
    try yard.git("rebase", "-q", "--apply", "main")
    #expect(try yard.titles() == ["From a mail", "Rebased"])
    #expect(try yard.play.tasks().last?["source"] == "commit")
  }

  @Test func `commits that a rebase makes of old ones may ask for more`() throws {
    let yard = try HookYard()
    for number in 1...3 { try yard.commit("Work \(number)", ["f\(number)": "x\n"]) }
    // Reworded, and one more made by hand in the middle.
    try yard.git(
      "rebase", "-qi", "HEAD~3",
      environment: [
        "GIT_SEQUENCE_EDITOR":
          "sed -i -e '1s/^pick/reword/' -e '2a exec git commit -q --allow-empty -m \"By hand\" -m \"Orch-Task: In between\"'",
        "GIT_EDITOR": "printf 'Reworded\\n\\nOrch-Task: Reworded in\\n' >",
      ])
    #expect(try yard.titles() == ["In between", "Reworded in"])
  }

  @Test func `a rebase of five hundred commits doubles nothing and starts no orch for each`() throws
  {
    let yard = try HookYard()
    try yard.git("switch", "-qc", "long")
    var stream = ""
    for number in 1...500 {
      let asks = number % 50 == 0 ? "\n\nOrch-Task: Ask \(number)" : ""
      let message = "Commit \(number)\(asks)\n"
      stream += "commit refs/heads/long\n"
      stream += "author A <a@b> \(1_700_000_000 + number) +0000\n"
      stream += "committer A <a@b> \(1_700_000_000 + number) +0000\n"
      stream += "data \(message.utf8.count)\n\(message)"
      if number == 1 { stream += "from refs/heads/main^0\n" }
      stream += "M 644 inline f\(number)\ndata 2\nx\n\n"
    }
    try scratch.git("fast-import", "--quiet", in: "repo", input: stream + "done\n")
    try yard.git("reset", "-q", "--hard", "long")
    try yard.git("switch", "-q", "main")
    try yard.commit("Base", ["base": "b\n"])
    try yard.git("switch", "-q", "long")
    // A program in the place of orch that counts its starts.
    try FileManager.default.removeItem(atPath: scratch["bin/orch"])
    let wrapper = try scratch.write(
      "bin/orch",
      "#!/bin/sh\necho \"$2\" >> '\(scratch["starts"])'\nexec '\(BuiltProgram.orch)' \"$@\"\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: wrapper)
    #expect(try yard.git("rebase", "-q", "main") == "")
    #expect(try scratch.read("starts") == "post-rewrite\n")
    let asked = stride(from: 50, through: 500, by: 50).map { "Ask \($0)" }.sorted()
    #expect(try yard.titles() == asked)
    try yard.git("rebase", "-q", "--force-rebase", "main")
    #expect(try yard.titles() == asked)
  }

  @Test func `a message in Latin-1 is read as such`() throws {
    let yard = try HookYard()
    let message = "Arbeit\n\nOrch-Task: Prüfe die Größe\n"
    let bytes = message.unicodeScalars.map { UInt8($0.value) }
    try Data(bytes).write(to: URL(fileURLWithPath: scratch["message"]))
    try yard.git(
      "-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-F",
      scratch["message"])
    #expect(try yard.titles() == ["Prüfe die Größe"])
  }

  @Test func `ten trailers are ten tasks, one of ten kilobytes is one`() throws {
    let yard = try HookYard()
    let lines = (1...10).map { "Orch-Task: number \($0)" }.joined(separator: "\n")
    try yard.commit("Ten\n\n\(lines)\n")
    #expect(try yard.titles().count == 10)
    let long = String(repeating: "long ", count: 2048)
    try yard.commit("Long\n\nOrch-Task: \(long)\n")
    #expect(try yard.titles().count == 11)
    let task = try #require(try yard.play.tasks().last)
    #expect(task["title"]?.string?.count == 300)
    try yard.git("commit", "-q", "--amend", "--no-edit", "--allow-empty")
    #expect(try yard.titles().count == 11)
  }

  @Test func `asked again after it was done, the same words are another task`() throws {
    let yard = try HookYard()
    try yard.commit("One\n\nOrch-Task: Update\n")
    let id = try #require(try yard.play.tasks().first?["id"]?.string)
    try yard.ok("task", "cancel", id)
    try yard.git("commit", "-q", "--amend", "--no-edit", "--allow-empty")
    #expect(try yard.titles() == ["Update"])
    try yard.git(
      "commit", "-q", "--allow-empty", "-m", "Two\n\nOrch-Task: update\n",
      environment: ["GIT_AUTHOR_DATE": "2090-01-01T00:00:00Z"])
    #expect(try yard.titles() == ["Update", "update"])
    try yard.git("commit", "-q", "--amend", "--no-edit", "--allow-empty")
    #expect(try yard.titles() == ["Update", "update"])
  }

  @Test func `a worker's commits, switched-off kinds and quoted marks ask nothing`() throws {
    let yard = try HookYard(settings: "hooks:\n  trailers: false\n")
    try yard.commit("x\n\nOrch-Task: off\n", ["a": "`TODO(orch): quoted`\n"])
    try yard.git(
      "commit", "-q", "--allow-empty", "-m", "x\n\nOrch-Task: worker\n",
      environment: ["ORCH_TASK_ID": "0123456789ab"])
    #expect(try yard.titles() == [])
    try yard.commit("x", ["b": "# TODO(orch): on\n"])
    #expect(try yard.titles() == ["on"])
  }

  @Test func `what fails is silent to git and said by the doctor, and then forgotten`() throws {
    let yard = try HookYard()
    let good = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", "workflow: [not, a, map\n")
    #expect(try yard.commit("x\n\nOrch-Task: lost\n") == "")
    try scratch.write("repo/.orch.yml", good)
    let doctor = try yard.orch("doctor")
    #expect(doctor.exitCode == 1 && doctor.output.contains("hooks failed once"), "\(doctor)")
    #expect(doctor.output.contains("post-commit: the configuration is not right"))
    try yard.ok("doctor", "--fix")
    #expect(try yard.ok("doctor").contains("git hooks of orch are installed and run"))
  }

  @Test func `a remote that hangs holds a push up no longer, and what was started for it ends`()
    async throws
  {
    let yard = try HookYard(settings: "hooks:\n  timeout_seconds: 1\n")
    try yard.ok("init")
    try yard.ok("sync")
    try yard.ok("task", "add", "Something new")
    // The code goes to the folder; the state's own push meets an ssh that never answers.
    let ssh = try scratch.write(
      "bin/hanging-ssh", "#!/bin/sh\necho $$ >> '\(scratch["ssh"])'\nsleep 600\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: ssh)
    try scratch.git("remote", "set-url", "origin", "ssh://nowhere.invalid/x", in: "repo")
    try yard.commit("x")
    try scratch.git("push", "-q", scratch["origin.git"], "HEAD:main", in: "repo")
    let pushed = try scratch.run(
      ["sh", "-c", ".git/hooks/pre-push origin x < /dev/null"], in: "repo",
      environment: yard.environment.merging(["GIT_SSH_COMMAND": ssh, "GIT_DIR": ".git"]) { $1 })
    #expect(pushed.exitCode == 0 && pushed.output + pushed.errorOutput == "")
    let pids = try scratch.read("ssh").split(separator: "\n").compactMap { Int32($0) }
    #expect(!pids.isEmpty)
    #expect(await eventually { pids.allSatisfy { kill($0, 0) != 0 } })
    #expect(try yard.orch("doctor").output.contains("pre-push: it did not end within 1 s"))
  }

  @Test func `a state that stays locked holds git up no longer than is configured`() throws {
    let yard = try HookYard(settings: "hooks:\n  timeout_seconds: 1\n")
    let (input, output) = (Pipe(), Pipe())
    let holder = try ChildProcess(
      ["flock", scratch["repo/.git/orch/lock"], "sh", "-c", "echo held; read x"],
      input: .pipe(input), output: .pipe(output))
    #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
    #expect(try yard.commit("x\n\nOrch-Task: late\n") == "")
    try input.fileHandleForWriting.close()
    holder.waitForEnd()
    #expect(try yard.orch("doctor").output.contains("it did not end within 1 s and gave up"))
  }
}
