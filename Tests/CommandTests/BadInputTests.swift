import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Bad input` {
  let scratch = Scratch.current

  private func orch(_ arguments: String..., in directory: String = "repo") throws -> CommandResult {
    try scratch.run([BuiltProgram.orch] + arguments, in: directory)
  }

  @Test func `outside of a repository`() throws {
    try scratch.write("plain/file", "")
    let result = try orch("status", in: "plain")
    #expect(result.exitCode == 1)
    #expect(
      result.errorOutput == """
        error: '\(scratch["plain"])' is not in a git repository
        hint: go to one, or run 'git init'

        """)
    #expect(result.output == "")
    // What is installed can be seen from anywhere, by the user's own configuration.
    try scratch.write("home/.config/orch/config.yml", "router: {disabled_agents: [codex]}\n")
    let agents = try orch("agents", in: "plain")
    #expect(agents.exitCode == 0 && agents.output.contains("claude"), "\(agents)")
    let key = try orch("config", "router.disabled_agents", in: "plain")
    #expect(key.exitCode == 0 && key.output.contains("codex"), "\(key)")
  }

  @Test func `no state, no remote, no commits, no base`() throws {
    try scratch.git("init", "-q", scratch["repo"])
    #expect(try orch("status").errorOutput.contains("hint: run 'orch init'"))
    #expect(try orch("init").errorOutput.contains("no remote 'origin'"))
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.git("remote", "add", "origin", scratch["origin.git"], in: "repo")
    #expect(try orch("init").errorOutput.contains("no commits yet"))
    try scratch.git("commit", "-q", "--allow-empty", "-m", "first", in: "repo")
    #expect(try orch("init").errorOutput.contains("no default branch"))
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    #expect(try orch("init", "--base", "nope").errorOutput.contains("no branch 'nope'"))
    #expect(try orch("init").exitCode == 0)
    #expect(try orch("init").output.hasPrefix("already set up"))
  }

  @Test func `a remote that was set up wrongly is tried once, and waits for a person`() throws {
    let play = try Playground()
    try scratch.git("symbolic-ref", "HEAD", "refs/heads/none", in: "origin.git")
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.orch("run", "--until-idle")
    let said = run.output + run.errorOutput
    #expect(said.components(separatedBy: "could not start a worker").count == 2, "\(said)")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "needs_review")
    #expect(task["reason"] == "could not start: the remote 'origin' has no default branch")
    // Once it is mended, a word is enough.
    try scratch.git("symbolic-ref", "HEAD", "refs/heads/main", in: "origin.git")
    try play.ok("task", "unblock", id)
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().first?["status"] == "done")
  }

  @Test func `what is over is not approved`() throws {
    let play = try Playground()
    let id = try play.ok("task", "add", "Work", "--quiet")
    let early = try play.orch("pr", "approve", id)
    #expect(early.exitCode == 1 && early.errorOutput.contains("has no pull request"))
    try play.ok("run", "--until-idle")
    let before = try play.diary()
    let late = try play.orch("pr", "approve", id)
    #expect(late.exitCode == 1 && late.errorOutput.contains("is merged"), "\(late)")
    #expect(try play.diary() == before)
  }

  @Test func `an unreachable remote is reported, and what was added is kept`() throws {
    try scratch.repository()
    try scratch.git("remote", "add", "origin", scratch["missing.git"], in: "repo")
    let result = try orch("init")
    #expect(result.exitCode == 1)
    #expect(result.errorOutput.contains("'git ls-remote' failed"))
    #expect(try orch("task", "add", "Kept").exitCode == 0)
    #expect(try orch("task", "list").output.contains("Kept"))
    // With git's own reason, on one line.
    let doctor = try orch("doctor").output
    let line = doctor.split(separator: "\n").first { $0.hasPrefix("BAD  remote 'origin': ") }
    #expect(line?.contains("does not appear to be a git repository") == true, "\(doctor)")
  }

  @Test func `unknown keys and wrong types, all at once, as text and as JSON`() throws {
    try scratch.repository()
    try scratch.write(
      "repo/.orch.yml", "workflow:\n  max_atempts: 3\n  stall_seconds: soon\n")
    let result = try orch("config")
    #expect(result.exitCode == 1)
    #expect(result.errorOutput.contains("line 2: did you mean 'workflow.max_attempts'?"))
    #expect(result.errorOutput.contains("workflow.stall_seconds"))
    let json = try JSONValue(parsing: orch("config", "--json").errorOutput)
    #expect(json["because"]?.array?.count == 2)
    #expect(json["code"] == 1)
    #expect(try orch("task", "list").errorOutput.contains("orch init"), "looking needs no settings")
  }

  @Test func `names that are ambiguous, unknown or empty`() throws {
    let play = try Playground()
    var ids: [String] = []
    while Set(ids.map { $0.prefix(1) }).count == ids.count {
      ids.append(try play.ok("task", "add", "T", "--quiet"))
    }
    let double = try #require(ids.last?.prefix(1))
    let result = try play.orch("task", "show", String(double))
    #expect(result.exitCode == 1)
    #expect(result.errorOutput.contains("is the beginning of several names"))
    for wrong in ["zz", "", "../x", String(repeating: "a", count: 40)] {
      #expect(try play.orch("task", "show", wrong).errorOutput.contains("there is no task"))
    }
  }

  @Test func `titles with quotes, line breaks, emoji and control characters`() throws {
    let play = try Playground()
    let id = try play.ok("task", "add", "  a\n\"b\" 'c'\t😀\u{1B}[31m\u{202E}  ", "--quiet")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["title"]?.string == "a \"b\" 'c' 😀 [31m\u{202E}")
    let subject = try play.diary().last ?? ""
    #expect(subject.hasSuffix("new: a \"b\" 'c' 😀 [31m"))
    try play.ok("task", "edit", id, "--title", " b\nc\u{07} ")
    #expect(
      try JSONValue(parsing: play.ok("task", "show", id, "--json"))["title"]?.string == "b c")
    #expect(
      try play.orch("task", "edit", id, "--title", "\n").errorOutput.contains("needs a title"))
    for nothing in [" \n ", "\u{200B}\u{202E}", "\u{2060} \u{FE0F}"] {
      #expect(try play.orch("task", "add", nothing).errorOutput.contains("needs a title"))
    }
  }

  @Test func `a body of any size comes back whole`() throws {
    let play = try Playground()
    let body = (0..<9000).map { "line \($0)" }.joined(separator: "\n")
    let result = try play.orch("task", "add", "Long", "--body-file", "-", "--quiet", input: body)
    let id = result.output.split(separator: "\n")[0]
    let name = try scratch.git(
      "ls-tree", "--name-only", "refs/orchestrator:tasks/\(id.prefix(2))/\(id)/spec", in: "repo")
    #expect(
      try scratch.git(
        "show", "refs/orchestrator:tasks/\(id.prefix(2))/\(id)/spec/\(name)", in: "repo")
        == body)
    let tooLong = String(repeating: "x", count: 300_000)
    #expect(try play.orch("task", "add", "Huge", "--body-file", "-", input: tooLong).exitCode == 1)
  }

  @Test func `a circle of dependencies is refused with its path`() throws {
    let play = try Playground()
    let first = try play.ok("task", "add", "First", "--quiet")
    let second = try play.ok("task", "add", "Second", "--after", first, "--quiet")
    let result = try play.orch("task", "edit", first, "--after", second)
    #expect(result.exitCode == 1)
    #expect(result.errorOutput.contains("wait for each other"))
    #expect(
      result.errorOutput.contains("\(first.prefix(6)) → \(second.prefix(6)) → \(first.prefix(6))"))
  }

  @Test func `a repository that libgit2 cannot open is told apart`() throws {
    try scratch.repository()
    try scratch.git("config", "core.repositoryFormatVersion", "1", in: "repo")
    try scratch.git("config", "extensions.worktreeConfig", "true", in: "repo")
    let result = try orch("status")
    #expect(result.exitCode == 1)
    #expect(result.errorOutput.contains("extensions.worktreeConfig"))
    #expect(result.errorOutput.contains("git config --unset"))
    try scratch.git("init", "-q", "--object-format=sha256", scratch["sha256"])
    #expect(try orch("status", in: "sha256").errorOutput.contains("extensions.objectformat=sha256"))
  }

  @Test func `wrong usage exits with 64 and says what is right`() throws {
    try scratch.repository()
    #expect(try orch("task", "add").exitCode == 64)
    #expect(try orch("run", "--jobs", "0").errorOutput.contains("must be 1 or more"))
    #expect(try orch("run", "--once", "--until-idle").exitCode == 64)
    #expect(try orch("task", "edit", "abc").errorOutput.contains("nothing is to be changed"))
    #expect(try orch("bogus").exitCode == 64)
    #expect(try orch("--help").exitCode == 0)
    #expect(try orch("version", "--json").output.contains("\"version\""))
  }

  @Test func `global flags may stand before the command`() throws {
    let play = try Playground()
    let id = try play.ok("task", "add", "Work", "--quiet")
    let list = try orch("-C", scratch["repo"], "--json", "task", "list", in: "home")
    #expect(try JSONValue(parsing: list.output).array?.first?["id"]?.string == id, "\(list)")
    #expect(try orch("-C", scratch["repo"], "status", in: "home").output.contains("Work"))
    let added = try orch("--quiet", "task", "add", "--", "--json")
    #expect(added.exitCode == 0 && added.output.count == id.count + 1, "\(added)")
    #expect(try play.tasks().last?["title"] == "--json")
    #expect(try orch("--json").exitCode == 64)
    #expect(try orch("-C", "nowhere").exitCode == 64)
  }

  @Test func `a result that cannot be written is no success, a reader who has enough is`() throws {
    let play = try Playground()
    try play.ok("task", "add", "Work")
    let shell = { (line: String) in
      try scratch.run(["sh", "-c", line, BuiltProgram.orch], in: "repo")
    }
    let full = try shell("\"$0\" task list --json > /dev/full")
    #expect(full.exitCode == 1)
    #expect(full.errorOutput.contains("could not be written: No space left on device"), "\(full)")
    let closed = try shell("{ \"$0\" --help; echo $? > code; } | true; cat code")
    #expect(closed.output == "0\n" && closed.errorOutput == "", "\(closed)")
    // Progress that nobody reads any more does not end the work.
    let piped = try shell("{ \"$0\" run --until-idle; echo $? > code; } 2>&1 | head -1; cat code")
    #expect(piped.output.hasSuffix("0\n"), "\(piped)")
    #expect(try play.tasks().first?["status"] == "done")
  }

  @Test func `the doctor looks on where the configuration is wrong`() throws {
    let play = try Playground()
    let right = try scratch.read("repo/.orch.yml")
    for wrong in ["workflow: {max_atempts: 3}\n", "checks: [{name: a, command: b, lock: 'x y'}]\n"]
    {
      try scratch.write("repo/.orch.yml", wrong)
      let found = try play.orch("doctor")
      #expect(found.exitCode == 1)
      let lines = found.output.split(separator: "\n")
      #expect(lines.first?.hasPrefix("BAD ") == true, "\(found)")
      #expect(found.output.contains("max_attempts") || found.output.contains("'x y'"), "\(found)")
      #expect(found.output.contains("ok   remote 'origin' answers"), "\(found)")
    }
    try scratch.write("repo/.orch.yml", right)
    #expect(try !play.orch("doctor").output.contains(".orch.yml"))
  }
}
