import Foundation
import JSON
import TestSupport
import Testing

/// How often the orchestrator is killed: at full size with ORCH_PROVE=1.
private let kills = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 60 : 10

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Where commits are signed` {
  let scratch = Scratch.current

  private var keys: SigningKeys { SigningKeys(in: scratch) }

  /// Commits a file of its own and leaves another uncommitted; `$SIGN` is for the command.
  private static let agent = """
    cat > /dev/null
    echo "$ORCH_TASK_TITLE" > "file-$ORCH_TASK_ID.txt"
    git add -A
    git commit -qm "Add a file" $SIGN
    echo left > "left-$ORCH_TASK_ID.txt"
    printf '{"status":"done","summary":"added a file"}' > "$ORCH_OUTPUT"
    """

  private func moveBase(_ name: String) throws {
    if !scratch.exists("somebody") {
      try scratch.git("clone", "-q", scratch["origin.git"], scratch["somebody"])
    }
    try scratch.git("pull", "-q", in: "somebody")
    try scratch.write("somebody/\(name)", "moved\n")
    try scratch.git("add", "-A", in: "somebody")
    try scratch.git("commit", "-qm", "move \(name)", in: "somebody")
    try scratch.git("push", "-q", "origin", "main", in: "somebody")
  }

  /// The commits of main that are not those of its beginning.
  private func unsignedOfMain() throws -> [String] {
    try keys.unsigned("main", in: "origin.git").filter {
      try scratch.git("log", "-1", "--format=%s", $0, in: "origin.git") != "first"
    }
  }

  @Test(arguments: ["merge", "squash", "rebase"])
  func `a remote that refuses what is not signed takes all that orch pushes`(method: String) throws
  {
    let play = try Playground(
      agent: "SIGN=\n" + Self.agent,
      settings: "  max_parallel: 1\nforge:\n  merge_method: \(method)\n")
    try keys.useSSH()
    try keys.demandSignatures(in: "origin.git")
    for number in 1...3 { try play.ok("task", "add", "Task \(number)", "--quiet") }
    try play.ok("run", "--until-idle")
    for task in try play.tasks() { #expect(task["status"] == "done", "\(task.indentedText)") }
    let commits = try scratch.git("rev-list", "main", in: "origin.git").split(separator: "\n")
    for commit in commits
    where try scratch.git("log", "-1", "--format=%s", String(commit), in: "origin.git") != "first" {
      try scratch.git("verify-commit", String(commit), in: "origin.git")
    }
    #expect(commits.count > 3)
    // The worker's own commits say where they come from, which they could not if the worker had signed them.
    if method != "squash" {
      let own = try scratch.git(
        "log", "--format=%(trailers:key=Orch-Task,valueonly)%ce", "--grep=Add a file", "main",
        in: "origin.git")
      #expect(own.contains("test@example.invalid"))
      for task in try play.tasks() { #expect(own.contains(task["id"]?.string ?? "?")) }
    }
    #expect(try play.orch("doctor").output.contains("are signed with your key"))
  }

  @Test
  func `a branch that was signed before is signed again when its base moves, by name and at once`()
    throws
  {
    let play = try Playground(
      agent: "SIGN=-S\n" + Self.agent, settings: "forge:\n  merge: never\n")
    try keys.useSSH(signingAll: false)
    let id = try play.ok("task", "add", "Signed", "--quiet")
    try play.ok("run", "--until-idle")
    let branch = try #require(try play.tasks().first?["branch"]?.string)
    // What orch committed of what was left is not signed, as `commit.gpgSign` is not set.
    #expect(try keys.unsigned("main..\(branch)", in: "origin.git").count == 1)
    try moveBase("one")
    try play.ok("run", "--until-idle")
    #expect(try keys.unsigned("main..\(branch)", in: "origin.git").count == 1)
    #expect(try scratch.git("rev-list", "--count", "main..\(branch)", in: "origin.git") == "2")
    try scratch.git("verify-commit", "\(branch)~1", in: "origin.git")
    try moveBase("two")
    try play.ok("pr", "rebase", id)
    try scratch.git("verify-commit", "\(branch)~1", in: "origin.git")
    #expect(
      try scratch.git("merge-base", "main", branch, in: "origin.git")
        == scratch.git("rev-parse", "main", in: "origin.git"))
  }

  @Test func `signatures that are lost are said where they are lost`() throws {
    let play = try Playground(
      agent: "SIGN=-S\n" + Self.agent, settings: "forge:\n  merge: never\n")
    try keys.useSSH(signingAll: false)
    let id = try play.ok("task", "add", "Signed", "--quiet")
    try play.ok("run", "--until-idle")
    try scratch.git("config", "--global", "--unset", "user.signingKey")
    try moveBase("one")
    let run = try play.orch("run", "--until-idle")
    #expect(run.exitCode == 0)
    let words = "1 commit is not signed: there is no key in 'git config user.signingKey'"
    #expect((run.output + run.errorOutput).contains(words), "\(run)")
    #expect(try play.ok("task", "log", id).contains(words))
    // What has lost its signature has none to lose.
    try moveBase("two")
    #expect(try !play.orch("pr", "rebase", id).errorOutput.contains("not signed"))
  }

  @Test
  func `a key that cannot be used costs no task, and is said once for each and by the doctor`()
    throws
  {
    let play = try Playground(agent: "SIGN=\n" + Self.agent)
    try keys.useProgram("echo \"$$\" >> \(scratch["tries"]); echo 'the key is locked' >&2; exit 2")
    for number in 1...3 { try play.ok("task", "add", "Task \(number)", "--quiet") }
    let run = try play.orch("run", "--until-idle", "--jobs", "1")
    for task in try play.tasks() { #expect(task["status"] == "done", "\(task.indentedText)") }
    #expect(
      run.errorOutput.contains("not signed: ") && run.errorOutput.contains("failed to sign"),
      "\(run)")
    // Not every commit waits for a program that failed.
    #expect(try scratch.read("tries").split(separator: "\n").count == 1)
    for task in try play.tasks() {
      #expect(try play.ok("task", "log", task["id"]?.string ?? "").contains("not signed"))
    }
    let doctor = try play.orch("doctor")
    #expect(doctor.exitCode == 1)
    #expect(
      doctor.output.contains("cannot be signed: ") && doctor.output.contains("failed to sign"))
  }

  @Test func `with 'git.sign: never' the workers sign, and orch does not`() throws {
    let play = try Playground(
      agent: "SIGN=\n" + Self.agent, settings: "git:\n  sign: never\nforge:\n  merge: never\n")
    try keys.useSSH()
    let id = try play.ok("task", "add", "Mine", "--quiet")
    try play.ok("run", "--until-idle")
    let branch = try #require(try play.tasks().first?["branch"]?.string)
    try scratch.git("verify-commit", "\(branch)~1", in: "origin.git")
    try moveBase("one")
    let said = try play.orch("pr", "rebase", id)
    #expect(said.errorOutput.contains("not signed: 'git.sign' is 'never'"), "\(said)")
    #expect(try keys.unsigned("main..\(branch)", in: "origin.git").count == 2)
  }

  @Test(arguments: [true, false])
  func `a conflict that a worker settles, and one that a person does, end in signed commits`(
    signingAll: Bool
  ) throws {
    let play = try Playground(
      files: ["a.txt": "1\n"],
      agent: """
        cat > /dev/null
        case "$ORCH_PURPOSE" in
        rebase)
          [ ! -e "$HOME/../nobody" ] || exit 1
          printf 'moved\\nof the branch\\n' > a.txt
          git add -A; git rebase --continue > /dev/null ;;
        *) echo 'of the branch' > a.txt; git commit -qam "$ORCH_TASK_TITLE" -S ;;
        esac
        printf '{"status":"done","summary":"s"}' > "$ORCH_OUTPUT"
        """, settings: "forge:\n  merge: never\n")
    try keys.useSSH(signingAll: signingAll)
    let id = try play.ok("task", "add", "Edit", "--quiet")
    try play.ok("run", "--until-idle")
    try moveBase("a.txt")
    try play.ok("run", "--until-idle")
    let branch = try #require(try play.tasks().first?["branch"]?.string)
    #expect(try scratch.git("show", "\(branch):a.txt", in: "origin.git") == "moved\nof the branch")
    try scratch.git("verify-commit", branch, in: "origin.git")
    // The next one is a person's, who settles it and lets orch end the rebase.
    try scratch.write("somebody/a.txt", "moved again\n")
    try scratch.git("commit", "-qam", "move", in: "somebody")
    try scratch.git("push", "-q", "origin", "main", in: "somebody")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    try play.ok("pr", "resolve", id)
    let folder = try #require(try play.tasks().first?["worktree"]?.string)
    try "moved again\nof the branch\n".write(
      toFile: folder + "/a.txt", atomically: true, encoding: .utf8)
    try scratch.git("add", "-A", in: folder)
    let settled = try play.orch("pr", "resolve", id)
    #expect(settled.exitCode == 0, "\(settled)")
    #expect(
      try scratch.git("show", "\(branch):a.txt", in: "origin.git") == "moved again\nof the branch")
    try scratch.git("verify-commit", branch, in: "origin.git")
  }

  @Test func `an orchestrator that is killed knows its own commits by what they say`() async throws
  {
    let seed = TestSeed.next()
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let play = try Playground(agent: "SIGN=\n" + Self.agent, settings: "  max_parallel: 3")
    try keys.useProgram()
    try play.ok("init")
    var (killed, count) = (0, 0)
    while killed < kills {
      if try play.tasks().allSatisfy({ $0["status"] == "done" }) {
        for _ in 0..<3 {
          count += 1
          try play.ok("task", "add", "Task \(count)")
        }
      }
      let run = try play.start(["run", "--until-idle", "--jobs", "3"])
      _ = await eventually(within: Double.random(in: 0.2...1.8, using: &random)) { !run.isRunning }
      if run.isRunning { killed += kill(run.processIdentifier, SIGKILL) == 0 ? 1 : 0 }
      run.waitForEnd()
    }
    try play.ok("run", "--until-idle")
    for task in try play.tasks() where task["status"] != "done" {
      let story = try play.ok("task", "log", task["id"]?.string ?? "")
      Issue.record("seed \(seed): not done: \(task.indentedText)\n\(story)")
    }
    let files = try scratch.git("ls-tree", "--name-only", "main", in: "origin.git")
      .split(separator: "\n").filter { $0.hasPrefix("file-") }
    #expect(files.count == count, "seed \(seed)")
    #expect(try unsignedOfMain() == [], "seed \(seed)")
    #expect(try play.leftovers() == [], "seed \(seed)")
    #expect(try scratch.git("ls-remote", "origin", "refs/heads/orch/*", in: "repo") == "")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }
}
