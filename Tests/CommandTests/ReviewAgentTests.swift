import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The reviewing agent` {
  let scratch = Scratch.current

  /// An author that is told what to write, and a reviewer that wants 42.
  private func playground(agents: [String], merge: String = "when-green") throws -> Playground {
    let play = try Playground(
      agent: """
        prompt=$(cat)
        printf '%s' "$prompt" > "$HOME/../prompt-$ORCH_TASK_KIND-$ORCH_PURPOSE"
        if [ "$ORCH_TASK_KIND" = review ]; then
          case "$ORCH_TASK_TITLE" in *Nonsense*)
            printf '{"status":"blocked","summary":"not wanted","reason":"nobody needs it"}' > "$ORCH_OUTPUT"
            exit 0 ;;
          esac
          if grep -qx 42 answer; then
            printf '{"status":"done","summary":"sound"}' > "$ORCH_OUTPUT"
          else
            printf '{"status":"needs_review","summary":"not yet","reason":"wrong","blockers":["answer:1: must be forty-two"]}' > "$ORCH_OUTPUT"
          fi
          exit 0
        fi
        case "$prompt" in *"must be forty-two"*) echo 42 > answer ;; *) echo 41 > answer ;; esac
        git add -A
        git commit -qm "Answer"
        """)
    try play.configure(
      agents: agents, mode: "round_robin",
      """
      worktrees:
        root: \(scratch["trees"])
      forge:
        merge: \(merge)
      workflow:
        enable_review_agent: true
      """)
    return play
  }

  @Test func `is another one than the author, and nothing is merged against it`() throws {
    let play = try playground(agents: ["author", "reader"])
    let id = try play.ok("task", "add", "Answer", "--agent", "author", "--quiet")
    try play.ok("run", "--until-idle")
    let tasks = try play.tasks()
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done")
    #expect(task["attempts"]?.array?.map { $0["purpose"]?.string } == ["work", "repair"])
    let reviews = tasks.filter { $0["kind"] == "review" }
    #expect(reviews.count == 2)
    for review in reviews {
      #expect(review["status"] == "done")
      #expect(review["attempts"]?.array?.first?["agent"] == "reader")
      #expect(review["attempts"]?.array?.count == 1)
    }
    #expect(try scratch.read("prompt-implement-repair").contains("How to answer this review"))
    #expect(try scratch.read("prompt-review-work").contains("How to review this change"))
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(try scratch.git("show", "origin/main:answer", in: "repo") == "42")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    #expect(try play.leftovers() == [])
  }

  @Test func `holds a merge back that waits for an approval, and never gives that approval`() throws
  {
    let play = try playground(agents: ["author", "reader"], merge: "when-approved")
    let id = try play.ok("task", "add", "Answer", "--agent", "author", "--quiet")
    try play.ok("run", "--until-idle")
    let waiting = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    // The agent has found something, it was repaired, and the agent is content.
    #expect(waiting["attempts"]?.array?.map { $0["purpose"]?.string } == ["work", "repair"])
    #expect(try play.tasks().count { $0["kind"] == "review" && $0["status"] == "done" } == 2)
    #expect(waiting["status"] == "in_review", "\(waiting.indentedText)")
    #expect(waiting["pull_request"]?["state"] == "green")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(try !scratch.git("ls-tree", "origin/main", in: "repo").contains("answer"))
    try play.ok("pr", "approve", id)
    try play.ok("run", "--until-idle")
    #expect(try JSONValue(parsing: play.ok("task", "show", id, "--json"))["status"] == "done")
    try scratch.git("fetch", "-q", "origin", in: "repo")
    #expect(try scratch.git("show", "origin/main:answer", in: "repo") == "42")
  }

  @Test func `with nobody but the author a person is asked`() throws {
    let play = try playground(agents: ["author"])
    let id = try play.ok("task", "add", "Answer", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "needs_review")
    #expect(task["reason"]?.string?.contains("who reviews?") == true)
    try play.ok("pr", "approve", id)
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().first?["status"] == "done")
  }

  @Test func `rejects what nothing can be made of, until a person overrules it`() throws {
    let play = try playground(agents: ["author", "reader"])
    let id = try play.ok("task", "add", "Nonsense", "--agent", "author", "--quiet")
    try play.ok("run", "--until-idle")
    let asked = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(asked["status"] == "needs_review")
    #expect(asked["reason"] == "orch-review rejects it: is the work given up?")
    #expect(asked["attempts"]?.array?.count == 1)
    try play.ok("pr", "approve", id)
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(task.indentedText)")
  }

  @Test func `a person rejects, and nothing is merged until that person approves`() throws {
    let play = try Playground(settings: "forge:\n  merge: never")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    try play.ok("pr", "reject", id, "--reason", "not wanted")
    try scratch.write(
      "repo/.orch.yml",
      scratch.read("repo/.orch.yml").replacingOccurrences(of: "never", with: "when-green"))
    try play.ok("run", "--until-idle")
    let asked = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(asked["status"] == "needs_review")
    #expect(asked["reason"]?.string?.hasSuffix("rejects it: is the work given up?") == true)
    try play.ok("pr", "approve", id)
    try play.ok("run", "--until-idle")
    #expect(try JSONValue(parsing: play.ok("task", "show", id, "--json"))["status"] == "done")
  }
}
