import Foundation
import JSON
import TestSupport
import Testing

#if os(Linux)
  @Suite(
    .scratch, .timeLimit(.minutes(30)), .serialized,
    .enabled(if: ContainerFixture.isThere, "podman and crun run no containers here"))
  struct `Containers around workers` {
    let scratch = Scratch.current

    private var fixture: ContainerFixture {
      get throws { try #require(ContainerFixture.shared) }
    }

    private var environment: [String: String] {
      get throws { ["PATH": "\(try fixture.programs):\(scratch.environment["PATH"] ?? "")"] }
    }

    private func playground(
      _ agent: String, _ settings: String = "", sections: String = "", image: String? = nil
    ) throws -> Playground {
      try Playground(
        agent: "cat > /dev/null\n" + agent,
        settings: """

          sandbox:
            type: container
            engine: podman
            \(try image ?? "image: \(fixture.image)")
          \(settings)
          \(sections)
          """)
    }

    @discardableResult
    private func orch(_ words: String...) throws -> CommandResult {
      try scratch.run([BuiltProgram.orch] + words, in: "repo", environment: environment)
    }

    private func show(_ id: String) throws -> JSONValue {
      try JSONValue(parsing: try orch("task", "show", id, "--json").output)
    }

    private func finish(_ play: Playground) throws -> JSONValue {
      let id = try play.ok("task", "add", "Work", "--quiet")
      let run = try orch("run", "--until-idle")
      #expect(run.exitCode == 0, "\(run)")
      #expect(try play.leftovers() == [])
      #expect(try fixture.containers(of: scratch) == [])
      return try show(id)
    }

    /// A file of the remote's main branch, as merged.
    private func merged(_ file: String) throws -> String {
      try scratch.git("fetch", "-q", "origin", in: "repo")
      return try scratch.git("show", "origin/main:\(file)", in: "repo")
    }

    @Test func `hold against a script that tries everything, and its own work is merged`() throws {
      let listener = try LoopbackListener.open()
      defer { close(listener.descriptor) }
      let play = try playground(
        WallAttack.script(
          listener.port, work: "\"$FROM_IMAGE\"",
          more: """
            echo x > /run/orch/objects/x && say objects
            kill -9 1; kill -0 1 || say init
            echo x > /usr/bin/x && say image; echo x > /etc/x && say etc; touch /root/x && say root
            echo x > /run/orch/lib/x && say lib; echo x > /run/orch/orch && say orch
            echo x > '\(BuiltProgram.orch)' && say program
            mount -t tmpfs none /tmp && say mount
            grep -q '^CapBnd:[[:space:]]*0*$' /proc/self/status || say capabilities
            grep -q '^NoNewPrivs:[[:space:]]*1$' /proc/self/status || say privileges
            ls /run/podman/podman.sock /var/run/docker.sock && say engine
            """))
      try play.ok("init")
      try WallAttack.prepare()
      let before = try WallAttack.picture()
      let task = try finish(play)
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(try WallAttack.picture() == before)
      #expect(!scratch.exists("home/evil"))
      #expect(try merged("work.txt") == "yes")
      let escapes = try merged("escapes")
      #expect(escapes == "", "escaped by: \(escapes)")
      try scratch.git("fsck", "--no-dangling", in: "repo")
    }

    @Test func `let through what a worker needs: commands of orch, amended and unsaved work`()
      async throws
    {
      let play = try playground(
        """
        echo one > one; git add one; git commit -qm one; git commit -q --amend -m "one, amended"
        orch lock run -- sh -c 'echo locked > locked'
        orch checkpoint "half way"
        orch ask "Which?" --wait > answer
        echo h > ~/h; mkdir -p /tmp/deep; echo t > /tmp/deep/t
        id -un > user
        rm -f README.md
        echo unsaved > unsaved
        """)
      let id = try play.ok("task", "add", "Work", "--quiet")
      let run = try scratch.start(
        [BuiltProgram.orch, "run", "--until-idle"], in: "repo", environment: environment,
        log: "run.log")
      #expect(try await eventually { try play.ok("msg", "list", "--new").contains("Which?") })
      try play.ok("msg", "answer", id, "1", "This")
      run.waitForEnd()
      let task = try show(id)
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(task["checkpoint"]?.string?.contains("half way") == true)
      for (file, text) in [
        "one": "one", "locked": "locked", "answer": "This", "unsaved": "unsaved",
      ] {
        #expect(try merged(file) == text)
      }
      #expect(try ["root", "worker"].contains(merged("user")))
      #expect(!scratch.exists("home/h"))
    }

    @Test func `end with the worker's time, whatever it started`() throws {
      let play = try Playground(
        agent: """
          cat > /dev/null
          trap 'echo interrupted > interrupted' INT
          [ "$ORCH_ATTEMPT" = 1 ] || { echo y > y; git add -A; git commit -qm y; exit 0; }
          (setsid sh -c 'trap "" TERM INT HUP; while :; do sleep 1; done' agent.sh > /dev/null 2>&1 &)
          while :; do sleep 0.1; done
          """)
      try play.configure(
        agents: ["worker"],
        """
        worktrees:
          root: \(scratch["trees"])
        lessons:
          retrospectives: false
        workflow:
          grace_seconds: 1
          timeout_seconds: 4
        sandbox:
          type: container
          image: \(try fixture.image)
        """)
      let task = try finish(play)
      #expect(task["attempts"]?.array?.first?["failure"] == "timed_out", "\(task.indentedText)")
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(try merged("interrupted") == "interrupted")
    }

    @Test(arguments: ["supervisor", "orchestrator and supervisor"])
    func `end when who began them is killed`(who: String) async throws {
      let play = try playground(
        """
        [ "$ORCH_ATTEMPT" = 1 ] || { echo y > y; git add -A; git commit -qm y; exit 0; }
        (setsid sh -c 'trap "" TERM INT HUP; while :; do sleep 1; done' agent.sh > /dev/null 2>&1 &)
        touch up; while :; do sleep 0.1; done
        """)
      let id = try play.ok("task", "add", "Work", "--quiet")
      let run = try scratch.start(
        [BuiltProgram.orch, "run", "--until-idle"], in: "repo", environment: environment,
        log: "run.log")
      #expect(
        try await eventually {
          let tree = try show(id)["worktree"]?.string
          return tree.map { FileManager.default.fileExists(atPath: $0 + "/up") } == true
        })
      #expect(try fixture.containers(of: scratch).count == 1)
      if who != "supervisor" { kill(run.processIdentifier, SIGKILL) }
      let supervisor = try #require(try supervisor())
      kill(supervisor, SIGKILL)
      // By itself, before anybody looks.
      #expect(try await eventually { try play.leftovers().isEmpty })
      #expect(try await eventually { try fixture.containers(of: scratch).isEmpty })
      if who != "supervisor" { _ = try orch("run", "--until-idle") }
      run.waitForEnd()
      let task = try show(id)
      #expect(task["attempts"]?.array?.count == 2, "\(task.indentedText)")
      #expect(task["status"] == "done")
      #expect(try play.leftovers() == [] && fixture.containers(of: scratch) == [])
    }

    /// The process number of the one supervisor of this scratch.
    private func supervisor() throws -> pid_t? {
      try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.first {
        let data = FileManager.default.contents(atPath: "/proc/\($0)/cmdline") ?? Data()
        let words = String(decoding: data, as: UTF8.self).split(separator: "\0")
        return words.count == 3 && words[1] == "supervise" && words[2].hasPrefix(scratch.path)
      }
    }

    @Test func `that a killed orch left are found by their label and removed`() throws {
      let play = try playground("echo work > \"$ORCH_TASK_ID\"; git add -A; git commit -qm work")
      _ = try finish(play)
      // As one looks that nobody waits for: its lock is held by nobody.
      let name = try scratch.run(
        ["sh", "-c", "git hash-object --stdin | cut -c1-16"], in: "repo",
        input: try scratch.git(
          "rev-parse", "--path-format=absolute", "--git-common-dir", in: "repo"))
      let repository = name.output.split(separator: "\n").first.map(String.init) ?? ""
      let began = try scratch.run([
        try fixture.programs + "/podman", "create", "--label", "orch.repository=\(repository)",
        "--label", "orch.lock=\(scratch["gone"])/lock", try fixture.image, "sleep", "1000",
      ])
      #expect(began.exitCode == 0, "\(began)")
      #expect(try fixture.containers(of: scratch).count == 1)
      let id = try play.ok("task", "add", "More", "--quiet")
      _ = try orch("run", "--until-idle")
      #expect(try show(id)["status"] == "done")
      #expect(try fixture.containers(of: scratch) == [])
    }

    @Test func `stand around checks, which may take the turn that they have`() throws {
      let play = try playground(
        """
        printf 'echo evil > "\(scratch["repo"])/evil"; touch "\(scratch["home"])/evil"; true' > check.sh
        git add -A; git commit -qm work
        """,
        sections: """
          checks:
            - name: all
              command: sh check.sh; test ! -e \(scratch["repo"])/README.md; \(BuiltProgram.orch) lock run build -- grep -q root /etc/passwd
              lock: build
          """)
      let task = try finish(play)
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(!scratch.exists("repo/evil") && !scratch.exists("home/evil"))
    }

    @Test func `let allowed hosts through, and refuse the others`() throws {
      let server = try ModelServer(["x": [.say("hello")]])
      let play = try playground(
        """
        ask() { bash -c 'p=${HTTPS_PROXY##*:}; exec 3<>/dev/tcp/127.0.0.1/$p; printf "GET http://127.0.0.1:'$1'/v1/models HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" >&3; head -1 <&3'; }
        ask \(server.port) > allowed; ask 1 > refused
        git add -A; git commit -qm work
        """, "  allowed_hosts: [\"127.0.0.1:\(server.port)\"]")
      let task = try finish(play)
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(try merged("allowed").contains("200"))
      #expect(try merged("refused").contains("403"))
    }

    /// Puts a devcontainer.json into the base.
    private func merge(_ text: String) throws {
      try scratch.write("repo/.devcontainer/devcontainer.json", text)
      try scratch.write("repo/.gitignore", "made\n")
      try scratch.git("add", ".devcontainer", ".gitignore", in: "repo")
      try scratch.git("commit", "-qm", "dev", "--allow-empty", in: "repo")
      try scratch.git("push", "-q", "origin", "main", in: "repo")
    }

    @Test
    func `are those of the base's devcontainer.json, which a worker cannot change for itself`()
      throws
    {
      let play = try playground(
        """
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          printf '{"image": "evil", "privileged": true}' > .devcontainer/devcontainer.json
          git add -A; git commit -qm "Another container"; exit 3
        fi
        git reset -q --hard HEAD~1
        echo "$COLOUR $PWD $(id -un) $(cat made)" > said
        [ -f /workspace/README.md ]
        git add said; git commit -qm work
        """, image: "network: none")
      try merge(
        """
        {
          // Everything that counts.
          "image": "\(try fixture.image)", "workspaceFolder": "/workspace", "remoteUser": "dev",
          "containerEnv": {"COLOUR": "${containerEnv:FROM_IMAGE}, blue", },
          "postCreateCommand": "echo \\"made in $FROM_IMAGE\\" > made",
        }
        """)
      let task = try finish(play)
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(task["attempts"]?.array?.count == 2)
      let said = try merged("said")
      #expect(said.hasPrefix("yes, blue \(scratch["trees"])"), "\(said)")
      #expect(said.hasSuffix("made in yes"), "\(said)")
    }

    @Test func `that would widen what a worker reaches stop the task, and doctor says so`() throws {
      let play = try playground("touch \"$HOME/../ran\"", image: "network: none")
      try merge("{\"image\": \"\(try fixture.image)\", \"runArgs\": [\"--privileged\"]}")
      let id = try play.ok("task", "add", "Work", "--quiet")
      _ = try orch("run", "--until-idle")
      let task = try show(id)
      #expect(task["status"] == "blocked", "\(task.indentedText)")
      #expect(task["reason"]?.string?.contains("has 'runArgs'") == true, "\(task.indentedText)")
      let doctor = try orch("doctor")
      #expect(doctor.exitCode == 1 && doctor.output.contains("has 'runArgs'"), "\(doctor)")
      try merge("{\"image\": \"\(try fixture.image)\", \"features\": {\"x\": {}}}")
      let better = try orch("doctor")
      #expect(better.output.contains("ok   sandbox: container; podman answers"), "\(better)")
      #expect(better.output.contains("'features' is not used"), "\(better)")
      #expect(better.output.contains("which is here"), "\(better)")
    }

    @Test func `without git, or without the agent, stop the task with what to do`() throws {
      let play = try playground("true", image: "image: localhost/orch-test-none:1")
      let id = try play.ok("task", "add", "Work", "--quiet")
      _ = try orch("run", "--until-idle")
      let reason = try show(id)["reason"]?.string ?? ""
      #expect(reason.contains("'localhost/orch-test-none:1' cannot be had"), "\(reason)")
      #expect(reason.contains("podman pull"), "\(reason)")
      try play.configure(
        agents: ["worker"],
        """
        worktrees:
          root: \(scratch["trees"])
        sandbox:
          type: container
          image: \(try fixture.image)
        """)
      let settings = try scratch.read("repo/.orch.yml").replacingOccurrences(
        of: "\"\(scratch["agent.sh"])\"", with: "no-such-agent")
      try scratch.write("repo/.orch.yml", settings)
      let agents = try orch("agents")
      #expect(agents.output.contains("looked for in the container's image"), "\(agents)")
      let other = try play.ok("task", "add", "Other", "--quiet")
      _ = try orch("run", "--until-idle")
      let why = try show(other)["reason"]?.string ?? ""
      #expect(why.contains("the image has no 'no-such-agent'"), "\(why)")
    }
  }
#endif
