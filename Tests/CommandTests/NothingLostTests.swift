import Foundation
import JSON
import TestSupport
import Testing

/// What a person wrote into a task's worktree: whatever state they left it in, and whatever orch is asked to do
/// then, it is on the disk or reachable from a reference.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Nothing that a person wrote is lost`
{
  let scratch = Scratch.current

  /// A state of a worktree: a shell script with `$T`, its folder, and `$W`, the scratch directory.
  struct State: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let script: String
    var losesFiles = false
  }

  static let states = [
    State(testDescription: "as it was", script: ":"),
    State(testDescription: "its folder gone", script: "rm -r \"$T\"", losesFiles: true),
    State(
      testDescription: "detached with a commit, its folder gone",
      script: """
        cd "$T"; git checkout -q --detach; git commit -qam "on no branch"
        rm -r "$T"
        """, losesFiles: true),
    State(
      testDescription: "moved by git",
      script: "git -C \"$W/repo\" worktree move \"$T\" \"$W/else-$R\""
    ),
    State(
      testDescription: "moved away and back, and pruned meanwhile",
      script: "mv \"$T\" \"$T.x\"; git -C \"$W/repo\" worktree prune; mv \"$T.x\" \"$T\""),
    State(testDescription: "detached", script: "cd \"$T\"; git checkout -q --detach HEAD~1"),
    State(testDescription: "switched to another branch", script: "cd \"$T\"; git switch -qc other"),
    State(testDescription: "its branch renamed", script: "cd \"$T\"; git branch -m other"),
    State(
      testDescription: "in the middle of a bisection",
      script: "cd \"$T\"; git bisect start HEAD HEAD~2 > \"$W/bisect\""),
    State(
      testDescription: "a .git that points nowhere",
      script: "echo 'gitdir: /nowhere' > \"$T/.git\""),
    State(testDescription: "no .git", script: "rm \"$T/.git\""),
    State(
      testDescription: "no index", script: "rm \"$(git -C \"$T\" rev-parse --git-dir)/index\""),
    State(
      testDescription: "a repository of its own",
      script: "cd \"$T\"; rm .git; git init -q; git add -A; git commit -qm own"),
  ]

  /// Its first worker commits and asks for help; later ones commit and are done.
  private func playground(settings: String = "") throws -> Playground {
    try Playground(
      agent: """
        cat > /dev/null
        echo "$ORCH_ATTEMPT" > "work-$ORCH_TASK_ID-$ORCH_ATTEMPT.txt"; git add -A; git commit -qm "the work"
        if [ "$ORCH_ATTEMPT" = 1 ]; then
        printf '{"status":"blocked","summary":"s","reason":"q","needs_help":true}' > "$ORCH_OUTPUT"
        else printf '{"status":"done","summary":"s"}' > "$ORCH_OUTPUT"; fi
        """, settings: settings)
  }

  /// Lets a person work in the only worktree, and leave it in a state; returns what they wrote.
  private func work(_ state: State, round: Int = 0) throws -> [String] {
    let folders = try FileManager.default.contentsOfDirectory(atPath: scratch["trees/repo"])
    let place = scratch["trees/repo/" + (try #require(folders.first))]
    let result = try scratch.run(
      [
        "sh", "-euc",
        """
        cd "$T"
        cat README.md
        echo "committed by a person, $R" > "committed-$R.txt"; git add -A; git commit -qm "a person's"
        echo "an edit of a person, $R" >> README.md
        echo "staged by a person, $R" > "staged-$R.txt"; git add "staged-$R.txt"
        echo "written by a person, $R" > "person-$R.txt"
        cd "$W"
        \(state.script)
        """,
      ], environment: ["T": place, "W": scratch.path, "R": String(round)])
    #expect(result.exitCode == 0, "\(result.errorOutput)")
    let committed = ["committed by a person, \(round)\n"]
    if state.losesFiles { return committed }
    return committed + [
      result.output + "an edit of a person, \(round)\n", "staged by a person, \(round)\n",
      "written by a person, \(round)\n",
    ]
  }

  /// Every text is in a file below the scratch directory or in a commit that a reference leads to.
  private func expectKept(_ texts: [String], _ what: String) throws {
    let reachable = try scratch.git("rev-list", "--objects", "--all", in: "repo")
    for text in texts {
      let result = try scratch.run(["git", "hash-object", "--stdin"], in: "repo", input: text)
      let id = result.output.prefix { $0 != "\n" }
      if reachable.contains(id) { continue }
      let last = try #require(text.split(separator: "\n").last)
      let found = try scratch.run(
        ["grep", "-rlxF", "--exclude-dir=.git", String(last), scratch["trees"], scratch.path])
      #expect(!found.output.isEmpty, "\(what): '\(last)' is lost")
    }
    try scratch.git("fsck", "--no-dangling", in: "repo")
    #expect(try scratch.git("status", "--porcelain", in: "repo") == "?? .orch.yml")
  }

  @Test(arguments: states)
  func `when the task is cancelled`(state: State) throws {
    let play = try playground()
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let texts = try work(state) + ["1\n"]
    try play.ok("task", "cancel", id)
    try play.ok("run", "--until-idle")
    try expectKept(texts, state.testDescription)
  }

  @Test(arguments: states)
  func `when the task is tried again`(state: State) throws {
    let play = try playground()
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let texts = try work(state) + ["1\n"]
    try play.ok("task", "retry", id)
    try play.ok("run", "--until-idle")
    try expectKept(texts, state.testDescription)
  }

  @Test(arguments: states)
  func `when the base moves and pull requests are rebased`(state: State) throws {
    let play = try Playground(settings: "forge:\n  merge: never\n")
    try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let texts = try work(state)
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["somebody"])
    try scratch.write("somebody/base.txt", "of the base\n")
    try scratch.git("add", "-A", in: "somebody")
    try scratch.git("commit", "-qm", "move", in: "somebody")
    try scratch.git("push", "-q", "origin", "main", in: "somebody")
    _ = try play.orch("pr", "rebase", "--all")
    try expectKept(texts, state.testDescription)
    try play.ok("run", "--until-idle")
    try expectKept(texts, state.testDescription)
  }

  /// The states in which git still knows the worktree's index.
  static let whole = states.filter {
    ["as it was", "detached", "switched to another branch", "its branch renamed"]
      .contains($0.testDescription)
  }

  @Test(arguments: whole, ["cancel", "retry"])
  func `what was staged and then edited is kept both ways`(state: State, command: String) throws {
    let play = try playground()
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let folders = try FileManager.default.contentsOfDirectory(atPath: scratch["trees/repo"])
    let place = scratch["trees/repo/" + (try #require(folders.first))]
    let staged = State(
      testDescription: "staged, then edited",
      script: """
        (cd "$T"; echo "staged and nowhere else" > both.txt; git add both.txt; echo "edited" > both.txt)
        \(state.script)
        """)
    let texts = try work(staged) + ["staged and nowhere else\n", "edited\n"]
    #expect(FileManager.default.fileExists(atPath: place))
    try play.ok("task", command, id)
    try play.ok("run", "--until-idle")
    try expectKept(texts, state.testDescription)
  }

  @Test func `when orch is killed at any moment, over random states and commands`() throws {
    let seed = TestSeed.next()
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let play = try playground(settings: "  max_parallel: 1")
    for round in 0..<4 {
      let id = try play.ok("task", "add", "Work \(round)", "--quiet")
      try play.ok("run", "--until-idle")
      let states = Self.states.filter { !$0.losesFiles && !$0.script.contains("other") }
      let state = try #require(states.randomElement(using: &random))
      for folder in try FileManager.default.contentsOfDirectory(atPath: scratch["trees/repo"])
      where !folder.hasPrefix("task-\(id.prefix(6))") {
        _ = try scratch.run([
          "mv", scratch["trees/repo/" + folder], scratch["old-\(round)-\(folder)"],
        ])
      }
      let texts = try work(state, round: round)
      let command = try #require(["cancel", "retry"].randomElement(using: &random))
      try play.ok("task", command, id)
      let process = try play.start(["run", "--until-idle"])
      _ = poll(nil, 0, Int32.random(in: 20...1500, using: &random))
      kill(process.processIdentifier, SIGKILL)
      process.waitForEnd()
      try play.ok("run", "--until-idle")
      try expectKept(texts, "seed \(seed), round \(round), \(command), \(state.testDescription)")
    }
  }
}
