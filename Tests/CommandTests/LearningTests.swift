import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Learning from failures` {
  let scratch = Scratch.current

  /// Fails unless its prompt has the word that only a lesson or its own error can tell; looks back with what `answer` says.
  private static let learns = """
    cat > "$HOME/../prompt-$ORCH_TASK_ID-$ORCH_ATTEMPT"
    if [ "$ORCH_TASK_KIND" = retrospective ]; then
      cp "$HOME/../answer" "$ORCH_OUTPUT"
      ls "$ORCH_STATE_DIR" > "$HOME/../files-of-retrospective"
      exit 0
    fi
    if ! grep -q "regenerate the schema" "$HOME/../prompt-$ORCH_TASK_ID-$ORCH_ATTEMPT"; then
      echo "the schema is stale: regenerate the schema" >&2
      exit 3
    fi
    echo x > "file-$ORCH_TASK_ID"
    git add -A
    git commit -qm "Add a file"
    printf '{"status":"done","summary":"added a file"}' > "$ORCH_OUTPUT"
    """

  private static let answer = """
    {"status":"done","summary":"the schema has to be generated first","accomplished":[
     "lesson: Always regenerate the schema before the checks","when: a task touches db/",
     "scope: label:db","evidence: x"]}
    """

  private func playground(_ answer: String = Self.answer) throws -> Playground {
    try scratch.write("answer", answer)
    return try Playground(agent: Self.learns, looksBack: true)
  }

  private func add(_ play: Playground, _ title: String, _ more: String...) throws -> String {
    let words = ["task", "add", title, "--label", "db", "--quiet"] + more
    let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
    return String(result.output.dropLast())
  }

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  private func lessons(_ play: Playground) throws -> [JSONValue] {
    try JSONValue(parsing: play.ok("lesson", "list", "--all", "--json")).array ?? []
  }

  @Test func `a failure that was overcome becomes a lesson, and the next task succeeds at once`()
    throws
  {
    let play = try playground()
    let first = try add(play, "Change the schema")
    try play.ok("run", "--until-idle")
    #expect(try show(play, first)["attempts"]?.array?.count == 2)
    let found = try #require(try lessons(play).first)
    #expect(found["text"] == "Always regenerate the schema before the checks")
    #expect(found["scope"] == "label:db" && found["origin"] == "retrospective")
    #expect(found["waits"] == nil)
    let looking = try #require(try play.tasks().first { $0["kind"] == "retrospective" })
    #expect(looking["status"] == "done" && looking["about"]?.string == first)
    #expect(looking["reason"]?.string?.hasPrefix("learned ") == true)
    // It was given both attempts, the difference of their instructions, and the instructions themselves.
    let prompt = try scratch.read("prompt-\(looking["id"]?.string ?? "")-1")
    #expect(prompt.contains("Attempt 1 of task") && prompt.contains("the schema is stale"))
    #expect(prompt.contains("Its instructions differed"))
    #expect(try scratch.read("files-of-retrospective").contains("attempt-2-prompt.md"))

    let second = try add(play, "Change it again")
    try play.ok("run", "--until-idle")
    let told = try show(play, second)
    #expect(told["attempts"]?.array?.count == 1 && told["status"] == "done")
    #expect(told["attempts"]?.array?.first?["lessons"]?.strings == [found["id"]?.string ?? ""])
    // A success at the first attempt is not looked back at.
    #expect(try play.tasks().count { $0["kind"] == "retrospective" } == 1)
    let shown = try play.ok("lesson", "show", found["id"]?.string ?? "")
    #expect(shown.contains("\(first.prefix(6)) attempt 1, failed, "))
    #expect(shown.contains(": exit code 3: the schema is stale"))
    #expect(shown.contains("\(first.prefix(6)) attempt 2, succeeded, "))
    #expect(shown.contains("1 of 1 tasks with it") && shown.contains("lesson: Always"))
    #expect(try play.diary().contains { $0.contains("lesson: Always regenerate") })
    // Nothing is begun when nothing is left to do.
    let before = try play.diary().count
    try play.ok("run", "--until-idle")
    #expect(try play.diary().count == before)
  }

  @Test func `the same cause is evidence, not a second lesson, and is asked for once at a time`()
    throws
  {
    let play = try playground()
    // Both fail before anything is known.
    let ids = [try add(play, "One"), try add(play, "Two")]
    try play.ok("run", "--until-idle", "--jobs", "2")
    for id in ids { #expect(try show(play, id)["status"] == "done") }
    let found = try lessons(play)
    #expect(found.count == 1)
    let shown = try JSONValue(
      parsing: play.ok("lesson", "show", found.first?["id"]?.string ?? "", "--json"))
    #expect(shown["evidence"]?.array?.count == 2)
    #expect(
      shown["evidence"]?.array?.allSatisfy { ($0["succeeded_commit"]?.string?.count ?? 0) == 40 }
        == true)
    #expect(try play.diary().contains { $0.contains("lesson confirmed: Always") })
  }

  @Test(arguments: [
    #"{"status":"done","summary":"it was an outage"}"#, "I have no idea",
    #"{"status":"done","summary":"","accomplished":["lesson: no"]}"#,
    #"{"status":"needs_review","needs_help":true,"reason":"which?"}"#,
    #"{"status":"done","summary":"s","delegations":[{"title":"more","body":"b"}]}"#,
  ])
  func `a retrospective that finds nothing or answers nonsense teaches nothing and bothers nobody`(
    answer: String
  ) throws {
    let play = try playground(answer)
    try play.ok("task", "add", "Change the schema", "--label", "db")
    try play.ok("run", "--until-idle")
    let looking = try #require(try play.tasks().first { $0["kind"] == "retrospective" })
    #expect(looking["status"] == "done", "\(looking["reason"]?.string ?? "")")
    #expect((looking["attempts"]?.array?.count ?? 9) <= 2)
    #expect(try lessons(play) == [])
    #expect(try play.tasks().count == 2)
  }

  @Test func `what contradicts a lesson waits for a person`() throws {
    let play = try playground()
    try play.ok(
      "lesson", "add", "Never regenerate schema before the checks", "--scope", "label:db")
    _ = try add(play, "One")
    try play.ok("run", "--until-idle")
    let waiting = try #require(try lessons(play).first { $0["waits"] != nil })
    #expect(waiting["waits"]?.string?.contains("opposite") == true)
    let id = waiting["id"]?.string ?? ""
    let next = try add(play, "Next")
    #expect(try !play.ok("task", "prompt", next).contains("[\(id.prefix(6))]"))
    #expect(try play.ok("lesson", "list").contains("waits"))
    #expect(try play.ok("lesson", "approve", id).contains("approved: Always"))
    #expect(try play.ok("task", "prompt", next).contains("[\(id.prefix(6))]"))
    #expect(try play.orch("lesson", "approve", id).exitCode == 1)
  }

  @Test func `what strangers had a part in waits for a person`() throws {
    let play = try playground()
    try play.ok("init")
    let start = try play.ok("status", "--brief").split(separator: " ").last.map(String.init) ?? ""
    _ = try add(play, "One", "--label", "inbox")
    try play.ok("run", "--until-idle")
    // The seat hears of what came of the look back, and of nothing before.
    let news = try play.ok("status", "--since", start)
    #expect(news.contains("(proposed ") && news.components(separatedBy: "Look back").count == 2)
    let waiting = try #require(try lessons(play).first)
    #expect(waiting["waits"]?.string?.contains("'inbox'") == true)
    let next = try add(play, "Next")
    #expect(try !play.ok("task", "prompt", next).contains("Always regenerate"))
  }

  @Test func `what a stranger's task was divided into waits for a person too`() throws {
    let play = try playground()
    let plan = """
      {"status":"in_progress","delegations":[{"title":"Part","body":"curl it","labels":["db"]}]}
      """
    try scratch.write("plan", plan)
    let script = try scratch.read("agent.sh").replacingOccurrences(
      of: "if ! grep -q",
      with: """
        if [ "$ORCH_TASK_TITLE" = Whole ]; then
          [ "$ORCH_PURPOSE" = resume ] && printf '{"status":"done","summary":"all"}' > "$ORCH_OUTPUT" && exit 0
          cp "$HOME/../plan" "$ORCH_OUTPUT"
          exit 0
        fi
        if ! grep -q
        """)
    try scratch.write("agent.sh", script)
    let whole = try add(play, "Whole", "--label", "inbox")
    try play.ok("run", "--until-idle")
    let part = try #require(try play.tasks().first { $0["title"] == "Part" })
    #expect(part["parent"]?.string == whole && part["attempts"]?.array?.count == 2)
    let prompt = try scratch.read("prompt-\(part["id"]?.string ?? "")-1")
    #expect(prompt.contains("written by someone outside") && prompt.contains("=== begin data"))
    let waiting = try #require(try lessons(play).first)
    #expect(waiting["waits"]?.string?.contains("'\(whole.prefix(6))'") == true)
    #expect(waiting["waits"]?.string?.contains("'inbox'") == true)
    let next = try add(play, "Next")
    #expect(try !play.ok("task", "prompt", next).contains("Always regenerate"))
  }

  @Test func `a worker that does nothing has failed, and it is learned from`() throws {
    try scratch.write("answer", Self.answer)
    let silent = Self.learns.replacingOccurrences(
      of: "echo \"the schema is stale: regenerate the schema\" >&2\n  exit 3",
      with: "[ $ORCH_ATTEMPT = 2 ] || exit 0")
    #expect(silent != Self.learns)
    let play = try Playground(agent: silent, looksBack: true)
    let id = try add(play, "Change the schema")
    try play.ok("run", "--until-idle")
    let attempts = try show(play, id)["attempts"]?.array ?? []
    #expect(attempts.count == 2)
    #expect(attempts.first?["outcome"] == "failed" && attempts.first?["failure"] == "nothing_done")
    #expect(attempts.first?["error"] == "it changed nothing and said nothing")
    #expect(attempts.last?["outcome"] == "succeeded")
    let found = try #require(try lessons(play).first)
    #expect(found["text"] == "Always regenerate the schema before the checks")
    let shown = try play.ok("lesson", "show", found["id"]?.string ?? "")
    #expect(shown.contains("attempt 1, failed"))
    // It counts against a lesson that such a worker was told.
    #expect(try play.tasks().count { $0["kind"] == "retrospective" } == 1)
  }

  @Test func `a retired lesson that is found again waits for a person`() throws {
    let play = try playground()
    _ = try add(play, "One")
    try play.ok("run", "--until-idle")
    let first = try #require(try lessons(play).first?["id"]?.string)
    try play.ok("lesson", "retire", first, "--why", "never this")
    _ = try add(play, "Two")
    try play.ok("run", "--until-idle")
    let again = try #require(try lessons(play).first { $0["id"]?.string != first })
    #expect(again["waits"]?.string?.contains("retired: never this") == true)
    #expect(again["waits"]?.string?.contains(first.prefix(6)) == true)
    let next = try add(play, "Next")
    #expect(try !play.ok("task", "prompt", next).contains("Always regenerate"))
    try play.ok("lesson", "approve", again["id"]?.string ?? "")
    #expect(try play.ok("task", "prompt", next).contains("Always regenerate"))
  }

  @Test func `a lesson of another machine waits until this one trusts it`() throws {
    let play = try playground()
    try play.ok("lesson", "add", "Mind the gap")
    try play.ok("sync")
    _ = try scratch.run(
      [BuiltProgram.orch, "clone", scratch["origin.git"], "other"], in: scratch.path)
    func list(_ more: String) throws -> String {
      try scratch.write("other/.orch.yml", more)
      return try scratch.run([BuiltProgram.orch, "lesson", "list"], in: "other").output
    }
    #expect(try list("").contains("waits"))
    let name = try #require(try JSONValue(parsing: play.ok("init", "--json"))["host"]?.string)
    #expect(try !list("sync: {trusted_hosts: [\(name)]}\n").contains("waits"))
    let id = try lessons(play).first?["id"]?.string ?? ""
    try scratch.write("other/.orch.yml", "")
    let yes = try scratch.run([BuiltProgram.orch, "lesson", "approve", id], in: "other")
    #expect(yes.exitCode == 0, "\(yes.errorOutput)")
    #expect(try !list("").contains("waits"))
  }
}
