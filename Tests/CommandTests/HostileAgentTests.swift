import Foundation
import JSON
import TestSupport
import Testing

/// Agents that do what no agent should, each in the whole loop: a clear report, and nothing lost.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Agents that misbehave` {
  let scratch = Scratch.current

  private func run(_ agent: String, settings: String = "") throws -> (Playground, JSONValue) {
    let play = try Playground(
      agent: "cat > /dev/null\ncp -R /dev/null /dev/null 2> /dev/null || true\n" + agent,
      settings: settings)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try play.leftovers() == [])
    try scratch.git("fsck", "--no-dangling", in: "repo")
    return (play, try JSONValue(parsing: play.ok("task", "show", id, "--json")))
  }

  @Test func `one that commits to the base branch is refused, and the base stays`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo x > x && git add -A && git commit -qm "on my branch"
        git update-ref refs/heads/main HEAD 2> "$HOME/../update" && exit 9
        git push origin HEAD:main 2> "$HOME/../push" && exit 9
        git checkout -q main 2> "$HOME/../checkout" && exit 9
        exit 0
        """)
    let before = try scratch.git("rev-parse", "main", in: "repo")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(try scratch.read("update").contains("orch: refused"))
    #expect(try scratch.read("push").contains("orch: refused"))
    #expect(try scratch.git("rev-parse", "main", in: "repo") == before)
    // What is merged came through orch: a merge commit, not the worker's push.
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(
      try scratch.git("log", "-1", "--format=%P", "origin/main", in: "repo")
        .split(separator: " ").count == 2)
  }

  @Test func `one that deletes its worktree fails with that, and the next attempt has a new one`()
    throws
  {
    let (_, task) = try run(
      """
      if [ "$ORCH_ATTEMPT" = 1 ]; then cd / && /bin/rm -rf "$ORCH_WORKTREE"; exit 0; fi
      echo x > x && git add -A && git commit -qm x
      """)
    #expect(task["status"] == "done")
    let attempts = task["attempts"]?.array ?? []
    #expect(attempts.count == 2)
    #expect(attempts.first?["failure"] == "environment")
    #expect(attempts.first?["error"]?.string?.contains("worktree is gone") == true)
  }

  @Test func `one that leaves its branch fails with that, and its commits are kept`() throws {
    let (play, task) = try run(
      """
      [ "$ORCH_ATTEMPT" = 1 ] || { echo y > y; git add -A; git commit -qm y; exit 0; }
      git checkout -q --detach && echo x > x && git add -A && git commit -qm "lost?"
      git rev-parse HEAD > "$HOME/../detached"
      """)
    let attempts = task["attempts"]?.array ?? []
    #expect(attempts.first?["error"]?.string?.contains("no longer on branch") == true)
    let commit = try scratch.read("detached").trimmingCharacters(in: .whitespacesAndNewlines)
    let holders = try scratch.git(
      "for-each-ref", "--contains", commit, "--format=%(refname)", in: "repo")
    #expect(holders.contains("refs/orch/wip/"), "\(holders)")
    #expect(try play.ok("task", "show", task["id"]?.string ?? "").contains("refs/orch/wip/"))
  }

  @Test func `one that forks a daemon ends, and the daemon with it`() throws {
    let (_, task) = try run(
      """
      (setsid sh -c 'trap "" TERM INT HUP; while :; do sleep 1; done' agent.sh > /dev/null 2>&1 &)
      echo x > x && git add -A && git commit -qm x
      """)
    #expect(task["status"] == "done")
  }

  @Test func `one that ignores every polite signal is killed when its time is up`() throws {
    let (_, task) = try run(
      """
      [ "$ORCH_ATTEMPT" = 1 ] || { echo x > x; git add -A; git commit -qm x; exit 0; }
      trap '' INT TERM HUP
      echo kept > kept.txt
      while :; do sleep 0.2; done
      """, settings: "  timeout_seconds: 2")
    let attempts = task["attempts"]?.array ?? []
    #expect(attempts.first?["failure"] == "timed_out")
    #expect(task["status"] == "done")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(try scratch.git("show", "origin/main:kept.txt", in: "repo") == "kept")
  }

  @Test func `a result of many megabytes is a failure that says so`() throws {
    let (_, task) = try run("head -c 3000000 /dev/zero | tr '\\0' a > \"$ORCH_OUTPUT\"")
    #expect(task["status"] == "blocked")
    let first = task["attempts"]?.array?.first
    #expect(first?["failure"] == "malformed_output", "\(task.indentedText)")
  }

  @Test func `names that are not UTF-8 are merged as they are`() throws {
    let (_, task) = try run(
      "printf x > \"$(printf 'bad\\377name')\" && git add -A && git commit -qm names")
    #expect(task["status"] == "done")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(
      try scratch.git("ls-tree", "--name-only", "origin/main", in: "repo")
        .contains("\"bad\\377name\""))
  }

  @Test func `a program that is missing costs one attempt, with what to do`() throws {
    let play = try Playground()
    try scratch.write(
      "repo/.orch.yml",
      try scratch.read("repo/.orch.yml").replacingOccurrences(
        of: scratch["agent.sh"], with: "/nonexistent/agent"))
    let id = try play.ok("task", "add", "Work", "--agent", "worker", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect((task["attempts"]?.array?.count ?? 0) <= 1, "\(task.indentedText)")
    #expect(["blocked", "needs_review", "routed", "new"].contains(task["status"]?.string))
    #expect(try play.ok("status").contains("Work"))
  }
}

/// What the world does to orch while it works.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A world that misbehaves` {
  let scratch = Scratch.current

  @Test func `a remote that is lost is waited for, and nobody is asked about it`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo "$ORCH_TASK_ID" > "$ORCH_TASK_ID" && git add -A && git commit -qm x
        touch "$HOME/../ready"
        while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
        """)
    try play.ok("task", "add", "Work")
    let log = scratch["calls"]
    let git = try scratch.write(
      "bin/git",
      "#!/bin/sh\necho \"$*\" >> '\(log)'\nexec '\(try scratch.git("--exec-path"))/git' \"$@\"\n")
    _ = try scratch.run(["chmod", "+x", git])
    let path = scratch["bin"] + ":" + (scratch.environment["PATH"] ?? "")
    let run = try scratch.start(
      [BuiltProgram.orch, "run", "--until-idle", "--jobs", "1"], in: "repo",
      environment: ["PATH": path], log: "run.log")
    #expect(await eventually { scratch.exists("ready") })
    try play.ok("task", "add", "Later")
    let remote = scratch["origin.git"]
    try FileManager.default.moveItem(atPath: remote, toPath: remote + ".away")
    try scratch.write("go", "")
    // More tries than an effect has that fails for another reason.
    try scratch.write("calls", "")
    #expect(
      try await eventually(within: 90) {
        try scratch.read("calls").components(separatedBy: " fetch ").count > 8
      })
    let said = try scratch.read("run.log")
    #expect(said.components(separatedBy: "cannot be reached").count == 2, "\(said)")
    #expect(try play.tasks().allSatisfy { $0["status"] != "needs_review" })
    try FileManager.default.moveItem(atPath: remote + ".away", toPath: remote)
    run.waitForEnd()
    #expect(run.terminationStatus == 0)
    let tasks = try play.tasks()
    #expect(tasks.map { $0["status"] ?? "" } == ["done", "done"], "\(tasks)")
    #expect(tasks.allSatisfy { $0["attempts"]?.array?.count == 1 })
  }

  @Test
  func `a run with an end gives up on a remote that stays away, and leaves the task as it is`()
    throws
  {
    let play = try Playground(settings: "forge:\n  outage_seconds: 2\n")
    let id = try play.ok("task", "add", "Work", "--quiet")
    let remote = scratch["origin.git"]
    try FileManager.default.moveItem(atPath: remote, toPath: remote + ".away")
    let result = try play.orch("run", "--until-idle")
    #expect(result.exitCode == 1 && result.errorOutput.contains("origin.git"), "\(result)")
    #expect(try play.tasks().first?["status"] == "routed")
    try FileManager.default.moveItem(atPath: remote + ".away", toPath: remote)
    try play.ok("run", "--until-idle")
    #expect(try JSONValue(parsing: play.ok("task", "show", id, "--json"))["status"] == "done")
  }

  @Test
  func `what a server refuses to take is published once it takes it, without another attempt`()
    throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo x > x && git add -A && git commit -qm x
        """)
    let hook = try scratch.write(
      "origin.git/hooks/pre-receive", "#!/bin/sh\necho no pushes today >&2\nexit 1\n")
    _ = try scratch.run(["chmod", "+x", hook])
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let asked = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(asked["status"] == "needs_review")
    #expect(asked["reason"]?.string?.contains("no pushes today") == true, "\(asked.indentedText)")
    try FileManager.default.removeItem(atPath: hook)
    try play.ok("task", "unblock", id)
    try play.ok("run", "--until-idle")
    let done = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(done["status"] == "done" && done["attempts"]?.array?.count == 1, "\(done.indentedText)")
  }

  @Test func `every attempt has an end, also where the base is not there`() throws {
    let play = try Playground(settings: "forge:\n  base: nope\n")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(["needs_review", "blocked"].contains(task["status"]?.string), "\(task.indentedText)")
    #expect(task["attempts"]?.array?.allSatisfy { $0["ended_at"] != nil } == true)
    #expect(task["reason"]?.string?.contains("nope") == true, "\(task.indentedText)")
  }

  @Test func `a first commit that a worker replaced is kept, and the next one begins on the base`()
    throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          echo y > y && git add -A && git commit -q --amend -m replaced
        else
          echo x > x && git add -A && git commit -qm x
        fi
        """)
    _ = try scratch.git("log", "--format=%H", in: "repo")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(task.indentedText)")
    let kept = try scratch.git(
      "for-each-ref", "--format=%(subject)", "refs/orch/wip", in: "repo")
    #expect(kept.contains("replaced"), "\(kept)")
  }

  @Test func `a full disk refuses what is asked, and what was acknowledged is there afterwards`()
    throws
  {
    let play = try Playground()
    let first = try play.ok("task", "add", "Before", "--quiet")
    // A limit on the size of files stands for a full disk: every write beyond it fails.
    let command = "ulimit -f 0; trap '' XFSZ; exec '\(BuiltProgram.orch)' task add During"
    let full = try scratch.run(["sh", "-c", "(\(command)) 2>&1 | cat"], in: "repo")
    #expect(full.output.hasPrefix("error: "), "\(full)")
    let after = try play.ok("task", "add", "After", "--quiet")
    #expect(try play.tasks().map { $0["id"]?.string } == [first, after])
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `a dirty checkout on a detached head does not matter, and stays as it is`() throws {
    let play = try Playground()
    try scratch.git("checkout", "-q", "--detach", in: "repo")
    try scratch.write("repo/README.md", "changed by hand\n")
    try scratch.write("repo/untracked", "mine\n")
    let status = try scratch.git("status", "--porcelain", in: "repo")
    try play.ok("task", "add", "Work")
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().first?["status"] == "done")
    #expect(try scratch.git("status", "--porcelain", in: "repo") == status)
    #expect(try scratch.read("repo/README.md") == "changed by hand\n")
  }
}

