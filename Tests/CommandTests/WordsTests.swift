import Foundation
import JSON
import TestSupport
import Testing

/// What commands say to people: words of what happened, and nothing of how orch calls it inside.
@Suite(.scratch, .timeLimit(.minutes(30))) struct `Words for people` {
  let scratch = Scratch.current

  /// Names of effects, events and statuses that no text is to show.
  private static let inner = [
    "ended", "supervise", "route:", "pr.", "task.", "attempt.", "once more ended", "escalated",
    "is needs review", "1 commits",
  ]

  private func innerWords(_ text: String) -> [String] { Self.inner.filter(text.contains) }

  @Test func `a run says whether checks passed or failed, and why it stopped`() throws {
    // The base passes, and whatever the worker adds fails.
    let play = try Playground(
      agent: """
        prompt=$(cat)
        case "$prompt" in *"pr.failing"* | *"attempt.started"*) echo inner >> "$HOME/../inner" ;; esac
        case "$prompt" in *"Z checks failed (tests)"*) echo told >> "$HOME/../told" ;; esac
        echo "$ORCH_ATTEMPT" >> work.txt
        git add work.txt
        git commit -qm "Work"
        """,
      settings: """
        checks:
          - {name: tests, command: "echo it is broken; test ! -e work.txt"}
        """)
    let id = try play.ok("task", "add", "Fix it", "--quiet")
    let run = try play.orch("run", "--until-idle")
    let said = run.errorOutput.split(separator: "\n").map(String.init)
    let name = id.prefix(6)
    for line in [
      "\(name) started: Fix it (attempt 1, worker)", "\(name) checks begin: Fix it",
      "\(name) checks failed: Fix it (tests)", "\(name) checks run again: Fix it (tests)",
      "\(name) needs review: Fix it",
    ] { #expect(said.contains(line), "\(line):\n\(run.errorOutput)") }
    #expect(said.last?.hasPrefix("\(name)  needs review  Fix it") == true, "\(said)")
    #expect(innerWords(run.errorOutput) == [])
    // The same in the task's own log, on its page, and in the list of pull requests.
    let log = try play.ok("task", "log", id)
    #expect(log.contains("Z  started (attempt 1, worker)\n"), "\(log)")
    #expect(log.contains("Z  finished (1 commit)\n"), "\(log)")
    #expect(log.contains("Z  checks failed (tests)\n"), "\(log)")
    #expect(log.contains("Z  to be repaired ('tests')\n"), "\(log)")
    let page = try play.ok("task", "show", id)
    let list = try play.ok("pr", "list")
    for text in [log, page, list] { #expect(innerWords(text) == [], "\(text)") }
    #expect(scratch.exists("told") && !scratch.exists("inner"), "the prompts of the repairs")
    // What is not in review is not merged, and it says how to go on.
    let merge = try play.orch("pr", "merge", id)
    #expect(merge.exitCode == 1 && merge.errorOutput.contains("'\(name)' needs review"))
    #expect(merge.errorOutput.contains("orch task show \(name)"), "\(merge)")
  }

  @Test func `a plan of a run has titles, for programs too`() throws {
    let play = try Playground()
    let first = try play.ok("task", "add", "Build it", "--quiet")
    let second = try play.ok("task", "add", "Use it", "--after", first, "--quiet")
    #expect(try play.ok("run", "--plan").contains("Build it  choose an agent"))
    try play.ok("task", "route")
    #expect(
      try play.ok("run", "--plan").split(separator: "\n") == [
        "\(first.prefix(6))  Build it  start a worker",
        "\(second.prefix(6))  Use it    waits for \(first.prefix(6))",
      ])
    let json = try JSONValue(parsing: play.ok("run", "--plan", "--json"))
    let effect = json["effects"]?.array?.first
    #expect(effect?["step"] == "start" && effect?["title"] == "Build it")
    try play.ok("run", "--until-idle")
    let idle = try play.orch("run", "--plan")
    #expect(idle.output.isEmpty && idle.errorOutput == "nothing is to be done\n", "\(idle)")
  }

  @Test(arguments: [["run", "--until-idle"], ["run", "--once"], ["task", "run"]])
  func `a run for programs ends with one document of how things stand`(words: [String]) throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        printf '{"status":"blocked","summary":"s","reason":"which side?","needs_help":true}' \
          > "$ORCH_OUTPUT"
        """)
    let id = try play.ok("task", "add", "Build it", "--quiet")
    try play.ok("task", "route")
    let run = try scratch.run([BuiltProgram.orch] + words + ["--json"], in: "repo")
    #expect(run.exitCode == 0 && run.errorOutput.contains("started: Build it"), "\(run)")
    let json = try JSONValue(parsing: run.output.trimmingCharacters(in: .newlines))
    #expect(json["counts"]?["needs_review"]?.int == 1, "\(run)")
    let open = json["open"]?.array ?? []
    #expect(open.count == 1 && open.first?["id"]?.string == id, "\(run)")
    #expect(open.first?["detail"]?.string?.contains("which side?") == true, "\(run)")
    // The cursor is one to be asked for news with.
    let cursor = json["cursor"]?.string ?? ""
    #expect(try play.ok("status", "--since", cursor).contains("nothing new"))
  }

  @Test func `usage errors show the usage of the command at fault`() throws {
    _ = try Playground()
    for (words, usage) in [
      (["cost", "--by", "moon"], "orch cost"), (["lock", "run", "x"], "orch lock run"),
      (["lesson", "add", "x", "--scope", "y"], "orch lesson add"),
      (["job", "add", "soon", "x"], "orch job add"),
      (["task", "add", "x", "--kind", "y"], "orch task add"), (["run", "--jobs", "0"], "orch run"),
    ] {
      let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(result.exitCode == 64 && result.errorOutput.hasPrefix("Error: "), "\(result)")
      #expect(result.errorOutput.contains("\nUsage: \(usage) "), "\(words): \(result.errorOutput)")
      #expect(result.errorOutput.contains("  See '\(usage) --help'"), "\(result.errorOutput)")
    }
  }

  @Test func `help is help, and names the flags that every command takes`() throws {
    for words in [["--help"], ["help"], ["help", "run"], ["run", "--help"]] {
      let result = try scratch.run([BuiltProgram.orch] + words)
      #expect(result.exitCode == 0 && result.output.hasPrefix("OVERVIEW: "), "\(words): \(result)")
    }
    let help = try scratch.run([BuiltProgram.orch, "--help"]).output
    #expect(help.contains("USAGE: orch [-C <dir>] [--json] [--quiet] <subcommand>"), "\(help)")
  }

  @Test func `messages say when they are heard, and a verdict what it did`() throws {
    let play = try Playground(settings: "forge:\n  merge: never")
    try play.ok("init")
    #expect(try play.orch("msg", "list").errorOutput.contains("nobody has said anything"))
    #expect(try play.orch("pr", "list").errorOutput == "no open pull requests\n")
    let id = try play.ok("task", "add", "Work", "--quiet")
    let name = id.prefix(6)
    #expect(
      try play.ok("msg", "send", id, "Mind the gap")
        == "\(name) told, heard with its next prompt: Work")
    try play.ok("run", "--until-idle")
    #expect(try play.ok("pr", "approve", id).hasPrefix("\(name) approved: Work"))
    try play.ok("pr", "merge", id)
    #expect(try play.ok("msg", "send", id, "Thanks").contains("told, but it is over"))
    let over = try play.orch("task", "cancel", id)
    #expect(over.exitCode == 1 && over.errorOutput.contains("is done, and cannot be cancelled"))
  }

  @Test func `a tree shows the parts of a plan in the plan's order`() throws {
    let pieces = (1...6).map { #"{"title":"Piece \#($0)","body":"b"}"# }
    let play = try Playground(
      agent: """
        cat > /dev/null
        [ "$ORCH_TASK_KIND $ORCH_PURPOSE" = "spec work" ] || exit 3
        printf '%s' '{"status":"done","summary":"s","delegations":[\(pieces.joined(separator: ","))]}' \\
          > "$ORCH_OUTPUT"
        """)
    let id = try play.ok("task", "plan", "Divide it", "--quiet")
    try play.ok("run", "--until-idle")
    try play.ok("task", "approve", id)
    let tree = try play.ok("task", "tree", id).split(separator: "\n").dropFirst()
    #expect(tree.map { String($0.suffix(7)) } == (1...6).map { "Piece \($0)" }, "\(tree)")
  }
}

/// What commands say where something is wrong with the repository or its configuration.
@Suite(.scratch, .timeLimit(.minutes(30))) struct `Words about what is wrong` {
  let scratch = Scratch.current

  @Test func `a path with a line break is refused before anything is begun`() throws {
    let folder = "odd\nname"
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.repository(folder, files: ["README.md": "hello\n"])
    try scratch.git("remote", "add", "origin", scratch["origin.git"], in: folder)
    try scratch.git("push", "-q", "origin", "main", in: folder)
    for words in [["init"], ["run", "--until-idle"]] {
      let result = try scratch.run([BuiltProgram.orch] + words, in: folder)
      #expect(result.exitCode == 1 && result.errorOutput.contains("line break"), "\(result)")
    }
    let doctor = try scratch.run([BuiltProgram.orch, "doctor"], in: folder)
    #expect(doctor.output.contains("BAD  the path of this repository has a line break"))
  }

  @Test func `the doctor says that there is no remote, and what to do`() throws {
    try scratch.repository("repo", files: ["README.md": "hello\n"])
    let result = try scratch.run([BuiltProgram.orch, "doctor"], in: "repo")
    #expect(result.output.contains("BAD  this repository has no remote 'origin'\n"), "\(result)")
    #expect(result.output.contains("git remote add origin URL"), "\(result)")
    #expect(!result.output.contains("ls-remote"), "\(result)")
  }

  @Test func `a wrong configuration is said by status, and its problems one by one by the doctor`()
    throws
  {
    let play = try Playground()
    try play.ok("task", "add", "Work")
    let right = try play.orch("status")
    #expect(right.errorOutput == "")
    try scratch.write("repo/.orch.yml", "workflow: {max_atempts: 3}\nchecks: 7\n")
    for words in [["status"], ["status", "-C", scratch["repo"]]] {
      let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(result.exitCode == 0 && result.output == right.output)
      #expect(result.errorOutput.hasPrefix("the configuration is not right"), "\(result)")
    }
    for words in [["status", "--brief"], ["status", "--json"], ["status", "--quiet"]] {
      let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(result.exitCode == 0 && result.errorOutput == "", "\(words): \(result)")
    }
    let doctor = try play.orch("doctor").output.split(separator: "\n")
    #expect(doctor.filter { $0.hasPrefix("BAD ") }.count == 2, "\(doctor)")
    #expect(!doctor.contains { $0.contains("agent is installed") }, "\(doctor)")
    // A link that leads nowhere is no missing configuration.
    try FileManager.default.removeItem(atPath: scratch["repo/.orch.yml"])
    try FileManager.default.createSymbolicLink(
      atPath: scratch["repo/.orch.yml"], withDestinationPath: "nowhere")
    let run = try play.orch("run", "--until-idle")
    #expect(run.exitCode == 1 && run.errorOutput.contains("link that leads nowhere"), "\(run)")
  }
}
