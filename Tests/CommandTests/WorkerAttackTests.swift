import Foundation
import JSON
import TestSupport
import Testing

/// Workers that use what orch itself does for them, each through the real binary.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Workers that attack orch` {
  let scratch = Scratch.current

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  @Test func `with a number that cannot be meant do not end the orchestrator`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo '{"type":"cost","usd":1e308,"input_tokens":9223372036854775807,"output_tokens":9223372036854775807}'
        echo '{"type":"failure","kind":"rate_limited","retry_after":9223372036854775807}'
        exit 1
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.start(["run"])
    #expect(
      try await eventually {
        try show(play, id)["attempts"]?.array?.first?["failure"] == "rate_limited"
      }, "\((try? scratch.read("run.log")) ?? "")")
    #expect(run.isRunning)
    run.interrupt()
    run.waitForEnd()
    #expect(!run.wasKilled)
  }

  @Test func `with an end that cannot be stored are told of once, and waited for`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        [ "$ORCH_ATTEMPT" = 1 ] || { echo x > x; git add -A; git commit -qm x; exit 0; }
        mkdir "$ORCH_RUN_DIRECTORY/exit.json"
        kill -9 $PPID
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    #expect(try await eventually { try scratch.read("run.log").contains("is not stored") })
    let folder = try #require(
      FileManager.default.enumerator(atPath: scratch["repo/.git/orch/run"])?
        .compactMap { $0 as? String }.first { $0.hasSuffix("exit.json") })
    try FileManager.default.removeItem(atPath: scratch["repo/.git/orch/run/\(folder)"])
    run.waitForEnd()
    #expect(try scratch.read("run.log").components(separatedBy: "is not stored").count == 2)
    #expect(try show(play, id)["status"] == "done")
  }
}

#if os(Linux)
  @Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Walls that stand for good` {
    let scratch = Scratch.current

    @Test func `are not left through links that an earlier attempt left in its home`() throws {
      let play = try Playground()
      let program = try scratch.write(
        "bin/claude",
        """
        #!/bin/sh
        set -eu
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          /bin/rm -rf ~/.gitconfig ~/.claude
          mkdir ~/.claude
          ln -s '\(scratch["precious"])' ~/.claude/.credentials.json
          ln -s '\(scratch["new"])' ~/.gitconfig
          printf '{"status":"in_progress","summary":"half"}' > "$ORCH_OUTPUT"
        elif [ "$ORCH_ATTEMPT" = 2 ]; then
          /bin/rm -rf ~/.claude ~/.gitconfig
          ln -s '\(scratch["folder"])' ~/.claude
          mkdir ~/.gitconfig
          printf '{"status":"in_progress","summary":"half"}' > "$ORCH_OUTPUT"
        else
          cat ~/.claude/.credentials.json > login
          git config --global user.name > name
          git add -A; git commit -qm work
        fi
        echo '{"type":"result","subtype":"success","is_error":false,"result":"said"}'
        """)
      #expect(chmod(program, 0o755) == 0)
      try scratch.write("home/.claude/.credentials.json", "the login")
      try scratch.write("precious", "precious")
      try FileManager.default.createDirectory(
        atPath: scratch["folder"], withIntermediateDirectories: true)
      try scratch.write(
        "repo/.orch.yml",
        """
        agents: {claude: {program: "\(program)"}}
        router: {disabled_agents: [codex, opencode]}
        worktrees: {root: "\(scratch["trees"])"}
        sandbox: {type: bubblewrap}
        """)
      let id = try play.ok("task", "add", "Work", "--quiet")
      try play.ok("run", "--until-idle")
      let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(try scratch.read("precious") == "precious")
      #expect(!scratch.exists("new"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch["folder"]) == [])
      try scratch.git("fetch", "-q", "origin", in: "repo")
      #expect(try scratch.git("show", "origin/main:login", in: "repo") == "the login")
      #expect(try scratch.git("show", "origin/main:name", in: "repo") == "Test")
    }

    private func sandboxed(_ agent: String, settings: String = "") throws -> Playground {
      try Playground(
        agent: "cat > /dev/null\n" + agent,
        settings: "\nsandbox: {type: bubblewrap}\n" + settings)
    }

    @Test func `count what a worker writes beside its worktree`() throws {
      let play = try sandboxed(
        """
        [ "$ORCH_ATTEMPT" = 1 ] || { echo y > y; git add -A; git commit -qm y; exit 0; }
        head -c 30000000 /dev/urandom > /tmp/big
        exec sleep 300
        """)
      let settings = try scratch.read("repo/.orch.yml")
      try scratch.write(
        "repo/.orch.yml",
        settings.replacingOccurrences(of: "worktrees:\n", with: "worktrees:\n  quota_mb: 10\n"))
      let id = try play.ok("task", "add", "Work", "--quiet")
      try play.ok("run", "--until-idle")
      let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
      #expect(task["attempts"]?.array?.first?["failure"] == "resource_limit")
      #expect(task["status"] == "done", "\(task.indentedText)")
    }

    @Test func `let no file grow beyond what all may hold, however short it lives`() throws {
      let play = try sandboxed(
        "if head -c 30000000 /dev/zero > big; then echo whole; else echo cut; fi > how; /bin/rm big; git add -A; git commit -qm how"
      )
      let settings = try scratch.read("repo/.orch.yml")
      try scratch.write(
        "repo/.orch.yml",
        settings.replacingOccurrences(of: "worktrees:\n", with: "worktrees:\n  quota_mb: 10\n"))
      try play.ok("task", "add", "Work")
      try play.ok("run", "--until-idle")
      try scratch.git("fetch", "-q", "origin", in: "repo")
      #expect(try scratch.git("show", "origin/main:how", in: "repo") == "cut")
    }

    @Test func `leave no private home behind when the task is over, and keep the logs`() throws {
      let play = try sandboxed(
        "mkdir ~/locked; echo h > ~/locked/h; chmod 0 ~/locked; echo said; echo y > y; git add -A; git commit -qm y"
      )
      let id = try play.ok("task", "add", "Work", "--quiet")
      try play.ok("run", "--until-idle")
      let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
      #expect(task["status"] == "done", "\(task.indentedText)")
      let names = try FileManager.default.subpathsOfDirectory(
        atPath: scratch["repo/.git/orch/run/\(id)"])
      #expect(names.contains { $0.hasSuffix("output.log") })
      #expect(!names.contains { $0.contains("home-") || $0.hasSuffix("/git") }, "\(names)")
      #expect(try play.ok("gc", "--days", "0").contains("1 run directories"))
      #expect(!scratch.exists("repo/.git/orch/run/\(id)"))
    }
  }
#endif
