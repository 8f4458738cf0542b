import Foundation
import JSON
import TestSupport
import Testing

/// Content that a worker commits, or somebody pushes, and that no tool should have to read: it may cost its own
/// task an attempt, and nobody else anything.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Content that is made to break orch`
{
  let scratch = Scratch.current

  /// Runs a bad task to its end, then a good one beside it.
  private func expectOthersGoOn(_ play: Playground) throws {
    try play.ok("task", "add", "Bad", "--quiet")
    try play.ok("run", "--until-idle")
    let id = try play.ok("task", "add", "Good", "--quiet")
    try play.ok("run", "--until-idle")
    let good = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(good["status"] == "done", "\(good.errors)")
    #expect(try play.leftovers() == [])
  }

  @Test func `a commit whose header goes on where none may is a failure of its task alone`() throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo x > "f-$ORCH_TASK_TITLE" && git add -A && git commit -qm ok
        if [ "$ORCH_TASK_TITLE" = Bad ]; then
        git cat-file commit HEAD | sed '/^committer/a\\ junk' > "$HOME/../c"
        grep -q '^ junk' "$HOME/../c" || sed -i '/^committer/s/$/\\n junk/' "$HOME/../c"
        git update-ref HEAD "$(git hash-object -t commit -w --stdin < "$HOME/../c")"
        git cat-file commit HEAD > "$HOME/../made"
        fi
        printf '{"status":"done","summary":"s"}' > "$ORCH_OUTPUT"
        """)
    try expectOthersGoOn(play)
    #expect(try scratch.read("made").contains("\n junk\n"))
  }

  @Test func `a conflict in a file of many thousand markers is settled like any other`() throws {
    let conflict = try ConflictPlayground(
      files: [
        "big.txt": String(repeating: "<<<<<<< nested\n", count: 20_000) + ConflictPlayground.lines
      ],
      work: "sed -i 's/^line 5$/line 5 of the branch/' big.txt",
      moves: "sed -i 's/^line 5$/line 5 of the base/' big.txt",
      rebase: """
        git checkout --theirs big.txt
        git add -A
        git rebase --continue > /dev/null
        printf '{"status":"done","summary":"s","given_up":[{"hunk":"%s","reason":"both say it"}]}' \\
          base:big.txt:20005 > "$ORCH_OUTPUT"
        """)
    let task = try conflict.run()
    #expect(task["status"] == "done", "\(task.errors.map { $0.prefix(500) })")
  }

  @Test func `a tree of many thousand folders in folders costs its task, and the radar names it`()
    throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        if [ "$ORCH_TASK_TITLE" = Bad ]; then
        { echo "commit refs/heads/$ORCH_BRANCH"; echo "committer a <a@b> 1700000000 +0000"
        echo "data 1"; echo x; echo "from $(git rev-parse HEAD)"
        awk 'BEGIN { printf "M 100644 inline "; for (i = 0; i < 20000; i++) printf "a/"; print "f" }'
        echo "data 1"; echo x; echo; echo done; } | git fast-import --quiet --force --done
        git rev-parse HEAD > "$HOME/../deep"
        printf '{"status":"blocked","summary":"s","reason":"q","needs_help":true}' > "$ORCH_OUTPUT"
        exit 0
        fi
        echo x > f && git add -A && git commit -qm ok
        printf '{"status":"done","summary":"s"}' > "$ORCH_OUTPUT"
        """)
    try expectOthersGoOn(play)
    let commit = try scratch.read("deep").trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(try scratch.git("log", "-1", "--format=%s", commit, in: "repo") == "x")
    let radar = try play.ok("radar")
    #expect(radar.contains("cannot be looked at"), "\(radar)")
  }
}
