import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Open pull requests` {
  let scratch = Scratch.current

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  /// A commit of one file on a branch of the remote, as a person pushes it.
  private func push(_ file: String, _ content: String, to branch: String) throws {
    if !scratch.exists("person") {
      try scratch.git("clone", "-q", scratch["origin.git"], scratch["person"])
    }
    try scratch.git("fetch", "-q", "origin", in: "person")
    try scratch.git("checkout", "-q", "-B", "work", "origin/\(branch)", in: "person")
    try scratch.write("person/\(file)", content)
    try scratch.git("add", "-A", in: "person")
    try scratch.git("commit", "-qm", "change \(file)", in: "person")
    try scratch.git("push", "-q", "origin", "HEAD:refs/heads/\(branch)", in: "person")
  }

  private func branch(_ play: Playground, _ id: String) throws -> String {
    try #require(try show(play, id)["branch"]?.string)
  }

  private func base(_ file: String) throws -> String {
    try scratch.git("show", "main:\(file)", in: "origin.git")
  }

  @Test func `what a person pushes to the branch is rebased onto, never over`() throws {
    let play = try Playground(settings: "forge:\n  merge: never")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let branch = try branch(play, id)
    try push("person.txt", "by a person\n", to: branch)
    try push("base.txt", "the base moves\n", to: "main")
    try play.ok("run", "--until-idle")
    for file in ["person.txt", "base.txt", "file-\(id).txt"] {
      try scratch.git("cat-file", "-e", "\(branch):\(file)", in: "origin.git")
    }
    #expect(try play.diary().contains { $0.contains("pushed: Work") })
    try play.ok("pr", "merge", id)
    #expect(try show(play, id)["status"] == "done")
    #expect(try base("person.txt") == "by a person")
    #expect(try play.leftovers() == [])
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  @Test func `a merge that a person made by hand is noticed`() throws {
    let play = try Playground(settings: "forge:\n  merge: never")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let branch = try branch(play, id)
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["person"])
    try scratch.git("merge", "-q", "--no-ff", "origin/\(branch)", "-m", "by hand", in: "person")
    try scratch.git("push", "-q", "origin", "HEAD:main", ":\(branch)", in: "person")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "done")
    #expect(try show(play, id)["pull_request"]?["state"] == "merged")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
  }

  @Test func `a merge without a remote ends with its sentence`() throws {
    let play = try Playground(settings: "forge:\n  merge: never")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    try scratch.git("remote", "remove", "origin", in: "repo")
    let result = try play.orch("pr", "merge", id)
    #expect(result.exitCode != 0)
    #expect(result.errorOutput.contains("no remote 'origin'"), "\(result)")
  }

  @Test func `a repair is told what changed since the checks passed last`() throws {
    let play = try Playground(
      agent: """
        prompt=$(cat)
        printf '%s' "$prompt" > "$HOME/../prompt-$ORCH_ATTEMPT"
        rm -f forbidden
        echo "$ORCH_ATTEMPT" > work.txt
        git add -A
        git commit -qm "attempt $ORCH_ATTEMPT"
        """,
      settings: """
        forge:
          merge: never
        checks:
          - name: tidy
            command: "[ ! -e forbidden ]"
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    try push("other.txt", "the base moves\n", to: "main")
    try push("forbidden", "by a person\n", to: try branch(play, id))
    try play.ok("run", "--until-idle")
    let prompt = try scratch.read("prompt-2")
    #expect(prompt.contains("What changed since it last passed"))
    #expect(prompt.contains("change forbidden") && prompt.contains("change other.txt"))
    #expect(!prompt.contains("attempt 1\nA\twork.txt"))
    #expect(try show(play, id)["pull_request"]?["state"] == "green")
  }

  @Test func `a branch that a person rebased and merged by hand is merged all the same`() throws {
    let play = try Playground(settings: "forge:\n  merge: never")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let branch = try branch(play, id)
    try push("base.txt", "the base moves\n", to: "main")
    try scratch.git("checkout", "-q", "-B", "work", "origin/\(branch)", in: "person")
    try scratch.git("fetch", "-q", "origin", in: "person")
    try scratch.git("rebase", "-q", "origin/main", in: "person")
    try scratch.git("push", "-qf", "origin", "HEAD:main", "HEAD:\(branch)", in: "person")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["pull_request"]?["state"] == "merged")
  }

  @Test func `a branch that a person reset to the base is a question, and the work is not lost`()
    throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo work >> work.txt
        git add -A
        git commit -qm "attempt $ORCH_ATTEMPT"
        """, settings: "forge:\n  merge: never")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let branch = try branch(play, id)
    try push("base.txt", "the base moves\n", to: "main")
    try scratch.git("push", "-qf", "origin", "HEAD:\(branch)", in: "person")
    try play.ok("run", "--until-idle")
    let asked = try show(play, id)
    #expect(asked["status"] == "needs_review")
    #expect(asked["reason"]?.string?.contains("reset its branch to") == true)
    #expect(asked["pull_request"]?["state"] == "escalated")
    try play.ok("task", "unblock", id)
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "in_review")
    try play.ok("pr", "merge", id)
    #expect(try base("work.txt") == "work\nwork")
  }

  @Test func `a check that passes when it is run once more is not repaired`() throws {
    let play = try Playground(
      settings: """
        checks:
          - name: flaky
            command: "test -e \(scratch["once"]) || { touch \(scratch["once"]); exit 1; }"
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done")
    #expect(task["attempts"]?.array?.count == 1)
    #expect(try play.diary().contains { $0.contains("checks run again: Work (flaky)") })
  }

  @Test func `what repairs cannot mend is a precise question, and the answer lets it go on`() throws
  {
    let play = try Playground(
      agent: """
        prompt=$(cat)
        echo "$ORCH_ATTEMPT" > answer
        case "$prompt" in *"use forty-two"*) echo 42 > answer ;; esac
        git add -A
        git commit -qm "attempt $ORCH_ATTEMPT"
        """,
      settings: """
          max_repair_tries: 1
        checks:
          - name: answer
            command: "grep -qx 42 answer"
        """)
    let id = try play.ok("task", "add", "Answer", "--quiet")
    try play.ok("run", "--until-idle")
    let asked = try show(play, id)
    #expect(asked["status"] == "needs_review")
    #expect(asked["reason"] == "1 worker could not answer 'answer': what should be done?")
    #expect(asked["pull_request"]?["state"] == "escalated")
    #expect(try play.ok("pr", "show", id).contains("could not answer 'answer'"))
    try play.ok("msg", "send", id, "use forty-two")
    try play.ok("task", "unblock", id)
    #expect(try show(play, id)["status"] == "in_review")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done")
    #expect(
      task["attempts"]?.array?.map { $0["purpose"]?.string } == ["work", "repair", "repair"])
  }

  @Test func `a conflict that nobody settles is asked about, and a push answers it`() throws {
    let play = try Playground(
      files: ["COLOUR": "red\n"],
      agent: """
        cat > /dev/null
        case "$ORCH_PURPOSE" in rebase) exit 3 ;; esac
        echo green > COLOUR
        git commit -qam green
        """, settings: "forge:\n  merge: never")
    let id = try play.ok("task", "add", "Colour", "--quiet")
    try play.ok("run", "--until-idle")
    let branch = try branch(play, id)
    try push("COLOUR", "blue\n", to: "main")
    try play.ok("run", "--until-idle")
    let asked = try show(play, id)
    #expect(asked["status"] == "needs_review")
    #expect(asked["reason"]?.string?.contains("COLOUR: which side should win?") == true)
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["attempts"]?.array?.count == 3, "nobody is asked twice")
    try scratch.git("checkout", "-q", "-B", "work", "origin/main", in: "person")
    try scratch.git("fetch", "-q", "origin", in: "person")
    try scratch.git("reset", "-q", "--hard", "origin/main", in: "person")
    try scratch.write("person/COLOUR", "turquoise\n")
    try scratch.git("commit", "-qam", "both", in: "person")
    try scratch.git("push", "-qf", "origin", "HEAD:refs/heads/\(branch)", in: "person")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "in_review")
    try play.ok("pr", "merge", id)
    #expect(try base("COLOUR") == "turquoise")
  }

  @Test func `commands know a pull request by its own name, and bring it onto its base`() throws {
    let play = try Playground(settings: "forge:\n  merge: never")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let name = "L" + id.prefix(6)
    let list = try play.ok("pr", "list").split(separator: "\n").map(String.init)
    #expect(list.count == 2 && list[0].hasPrefix("task    stands  branch"), "\(list)")
    #expect(list[1].hasPrefix("\(id.prefix(6))  ready   orch/") && list[1].hasSuffix("  Work"))
    let page = try play.ok("pr", "show", name)
    #expect(page.contains("waits for     a person to merge it ('forge.merge: never')"), "\(page)")
    try push("base.txt", "moved\n", to: "main")
    #expect(try play.ok("pr", "rebase", name).contains("rebased onto "))
    try scratch.git("cat-file", "-e", "\(try branch(play, id)):base.txt", in: "origin.git")
    #expect(try play.ok("pr", "show", name).contains("base"))
    #expect(try play.orch("pr", "show", "#99").exitCode == 1)
  }

  @Test func `a failure that the base has too is nobody's to repair, and is over with the base's`()
    throws
  {
    let play = try Playground(
      files: ["state": "sound\n"],
      settings: """
        checks:
          - name: state
            command: "! grep -q broken state"
        """)
    try play.ok("task", "add", "Before")
    try play.ok("run", "--until-idle")
    try push("state", "broken\n", to: "main")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let waiting = try show(play, id)
    #expect(waiting["status"] == "in_review")
    #expect(waiting["attempts"]?.array?.count == 1)

    try push("state", "mended\n", to: "main")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "done")
    #expect(try show(play, id)["attempts"]?.array?.count == 1)
  }
}
