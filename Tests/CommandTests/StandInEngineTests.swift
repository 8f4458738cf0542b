import Foundation
import JSON
import TestSupport
import Testing

#if os(Linux)
  @Suite(.scratch, .timeLimit(.minutes(30))) struct `Containers of a service` {
    let scratch = Scratch.current

    private func playground(_ agent: String, _ settings: String = "") throws -> Playground {
      try StandInEngine.install(in: scratch)
      return try Playground(
        agent: "cat > /dev/null\n" + agent,
        settings: """

          sandbox:
            type: container
            engine: docker
            image: example/dev:1
            memory_mb: 4000
          \(settings)
          """)
    }

    private var environment: [String: String] {
      ["PATH": "\(scratch["bin"]):\(scratch.environment["PATH"] ?? "")"]
    }

    private func finish(_ play: Playground) throws -> JSONValue {
      let id = try play.ok("task", "add", "Work", "--quiet")
      _ = try scratch.run(
        [BuiltProgram.orch, "run", "--until-idle"], in: "repo", environment: environment)
      #expect(try play.leftovers() == [])
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch["containers"]) == [])
      return try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    }

    @Test func `are begun with documented words, and their work is merged`() throws {
      let task = try finish(
        playground(
          """
          orch checkpoint "half way"
          echo "$FROM_IMAGE" > work; git add work; git commit -qm work
          """, "  read: [\(scratch["read here"])]"))
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(task["checkpoint"]?.string?.contains("half way") == true)
      try scratch.git("fetch", "-q", "origin", in: "repo")
      #expect(try scratch.git("show", "origin/main:work", in: "repo") == "yes")
      let log = try scratch.read("docker.log")
      #expect(log.contains("--memory 4194304000b --memory-swap 4194304000b"))
      #expect(log.contains("rm --force orch-"))
      // A volume of the image is in memory, and what is mounted there goes before it.
      #expect(log.contains("--tmpfs /data:rw") && !log.contains("--tmpfs /tmp:rw"))
    }

    @Test func `end with the worker's time although they are no child of the client`() throws {
      let play = try playground(
        """
        [ "$ORCH_ATTEMPT" = 1 ] || { echo y > y; git add -A; git commit -qm y; exit 0; }
        while :; do sleep 0.1; done
        """)
      let text = try scratch.read("repo/.orch.yml").replacingOccurrences(
        of: "  grace_seconds: 1\n", with: "  grace_seconds: 1\n  timeout_seconds: 3\n")
      try scratch.write("repo/.orch.yml", text)
      let task = try finish(play)
      #expect(task["attempts"]?.array?.first?["failure"] == "timed_out", "\(task.indentedText)")
      #expect(task["status"] == "done", "\(task.indentedText)")
    }

    @Test func `end by themselves when the supervisor is killed`() async throws {
      let play = try playground(
        """
        [ "$ORCH_ATTEMPT" = 1 ] || { echo y > y; git add -A; git commit -qm y; exit 0; }
        touch up; while :; do sleep 0.1; done
        """)
      let id = try play.ok("task", "add", "Work", "--quiet")
      let run = try scratch.start(
        [BuiltProgram.orch, "run", "--until-idle"], in: "repo", environment: environment,
        log: "run.log")
      #expect(
        try await eventually {
          let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
          let tree = task["worktree"]?.string
          return tree.map { FileManager.default.fileExists(atPath: $0 + "/up") } == true
        })
      // Nothing removes it from outside while the orchestrator stands still.
      kill(run.processIdentifier, SIGSTOP)
      let supervisor = try #require(try Self.supervisor(of: scratch))
      kill(supervisor, SIGKILL)
      #expect(try await eventually { try play.leftovers().isEmpty })
      kill(run.processIdentifier, SIGCONT)
      run.waitForEnd()
      let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(task["attempts"]?.array?.count == 2)
    }

    private static func supervisor(of scratch: Scratch) throws -> pid_t? {
      try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.first {
        let data = FileManager.default.contents(atPath: "/proc/\($0)/cmdline") ?? Data()
        let words = String(decoding: data, as: UTF8.self).split(separator: "\0")
        return words.count == 3 && words[1] == "supervise" && words[2].hasPrefix(scratch.path)
      }
    }

    @Test func `whose client has no engine cannot be had, and doctor says so`() throws {
      let play = try playground("touch \"$HOME/../ran\"")
      try scratch.write(
        "bin/docker",
        """
        #!/bin/sh
        [ "$1" != --version ] || { echo "Docker version 26.1.3"; exit 0; }
        echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2
        exit 1
        """)
      let task = try finish(play)
      #expect(task["status"] == "blocked", "\(task.indentedText)")
      let reason = task["reason"]?.string ?? ""
      #expect(
        reason.contains("the engine of 'docker' does not answer: Cannot connect"), "\(reason)")
      #expect(reason.contains("install podman"), "\(reason)")
      #expect(!scratch.exists("ran"))
      let doctor = try scratch.run(
        [BuiltProgram.orch, "doctor"], in: "repo", environment: environment)
      #expect(doctor.exitCode == 1)
      #expect(doctor.output.contains("BAD  no sandbox can be had"), "\(doctor)")
    }
  }
#endif
