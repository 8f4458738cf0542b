import Foundation
import JSON
import TestSupport
import Testing

/// Tasks that stand still: a person is asked, and what the person does lets them go on.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Tasks that wait for a person` {
  let scratch = Scratch.current

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  private func purposes(_ task: JSONValue) -> [String?] {
    (task["attempts"]?.array ?? []).map { $0["purpose"]?.string }
  }

  private func questions(_ play: Playground) throws -> [JSONValue] {
    try JSONValue(parsing: play.ok("msg", "list", "--new", "--json")).array ?? []
  }

  /// Writes a wrong answer unless its prompt says "use forty-two"; the check prints what it finds.
  private func answering() throws -> Playground {
    try Playground(
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
            command: "cat answer; grep -qx 42 answer"
        """)
  }

  @Test func `are let go on by the answer to the question that orch has filed`() throws {
    let play = try answering()
    let id = try play.ok("task", "add", "Answer", "--quiet")
    try play.ok("run", "--until-idle")
    let asked = try show(play, id)
    #expect(asked["status"] == "needs_review", "\(asked.indentedText)")
    let open = try questions(play)
    #expect(open.map { $0["text"] } == [asked["reason"]])
    let number = try #require(open.first?["number"]?.int)
    let command = "orch msg answer \(id.prefix(6)) \(number) \"…\""
    #expect(try play.ok("status").contains(command))
    #expect(try play.ok("task", "show", id).contains("to go on      " + command))
    #expect(try play.ok("msg", "list", id).contains("question, orch:"))
    try play.ok("msg", "answer", id, String(number), "use forty-two")
    #expect(try show(play, id)["status"] == "in_review")
    #expect(try questions(play) == [])
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(purposes(task) == ["work", "repair", "repair"])
  }

  @Test func `ask nothing any more once something else let them go on, and ask again if they must`()
    throws
  {
    let play = try answering()
    let id = try play.ok("task", "add", "Answer", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try questions(play).count == 1)
    try play.ok("task", "unblock", id)
    #expect(try questions(play) == [])
    #expect(try !play.ok("status").contains("orch msg answer"))
    try play.ok("run", "--until-idle")
    #expect(try questions(play).map { $0["number"]?.int } == [2])
    let late = try play.orch("msg", "answer", id, "2", "use forty-two")
    #expect(late.exitCode == 0)
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "done")
  }

  @Test func `whose work could not be published say how they go on, and lose nothing`() throws {
    let play = try Playground(
      agent: Playground.commitsOneFile + "\n/bin/rm -f '\(scratch["origin.git"])/refs/heads/main'\n"
    )
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let asked = try show(play, id)
    #expect(asked["status"] == "needs_review", "\(asked.indentedText)")
    #expect(try questions(play).first?["text"]?.string?.hasPrefix("could not publish") == true)
    #expect(try play.ok("task", "show", id).contains("orch msg answer \(id.prefix(6)) 1"))
    #expect(try play.orch("task", "unblock", "all").errorOutput.contains("orch msg list --new"))
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    try play.ok("msg", "answer", id, "1", "main is there again")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(purposes(task) == ["work"])
  }

  /// A base that was never seen to pass its check.
  private func onRedBase() throws -> Playground {
    try Playground(
      agent: """
        cat > "$HOME/../prompt-$ORCH_ATTEMPT"
        echo "$ORCH_ATTEMPT" >> work
        if grep -q 'mend it here' "$HOME/../prompt-$ORCH_ATTEMPT"; then echo ok > proof; fi
        git add -A
        git commit -qm "attempt $ORCH_ATTEMPT"
        """, settings: "checks:\n  - {name: proof, command: cat proof}\n")
  }

  @Test func `for a base that fails alike cost one worker, and go on when it is mended`() throws {
    let play = try onRedBase()
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let asked = try show(play, id)
    #expect(asked["status"] == "needs_review", "\(asked.indentedText)")
    #expect(asked["reason"]?.string?.hasPrefix("'proof' fails on 'main' too") == true)
    #expect(purposes(asked) == ["work"])
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "needs_review")
    try scratch.write("repo/proof", "ok\n")
    try scratch.git("add", "proof", in: "repo")
    try scratch.git("commit", "-qm", "proof", in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(purposes(task) == ["work"])
  }

  @Test func `for a base that fails alike have a worker mend it if the answer is so`() throws {
    let play = try onRedBase()
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    try play.ok("msg", "answer", id, "1", "mend it here")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(purposes(task) == ["work", "repair"])
    #expect(try scratch.read("prompt-2").contains("On the base: fails too"))
  }

  @Test func `are told of the failing check when they are begun anew, as data without secrets`()
    throws
  {
    let token = "ghp_" + String(repeating: "A1b2C3d4E5", count: 4).prefix(36)
    let play = try Playground(
      files: ["README.md": "hello\n", "noise": "\(token)\n"],
      agent: """
        prompt=$(cat)
        echo "$ORCH_ATTEMPT" > answer
        if [ "$ORCH_PURPOSE" = work ]; then
          case "$prompt" in *"it must be forty-two"*) echo 42 > answer ;; esac
        fi
        git add -A
        git commit -qm "attempt $ORCH_ATTEMPT"
        """,
      settings: """
          max_repair_tries: 1
        checks:
          - name: answer
            command: "cat noise answer; echo it must be forty-two; grep -qx 42 answer"
        """)
    let id = try play.ok("task", "add", "Answer", "--quiet")
    #expect(try !play.ok("task", "prompt", id).contains("# Failing check"))
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "needs_review")
    try play.ok("task", "retry", id)
    let prompt = try play.ok("task", "prompt", id)
    let part = try #require(prompt.range(of: "# Failing check")?.lowerBound)
    let log = prompt[part...]
    let words = try #require(log.range(of: "\nit must be forty-two\n")?.lowerBound)
    let fence = try #require(log.range(of: "=== begin data ")?.lowerBound)
    #expect(fence < words)
    #expect(log.contains("Check: `answer`") && log.contains("[exit code 1]"))
    #expect(!prompt.contains(token))
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(purposes(task) == ["work", "repair", "work"])
  }
}
