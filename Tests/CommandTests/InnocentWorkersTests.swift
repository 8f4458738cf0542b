import Foundation
import JSON
import TestSupport
import Testing

/// Workers without walls that did nothing outside of their room, while orch, others and people did something.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Innocent workers` {
  let scratch = Scratch.current

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  private func outside(_ task: JSONValue) -> String {
    (task["attempts"]?.array ?? []).flatMap { $0["outside"]?.strings ?? [] }
      .joined(separator: "\n")
  }

  private func config(_ key: String) throws -> String {
    let values = try scratch.run(["git", "config", "--local", "--get-all", key], in: "repo")
    return values.output
  }

  @Test func `are not told of a branch that another task's own failing worker has moved`()
    async throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        if [ "$ORCH_TASK_TITLE" = Long ]; then
          touch "$HOME/../long"
          while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
          echo x > long; git add -A; git commit -qm long
          exit 0
        fi
        [ "$ORCH_ATTEMPT" = 1 ] || exit 0
        echo one > x; git add -A; git commit -qm one
        git checkout -q --detach HEAD~1
        echo two > x; git add -A; git commit -qm two
        other=$(git rev-parse HEAD)
        git checkout -q "$ORCH_BRANCH"
        git cherry-pick "$other" || true
        """, settings: "  max_attempts: 2")
    let long = try play.ok("task", "add", "Long", "--quiet")
    let run = try play.start(["run", "--until-idle", "--jobs", "2"])
    #expect(await eventually { scratch.exists("long") })
    let pick = try play.ok("task", "add", "Pick", "--quiet")
    #expect(try await eventually { try show(play, pick)["status"] == "blocked" })
    try scratch.write("go", "")
    run.waitForEnd()
    let task = try show(play, long)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(outside(task) == "")
  }

  @Test func `are told once of what a person writes in the main checkout, not each of them`() throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo "$ORCH_TASK_ID" >> '\(scratch["repo"])/run.log'
        echo x > "$ORCH_TASK_ID"; git add -A; git commit -qm work
        """)
    let ids = try (1...3).map { try play.ok("task", "add", "Work \($0)", "--quiet") }
    try play.ok("run", "--until-idle", "--jobs", "1")
    let told = try ids.map { outside(try show(play, $0)) }.filter { !$0.isEmpty }
    #expect(told == ["'run.log' of the main checkout was changed, by a worker or by a person"])
  }

  @Test func `do not commit under a name that another has set, whose reason says what it set`()
    throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo x > "$ORCH_TASK_ID"; git add -A; git commit -qm work
        if [ "$ORCH_TASK_TITLE" = Evil ]; then
          git config user.name Evil; git config user.email e@v; git config core.hooksPath /tmp/x
        fi
        """)
    let keys = ["user.name", "user.email", "core.hookspath"]
    let before = try keys.map(config)
    let evil = try play.ok("task", "add", "Evil", "--quiet")
    let good = try play.ok("task", "add", "Good", "--quiet")
    try play.ok("run", "--until-idle", "--jobs", "1")
    let task = try show(play, evil)
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    let reason = task["reason"]?.string ?? ""
    #expect(reason.hasSuffix("the setting core.hookspath was changed to '/tmp/x'; set back"))
    #expect(outside(task).contains("the setting user.name was changed to 'Evil'; set back"))
    #expect(try keys.map(config) == before)
    #expect(try show(play, good)["status"] == "done")
    #expect(try show(play, good)["attempts"]?.array?.first?["outside"]?.strings ?? [] == [])
    let authors = try scratch.git("log", "--format=%an %ae", "main", in: "origin.git")
    #expect(!authors.contains("Evil") && !authors.contains("e@v"))
  }

  /// What orch can know of who changed a setting while two workers ran.
  enum Evidence: CaseIterable {
    /// The second began after it was changed.
    case time
    /// The first has told of the command.
    case record
    /// Both lived, and neither has told.
    case nothing
  }

  @Test(arguments: [["One", "Two"], ["Two", "One"]], Evidence.allCases)
  func `are not stopped for a setting where it can be known that another changed it`(
    order: [String], evidence: Evidence
  ) async throws {
    let (play, one, two, run) = try await begin(evidence)
    for name in order {
      try scratch.write("go-\(name)", "")
      let id = name == "One" ? one : two
      #expect(
        try await eventually {
          try show(play, id)["attempts"]?.array?.first?["outcome"]?.string != nil
        })
      #expect(try config("user.name") == "")
      #expect(!scratch.exists("repo/.git/hooks/post-checkout"))
    }
    run.waitForEnd()
    let (first, second) = (try show(play, one), try show(play, two))
    let isKnown = evidence != .nothing
    #expect(first["status"] == "needs_review", "\(first.indentedText)")
    #expect(second["status"]?.string == (isKnown ? "done" : "needs_review"))
    #expect(outside(second).isEmpty == isKnown, "\(outside(second))")
    #expect(outside(first).contains("which of them did it cannot be told") != isKnown)
  }

  /// Two workers that run, of which the first has changed a setting.
  private func begin(
    _ evidence: Evidence
  ) async throws -> (Playground, one: String, two: String, run: ChildProcess) {
    let says = #"echo '{"type":"tool","text":"Bash git config user.name Evil"}'"#
    let hook = "echo evil > '\(scratch["repo/.git/hooks/post-checkout"])'"
    let play = try Playground(
      agent: """
        cat > /dev/null
        touch "$HOME/../begun-$ORCH_TASK_TITLE"
        echo x > "$ORCH_TASK_ID"; git add -A; git commit -qm work
        if [ "$ORCH_TASK_TITLE" = One ]; then
          while [ ! -e "$HOME/../plant" ]; do sleep 0.05; done
          git config user.name Evil
          \(evidence == .record ? says : ":")
          \(evidence == .time ? hook : ":")
          touch "$HOME/../planted"
        fi
        while [ ! -e "$HOME/../go-$ORCH_TASK_TITLE" ]; do sleep 0.05; done
        """)
    let one = try play.ok("task", "add", "One", "--quiet")
    let run = try play.start(["run", "--until-idle", "--jobs", "2"])
    #expect(await eventually { scratch.exists("begun-One") })
    if evidence == .time {
      try await plant()
      // The clocks of files are trusted to a second.
      let planted = Date()
      #expect(await eventually { Date().timeIntervalSince(planted) > 1.5 })
    }
    let two = try play.ok("task", "add", "Two", "--quiet")
    #expect(await eventually { scratch.exists("begun-Two") })
    if evidence != .time { try await plant() }
    if evidence == .record {
      #expect(await eventually { hasToldOf("Evil", one) })
    }
    return (play, one, two, run)
  }

  private func plant() async throws {
    try scratch.write("plant", "")
    #expect(await eventually { scratch.exists("planted") })
  }

  /// True once the record of a task's tool calls has a word.
  private func hasToldOf(_ word: String, _ task: String) -> Bool {
    let folder = scratch["repo/.git/orch/run/\(task)"]
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return files.contains { file in
      file.hasSuffix("tools.ndjson")
        && ((try? scratch.read("repo/.git/orch/run/\(task)/\(file)"))?.contains(word) ?? false)
    }
  }
}
