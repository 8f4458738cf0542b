import Foundation
import JSON
import TestSupport
import Testing

/// Resolutions that look like good ones, each of which reached the base once.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Resolutions that only look good` {
  let scratch = Scratch.current

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the branch and the base do to `a.txt`, and what the first worker makes of the conflict.
    let work, moves, bad: String
    let told: String
  }

  private static let keepBoth = """
    sed -i -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' a.txt
    """

  static let cases = [
    Case(
      testDescription: "a lone middle marker",
      work: "sed -i 's/^line 5$/line 5 of the branch/' a.txt",
      moves: "sed -i 's/^line 5$/line 5 of the base/' a.txt",
      bad: "sed -i -e '/^<<<<<<< /d' -e '/^>>>>>>> /d' a.txt",
      told: "a conflict marker is left"),
    Case(
      testDescription: "the base's file, which has the branch's line elsewhere",
      work: "sed -i 's/^line 5$/line 5\\nline 2/' a.txt",
      moves: "sed -i 's/^line 6$/line 6 of the base/' a.txt", bad: "git checkout --ours a.txt",
      told: "branch:a.txt:6 is missing"),
    Case(
      testDescription: "what both sides added, twice",
      work: "printf 'func f\\n  of the branch\\n' >> a.txt",
      moves: "printf 'func f\\n  of the base\\n' >> a.txt",
      bad: """
        git show HEAD:a.txt > a.txt
        printf 'func f\\n  of the branch\\n' >> a.txt
        """,
      told: "is there more than once"),
  ]

  @Test(arguments: cases) func `is pushed nowhere`(bad: Case) throws {
    let conflict = try ConflictPlayground(
      work: bad.work, moves: bad.moves,
      rebase: """
        if [ "$n" = 2 ]; then
        \(bad.bad)
        git add -A
        git rebase --continue > /dev/null 2>&1 || git rebase --skip > /dev/null
        summary bad
        else
        printf '{"status":"blocked","summary":"s","reason":"q","needs_help":true}' > "$ORCH_OUTPUT"
        fi
        """)
    let before = try scratch.git("--git-dir", scratch["origin.git"], "rev-parse", "main")
    let task = try conflict.run()
    #expect(task["status"] != "done", "\(task.errors)")
    #expect(task.errors.dropFirst().first?.contains(bad.told) == true, "\(task.errors)")
    // Only the base's own move is there.
    #expect(
      try scratch.git("--git-dir", scratch["origin.git"], "rev-parse", "main~1") == before)
  }
}
