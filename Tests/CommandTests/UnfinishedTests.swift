import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized)
struct `A worktree in the middle of something` {
  let scratch = Scratch.current

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let begin: String
    let words: [String]
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "a cherry-pick", begin: "git cherry-pick $other > /dev/null 2>&1 || true",
      words: ["a cherry-pick", "still in conflict: a.txt", "'git cherry-pick --abort'"]),
    Case(
      name: "a revert", begin: "git revert --no-edit HEAD~1 > /dev/null 2>&1 || true",
      words: ["a revert", "still in conflict: a.txt", "'git revert --abort'"]),
    Case(
      name: "a merge", begin: "git merge $other > /dev/null 2>&1 || true",
      words: ["a merge", "still in conflict: a.txt", "'git merge --abort'"]),
    Case(
      name: "an application of patches",
      begin: "git format-patch -1 --stdout $other | git am > /dev/null 2>&1 || true",
      words: ["an application of patches", "'git am --abort'"]),
    Case(
      name: "a bisection", begin: "git bisect start > /dev/null",
      words: ["a bisection", "'git bisect reset'"]),
  ]

  /// Makes commits that conflict with each other on its first attempt, and begins something; the next ends it.
  private func playground(_ begin: String) throws -> Playground {
    try Playground(
      files: ["a.txt": "1\n"],
      agent: """
        cat > /dev/null
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          echo 2 > a.txt; git commit -qam two
          echo 3 > a.txt; git commit -qam three
          echo else > a.txt; git add a.txt
          other=$(git commit-tree -p HEAD~2 -m else $(git write-tree)); git reset -q --hard
          \(begin)
        else
          for what in cherry-pick revert merge am; do git $what --abort 2> /dev/null || true; done
          git bisect reset > /dev/null 2>&1 || true
          echo end > end.txt; git add end.txt; git commit -qm end
        fi
        printf '{"status":"done","summary":"s"}' > "$ORCH_OUTPUT"
        """)
  }

  @Test(arguments: cases) func `is said by its name, with the way out, and the next worker goes on`(
    one: Case
  ) throws {
    let play = try playground(one.begin)
    let id = try play.ok("task", "add", "Edit", "--quiet")
    let run = try play.orch("run", "--until-idle").errorOutput
    for words in one.words {
      #expect(run.contains(words), "\(words) in \(run)")
    }
    #expect(!run.contains("rebase or merge onto the base"))
    let task = try #require(try play.tasks().first)
    let story = try play.ok("task", "log", id)
    #expect(task["status"] == "done", "\(task.indentedText)\n\(story)")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `is not moved along with its branch, and the person is told why`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo x > own.txt; git add -A; git commit -qm own
        """, settings: "forge:\n  merge: never\n")
    let id = try play.ok("task", "add", "Own", "--quiet")
    try play.ok("run", "--until-idle")
    let folder = try #require(try play.tasks().first?["worktree"]?.string)
    try scratch.git("bisect", "start", in: folder)
    try scratch.git("commit", "-q", "--allow-empty", "-m", "moved", in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    let said = try play.orch("pr", "rebase", id)
    #expect(said.output.contains("in the middle of a bisection"), "\(said)")
    #expect(said.output.contains("'git bisect reset' ends it"))
    try scratch.git("bisect", "reset", in: folder)
    #expect(try play.ok("pr", "rebase", id).contains("rebased onto"))
  }
}
