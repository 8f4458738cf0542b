import Foundation
import JSON
import TestSupport
import Testing

#if os(Linux)
  @Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Walls around workers` {
    let scratch = Scratch.current

    private func playground(
      _ agent: String, _ settings: String = "", sandbox: String = "bubblewrap"
    )
      throws -> Playground
    {
      try Playground(
        agent: "cat > /dev/null\n" + agent,
        settings: "\nsandbox:\n  type: \(sandbox)\n\(settings)")
    }

    private func finish(_ play: Playground, _ title: String = "Work") throws -> JSONValue {
      let id = try play.ok("task", "add", title, "--quiet")
      try play.ok("run", "--until-idle")
      #expect(try play.leftovers() == [])
      try scratch.git("fsck", "--no-dangling", in: "repo")
      return try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    }

    @Test func `hold against a script that tries everything, and its own work is merged`() throws {
      let listener = try LoopbackListener.open()
      defer { close(listener.descriptor) }
      let play = try playground(
        WallAttack.script(listener.port, work: "work", more: "unshare -Ur true && say namespace"))
      try play.ok("init")
      try WallAttack.prepare()
      let before = try WallAttack.picture()
      let task = try finish(play)
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(try WallAttack.picture() == before)
      #expect(!scratch.exists("home/evil"))
      try scratch.git("fetch", "-q", "origin", in: "repo")
      #expect(try scratch.git("show", "origin/main:work.txt", in: "repo") == "work")
      let escapes = try scratch.git("show", "origin/main:escapes", in: "repo")
      #expect(escapes == "", "escaped by: \(escapes)")
      #expect(try scratch.git("log", "--format=%s", "refs/orchestrator", in: "repo").count > 100)
    }

    @Test(arguments: ["bubblewrap", "container"])
    func `that cannot be had stop the task, and its agent is not run`(kind: String) throws {
      let play = try playground("touch \"$HOME/../ran\"", sandbox: kind)
      for name in ["bwrap", "docker", "podman"] {
        try scratch.write("bin/\(name)", "#!/bin/sh\necho 'No permissions' >&2\nexit 1\n")
        #expect(chmod(scratch["bin/\(name)"], 0o755) == 0)
      }
      let path = "\(scratch["bin"]):\(scratch.environment["PATH"] ?? "")"
      let id = try play.ok("task", "add", "Work", "--quiet")
      _ = try scratch.run(
        [BuiltProgram.orch, "run", "--until-idle"], in: "repo", environment: ["PATH": path])
      let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
      #expect(task["status"] == "blocked", "\(task.indentedText)")
      #expect(task["reason"]?.string?.contains("sandbox cannot be had") == true)
      #expect(!scratch.exists("ran"))
      let doctor = try scratch.run(
        [BuiltProgram.orch, "doctor"], in: "repo", environment: ["PATH": path])
      #expect(doctor.exitCode == 1 && doctor.output.contains("BAD"), "\(doctor)")
    }

    @Test func `let through what a worker needs: commands of orch, amended and unsaved work`()
      async throws
    {
      let play = try playground(
        """
        echo one > one; git add one; git commit -qm one
        git commit -q --amend -m "one, amended"; env -u GIT_CONFIG_COUNT git pack-refs --all; git gc -q
        orch lock run -- sh -c 'echo locked > locked'
        orch checkpoint "half way"
        orch ask "Which?" --wait > answer
        test "$(cat /proc/1/comm)" = bwrap
        mkdir -p /tmp/deep && echo t > /tmp/deep/t && echo h > ~/h
        echo unsaved > unsaved
        """)
      let id = try play.ok("task", "add", "Work", "--quiet")
      let run = try play.start(["run", "--until-idle"])
      #expect(
        try await eventually { try play.ok("msg", "list", "--new").contains("Which?") })
      try play.ok("msg", "answer", id, "1", "This")
      run.waitForEnd()
      let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(task["checkpoint"]?.string?.contains("half way") == true)
      try scratch.git("fetch", "-q", "origin", in: "repo")
      for (file, text) in [
        "one": "one", "locked": "locked", "answer": "This", "unsaved": "unsaved",
      ] {
        #expect(try scratch.git("show", "origin/main:\(file)", in: "repo") == text)
      }
      let subjects = try scratch.git("log", "--format=%s", "origin/main", in: "repo")
      #expect(subjects.contains("one, amended"))
      #expect(!scratch.exists("home/h"))
    }

    @Test func `end with the worker, whatever it started`() throws {
      let task = try finish(
        playground(
          """
          trap 'echo interrupted > interrupted' INT
          [ "$ORCH_ATTEMPT" = 1 ] || { echo y > y; git add -A; git commit -qm y; exit 0; }
          (setsid sh -c 'trap "" TERM INT HUP; while :; do sleep 1; done' agent.sh > /dev/null 2>&1 &)
          while :; do sleep 0.1; done
          """, "workflow:\n  timeout_seconds: 3\n  grace_seconds: 1\n"
        ).fixed(scratch))
      let attempts = task["attempts"]?.array ?? []
      #expect(attempts.first?["failure"] == "timed_out", "\(task.indentedText)")
      #expect(task["status"] == "done")
      try scratch.git("fetch", "-q", "origin", in: "repo")
      // The agent heard the interrupt, and the sandbox did not end before it.
      #expect(try scratch.git("show", "origin/main:interrupted", in: "repo") == "interrupted")
    }

    @Test func `stand around checks too, which run what a worker wrote`() throws {
      let play = try playground(
        """
        printf 'echo evil > "\(scratch["repo"])/evil"; touch "\(scratch["home"])/evil"; true' > check.sh
        git add -A; git commit -qm work
        """,
        "checks:\n  - name: all\n    command: sh check.sh; test ! -e \(scratch["repo"])/README.md\n"
      )
      let task = try finish(play)
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(!scratch.exists("repo/evil") && !scratch.exists("home/evil"))
    }

    @Test func `let allowed hosts through, and tell which were refused`() throws {
      let server = try ModelServer(["x": [.say("hello")]])
      let play = try playground(
        """
        ask() { bash -c 'p=${HTTPS_PROXY##*:}; exec 3<>/dev/tcp/127.0.0.1/$p; printf "GET http://127.0.0.1:'$1'/v1/models HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" >&3; head -1 <&3'; }
        ask \(server.port) > allowed; ask 1 > refused
        git add -A; git commit -qm work
        """, "  allowed_hosts: [\"127.0.0.1:\(server.port)\"]\n")
      let task = try finish(play)
      #expect(task["status"] == "done", "\(task.indentedText)")
      try scratch.git("fetch", "-q", "origin", in: "repo")
      #expect(try scratch.git("show", "origin/main:allowed", in: "repo").contains("200"))
      #expect(try scratch.git("show", "origin/main:refused", in: "repo").contains("403"))
    }

    @Test func `keep what a worker left on another branch, and say so`() throws {
      let play = try playground(
        """
        [ "$ORCH_ATTEMPT" = 1 ] || { echo y > y; git add -A; git commit -qm y; exit 0; }
        git checkout -q --detach; echo x > x; git add -A; git commit -qm "lost?"
        """)
      let task = try finish(play)
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(
        task["attempts"]?.array?.first?["error"]?.string?.contains("left its branch") == true)
      let kept = try scratch.git("log", "--format=%s", "--glob=refs/orch/wip", in: "repo")
      #expect(kept.contains("lost?"), "\(kept)")
    }

    @Test func `are not left through a submodule that a worker exchanges`() throws {
      try scratch.repository("sub", files: ["s.txt": "s\n"])
      try scratch.git("config", "--global", "protocol.file.allow", "always")
      let play = try playground(
        """
        cd lib
        [ "$(cat s.txt)" = s ]
        /bin/rm .git
        unset GIT_CONFIG_COUNT
        git init -q
        echo '* filter=evil' > .gitattributes
        git add -A
        git commit -qm "The same, it seems"
        git config filter.evil.clean "sh -c 'echo out >> \"\(scratch["escaped"])\"; cat'"
        echo t > s.txt
        touch -d 2001-01-01 s.txt
        cd ..
        echo work > work.txt
        git add work.txt
        git commit -qm "The work"
        printf '{"status":"blocked","summary":"s","reason":"q","needs_help":true}' > "$ORCH_OUTPUT"
        """)
      let settings = try scratch.read("repo/.orch.yml")
      try scratch.write(
        "repo/.orch.yml",
        settings.replacingOccurrences(
          of: "worktrees:\n", with: "worktrees:\n  setup: git submodule --quiet update --init\n"))
      try scratch.git("submodule", "--quiet", "add", scratch["sub"], "lib", in: "repo")
      try scratch.git("commit", "-qm", "lib", in: "repo")
      try scratch.git("push", "-q", "origin", "main", in: "repo")
      let task = try finish(play)
      #expect(task["status"] == "needs_review", "\(task.indentedText)")
      let id = try #require(task["id"]?.string)
      let place = try #require(task["worktree"]?.string)
      try play.ok("task", "cancel", id)
      try play.ok("run", "--until-idle")
      #expect(!scratch.exists("escaped"))
      // What may be somebody's work stays.
      #expect(FileManager.default.fileExists(atPath: place + "/lib/s.txt"))
    }
  }

  extension Playground {
    /// The same playground with one `workflow` section: the last of two with the same keys counts.
    fileprivate func fixed(_ scratch: Scratch) throws -> Playground {
      let text = try scratch.read("repo/.orch.yml")
      try scratch.write(
        "repo/.orch.yml",
        text.replacingOccurrences(of: "workflow:\n  grace_seconds: 1\n\nsandbox", with: "sandbox"))
      return self
    }
  }
#endif
