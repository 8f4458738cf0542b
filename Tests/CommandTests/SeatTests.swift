import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The orchestrator's seat` {
  let scratch = Scratch.current

  private let places = [".claude/skills/orch/SKILL.md", ".agents/skills/orch/SKILL.md"]

  @Test func `the skill has front matter, and fits into a context`() throws {
    try scratch.repository()
    let skill = try scratch.run([BuiltProgram.orch, "skill"], in: "repo").output
    #expect(skill.hasPrefix("---\nname: orch\ndescription: "))
    #expect(skill.components(separatedBy: "\n---\n").count == 2)
    #expect(skill.utf8.count < 8000)
    // Also outside of a repository.
    #expect(try scratch.run([BuiltProgram.orch, "skill"], in: scratch.path).output == skill)
  }

  @Test
  func `installing is repeatable, follows newer texts, and leaves alone what a person changed`()
    throws
  {
    let play = try Playground()
    #expect(try play.ok("skill", "--install").components(separatedBy: "written").count == 3)
    let text = try scratch.read("repo/" + places[0])
    #expect(text.hasPrefix(try play.ok("skill")))
    #expect(try play.ok("skill", "--install").components(separatedBy: "unchanged").count == 3)
    // What the repository adds belongs to the text.
    try scratch.write("repo/.orch/seat.md", "- Ask before cancelling.\n")
    #expect(try play.ok("skill").hasSuffix("## In this repository\n\n- Ask before cancelling."))
    #expect(try play.ok("skill", "--install").components(separatedBy: "updated").count == 3)
    #expect(try scratch.read("repo/" + places[1]).contains("Ask before cancelling"))
    // A hand-edited copy stays, and it is said so.
    try scratch.write("repo/" + places[0], text.replacingOccurrences(of: "Never", with: "Always"))
    let before = try scratch.read("repo/" + places[0])
    let kept = try play.orch("skill", "--install")
    #expect(kept.exitCode == 1 && kept.errorOutput.contains("changed by hand"))
    #expect(kept.errorOutput.contains("--force") && kept.errorOutput.contains(places[0]))
    #expect(try scratch.read("repo/" + places[0]) == before)
    try play.ok("skill", "--install", "--force")
    #expect(try scratch.read("repo/" + places[0]) == scratch.read("repo/" + places[1]))
  }

  @Test func `the doctor says which installed skill is out of date, and brings it up to date`()
    throws
  {
    let play = try Playground()
    try play.ok("init")
    try play.ok("skill", "--install")
    #expect(try !play.orch("doctor").output.contains("skill"))
    try scratch.write("repo/.orch/seat.md", "- Ask before cancelling.\n")
    let doctor = try play.orch("doctor")
    #expect(doctor.exitCode == 1 && doctor.output.contains("SKILL.md' is out of date"))
    #expect(doctor.output.contains("orch skill --install"))
    #expect(try play.orch("doctor", "--fix").output.contains("2 installed skills were brought"))
    #expect(try scratch.read("repo/" + places[1]).contains("Ask before cancelling"))
    // What a person changed is theirs.
    try scratch.write("repo/" + places[0], "mine\n")
    #expect(try !play.orch("doctor").output.contains("out of date"))
  }

  @Test func `for a user it goes into the home folder, and a bare repository is refused`() throws {
    let play = try Playground()
    try play.ok("skill", "--install", "--user")
    #expect(places.allSatisfy { scratch.exists("home/" + $0) })
    #expect(!scratch.exists("repo/" + places[0]))
    let bare = try scratch.run([BuiltProgram.orch, "skill", "--install"], in: "origin.git")
    #expect(bare.exitCode == 1 && bare.errorOutput.contains("--user"))
    #expect(try play.orch("skill", "--force").exitCode == 64)
  }

  @Test
  func
    `chat becomes the agent's program, with the skill, the message and the person's environment`()
    throws
  {
    let play = try Playground()
    let program = try scratch.write(
      "bin/claude",
      """
      #!/bin/sh
      printf '%s\\n' "$ORCH_SEAT" "$SECRET_OF_MINE" "$PWD" > "$HOME/../seat"
      for word in "$@"; do printf '<%s>\\n' "$word" >> "$HOME/../seat"; done
      orch version >> "$HOME/../seat"
      exit 7
      """)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let path = "\(scratch["bin"]):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    let result = try scratch.run(
      [
        "/usr/bin/env", "PATH=\(path)", "SECRET_OF_MINE=kept", BuiltProgram.orch, "chat",
        "-plan it",
      ],
      in: "repo")
    #expect(result.exitCode == 64)
    let chat = try scratch.run(
      [
        "/usr/bin/env", "PATH=\(path)", "SECRET_OF_MINE=kept", BuiltProgram.orch, "chat", "--agent",
        "claude", "plan it",
      ], in: "repo")
    #expect(chat.exitCode == 7, "\(chat.errorOutput)")
    let seen = try scratch.read("seat")
    #expect(seen.hasPrefix("claude\nkept\n\(scratch["repo"])\n"))
    #expect(seen.contains("<--append-system-prompt>\n<---\nname: orch"))
    #expect(seen.contains("<plan it>\norch "))
    let none = try play.orch("chat", "--agent", "worker")
    #expect(none.exitCode == 1 && none.errorOutput.contains("conversation"))
  }

  @Test
  func `a correction of the seat is made in the worktree that it is said in, from any folder`()
    throws
  {
    let play = try Playground(files: ["README.md": "hello\n", "src/a": "a\n"])
    let id = try play.ok("task", "add", "Work", "--quiet")
    let short = id.prefix(6)
    func correct(_ words: String, in folder: String) throws {
      let result = try play.orch("correct", id, words, "--seat", "--apply", in: folder)
      #expect(result.exitCode == 0 && result.output.contains("commit it"), "\(result)")
    }
    try correct("Ask  first", in: "repo/src")
    #expect(try scratch.read("repo/.orch/seat.md") == "- Ask first (\(short))\n")
    // A linked worktree has files of its own.
    try scratch.git("worktree", "add", "-q", scratch["linked"], in: "repo")
    try correct("Ask again", in: "linked")
    #expect(try scratch.read("linked/.orch/seat.md") == "- Ask again (\(short))\n")
    #expect(try scratch.read("repo/.orch/seat.md") == "- Ask first (\(short))\n")
    let patch = try play.orch("correct", id, "Once more", "--seat", in: "linked").output
    try scratch.write("patch", patch)
    try scratch.git("apply", scratch["patch"], in: "linked")
    #expect(
      try scratch.read("linked/.orch/seat.md").hasSuffix(
        "again (\(short))\n- Once more (\(short))\n"))
    #expect(try play.orch("correct", id, "x", "--apply").exitCode == 64)
  }

  @Test(arguments: ["one\r\ntwo\r\n", "one\r\ntwo", "one\ntwo", "one\n\n", "\n", "", "\u{2028}é\n"])
  func `a correction fits onto any file, as a patch and applied`(old: String) throws {
    let play = try Playground()
    let id = try play.ok("task", "add", "Work", "--quiet")
    try scratch.write("repo/.orch/seat.md", old)
    try scratch.write("patch", try play.ok("correct", id, "Ask", "--seat") + "\n")
    try scratch.git("apply", scratch["patch"], in: "repo")
    let patched = try scratch.read("repo/.orch/seat.md")
    let end = old.contains("\r\n") ? "\r\n" : "\n"
    let whole = old.isEmpty || old.utf8.last == 10 ? old : old + end
    #expect(patched == whole + "- Ask (\(id.prefix(6)))" + end)
    try scratch.write("repo/.orch/seat.md", old)
    try play.ok("correct", id, "Ask", "--seat", "--apply")
    #expect(try scratch.read("repo/.orch/seat.md") == patched)
  }

  @Test func `a correction of the seat is a patch that git takes`() throws {
    let play = try Playground()
    let id = try play.ok("task", "add", "Work", "--quiet")
    for words in ["Ask before  cancelling", "Say what it cost"] {
      let patch = try play.ok("correct", id, words, "--seat") + "\n"
      try scratch.write("patch", patch)
      try scratch.git("apply", scratch["patch"], in: "repo")
    }
    let short = id.prefix(6)
    #expect(
      try scratch.read("repo/.orch/seat.md")
        == "- Ask before cancelling (\(short))\n- Say what it cost (\(short))\n")
    #expect(try play.ok("skill").contains("Say what it cost"))
    #expect(try play.ok("lesson", "list", "--json") == "[]")
  }
}
