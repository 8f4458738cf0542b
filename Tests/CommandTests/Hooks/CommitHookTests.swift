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
    #expect(doctor.exitCode == 1 && doctor.output.contains("hooks failed 1 times"), "\(doctor)")
    #expect(doctor.output.contains("post-commit: the configuration is not right"))
    try yard.ok("doctor", "--fix")
    #expect(try yard.ok("doctor").contains("git hooks of orch are installed and run"))
  }

  @Test func `a state that stays locked holds git up no longer than is configured`() throws {
    let yard = try HookYard(settings: "hooks:\n  timeout_seconds: 1\n")
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    holder.arguments = ["flock", scratch["repo/.git/orch/lock"], "sh", "-c", "echo held; read x"]
    let input = Pipe()
    let output = Pipe()
    holder.standardInput = input
    holder.standardOutput = output
    try holder.run()
    #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
    #expect(try yard.commit("x\n\nOrch-Task: late\n") == "")
    try input.fileHandleForWriting.close()
    holder.waitUntilExit()
    #expect(try yard.orch("doctor").output.contains("it did not end within 1 s and gave up"))
  }
}
