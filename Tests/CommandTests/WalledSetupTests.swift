import Foundation
import JSON
import TestSupport
import Testing

#if os(Linux)
  @Suite(.scratch, .timeLimit(.minutes(30))) struct `Walls around what sets worktrees up` {
    let scratch = Scratch.current

    /// A set-up that says whose it is; the base's writes to where only something outside of the walls can.
    ///
    /// `agent` has written the other one when it calls `exchange`.
    private func playground(_ agent: String, _ settings: String = "") throws -> Playground {
      let play = try Playground(
        files: [
          ".gitignore": "ready\n", "state": "sound\n",
          "setup.sh": "echo base > ready\necho base >> '\(scratch["base"])'\n",
        ],
        agent: """
          cat > /dev/null
          exchange() {
            echo "echo worker > ready; echo out >> '\(scratch["escaped"])'; true" > setup.sh
            git add -A
            git commit -qm "Another set-up"
          }
          \(agent)
          """)
      try play.configure(
        agents: ["author", "reader"], mode: "round_robin",
        """
        worktrees:
          root: \(scratch["trees"])
          setup: sh setup.sh
        sandbox: bubblewrap
        \(settings)
        """)
      return play
    }

    private func show(_ play: Playground, _ id: String) throws -> JSONValue {
      try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    }

    @Test func `a reviewer's worktree is set up by the author's lines within the walls`() throws {
      let play = try playground(
        """
        if [ "$ORCH_TASK_KIND" = review ]; then
          [ "$(cat ready)" = worker ]
          printf '{"status":"done","summary":"sound"}' > "$ORCH_OUTPUT"
          exit 0
        fi
        [ "$(cat ready)" = base ]
        exchange
        """, "workflow:\n  enable_review_agent: true")
      let id = try play.ok("task", "add", "Work", "--agent", "author", "--quiet")
      try play.ok("run", "--until-idle")
      let task = try show(play, id)
      #expect(task["status"] == "done", "\(task.indentedText)")
      let reviews = try play.tasks().filter { $0["kind"] == "review" }
      #expect(reviews.map { $0["status"] } == ["done"])
      #expect(!scratch.exists("escaped"))
      #expect(try scratch.read("base") == "base\n")
    }

    @Test func `a worktree that is made anew is set up by its worker's lines within the walls`()
      throws
    {
      let play = try playground(
        """
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          exchange
          printf '{"status":"blocked","summary":"s","reason":"q","needs_help":true}' > "$ORCH_OUTPUT"
          exit 0
        fi
        [ "$(cat ready)" = worker ]
        printf '{"status":"done","summary":"done"}' > "$ORCH_OUTPUT"
        echo more > more
        git add -A
        git commit -qm "More"
        """)
      let id = try play.ok("task", "add", "Work", "--quiet")
      try play.ok("run", "--until-idle")
      let place = try #require(try show(play, id)["worktree"]?.string)
      try scratch.git("worktree", "remove", "--force", place, in: "repo")
      try play.ok("task", "retry", id)
      try play.ok("run", "--until-idle")
      let task = try show(play, id)
      #expect(task["status"] == "done", "\(task.indentedText)")
      #expect(!scratch.exists("escaped"))
      #expect(try scratch.read("base") == "base\n")
    }

    @Test func `checks on the base run within the walls`() throws {
      let play = try playground(
        "echo work > \"work-$ORCH_TASK_ID\"; git add -A; git commit -qm Work",
        """
        checks:
          - name: state
            command: "echo out >> '\(scratch["escaped"])'; ! grep -q broken state"
        """)
      try play.ok("task", "add", "Before")
      try play.ok("run", "--until-idle")
      try scratch.git("clone", "-q", scratch["origin.git"], scratch["colleague"])
      try scratch.write("colleague/state", "broken\n")
      try scratch.git("commit", "-qam", "broken", in: "colleague")
      try scratch.git("push", "-q", "origin", "HEAD:main", in: "colleague")
      let id = try play.ok("task", "add", "Work", "--quiet")
      try play.ok("run", "--until-idle")
      // That the base fails too is known only by a check of it.
      let task = try show(play, id)
      #expect(task["status"] == "in_review", "\(task.indentedText)")
      #expect(task["attempts"]?.array?.count == 1)
      #expect(!scratch.exists("escaped"))
      #expect(!scratch.exists("trees/repo/base-check"))
      let branches = try scratch.git("branch", "--list", "orch/base-check", in: "repo")
      #expect(branches == "")
    }
  }
#endif