/// Workers without walls that reach out of their room: what they did is reported, and undone where it is
/// theirs beyond doubt.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Workers that leave their room` {
  let scratch = Scratch.current

  private func refs() throws -> String {
    try scratch.git(
      "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/main", "refs/heads/keep",
      "refs/heads/evil", "refs/tags", in: "repo")
  }

  @Test func `are reported, and their references, hooks and settings are undone`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        R='\(scratch["repo"])'
        echo x > x; git add -A; git commit -qm work
        unset GIT_CONFIG_COUNT
        git update-ref refs/heads/main HEAD
        git branch evil; git tag evil; git tag -f old; git branch -D keep -q
        printf '#!/bin/sh\\necho evil\\n' > "$R/.git/hooks/post-commit"
        chmod 755 "$R/.git/hooks/post-commit"
        echo 'changed' >> "$R/.git/hooks/pre-commit"
        git config remote.origin.url https://evil.invalid/
        git config core.fsmonitor 'echo evil'
        git config user.nickname harmless
        echo evil > "$R/README.md"; echo evil > "$R/evil.txt"
        """)
    for name in ["keep", "other"] { try scratch.git("branch", name, in: "repo") }
    try scratch.git("tag", "old", in: "repo")
    try scratch.write("repo/.git/hooks/pre-commit", "#!/bin/sh\nexit 0\n")
    #expect(chmod(scratch["repo/.git/hooks/pre-commit"], 0o755) == 0)
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "settings", in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    let before = try refs().split(separator: "\n").filter { !$0.contains("keep") }
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(task["reason"]?.string?.contains("not its own") == true)
    let outside = task["attempts"]?.array?.first?["outside"]?.strings ?? []
    let text = outside.joined(separator: "\n")
    for word in [
      "refs/heads/main was moved", "refs/heads/evil was made", "refs/tags/evil was made",
      "refs/tags/old was moved", "refs/heads/keep was removed", "hook 'post-commit' was made",
      "hook 'pre-commit' was changed", "remote.origin.url went from", "core.fsmonitor went from",
      "'README.md' of the main checkout", "'evil.txt' of the main checkout",
    ] {
      #expect(text.contains(word), "\(word) is not in:\n\(text)")
    }
    #expect(try refs().split(separator: "\n").map(Substring.init) == before)
    #expect(try scratch.read("repo/.git/hooks/pre-commit") == "#!/bin/sh\nexit 0\n")
    #expect(!scratch.exists("repo/.git/hooks/post-commit"))
    #expect(
      try scratch.git("config", "remote.origin.url", in: "repo") == scratch["origin.git"])
    let config = try scratch.read("repo/.git/config")
    #expect(!config.contains("fsmonitor") && config.contains("nickname = harmless"))
    #expect(try play.ok("task", "show", id).contains("outside: the hook 'post-commit' was made"))
  }

  @Test func `are not blamed for what a person does meanwhile, which stays`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo x > x; git add -A; git commit -qm work
        touch "$HOME/../ready"
        while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
        """)
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "settings", in: "repo")
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("ready") })
    try scratch.write("repo/mine", "mine\n")
    try scratch.git("add", "mine", in: "repo")
    try scratch.git("commit", "-qm", "mine", in: "repo")
    try scratch.git("tag", "v1", in: "repo")
    let mine = try scratch.git("rev-parse", "main", in: "repo")
    try scratch.write("go", "")
    run.waitForEnd()
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(try scratch.git("rev-parse", "main", "v1", in: "repo") == "\(mine)\n\(mine)")
    #expect(
      task["attempts"]?.array?.first?["outside"]?.strings?
        .contains { $0.hasPrefix("refs/heads/main was moved") } == true)
  }
}
