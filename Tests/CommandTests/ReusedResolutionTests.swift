import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A resolution used again` {
  let scratch = Scratch.current

  /// Branches that begin before the base moved, each with the same change and a file of its own.
  private func conflict(rebase: String) throws -> ConflictPlayground {
    let conflict = try ConflictPlayground(
      work: """
        git reset -q --hard "$(cat "$top/old")"
        sed -i 's/^line 5$/line 5 of the branch/' a.txt
        echo x > "$ORCH_TASK_TITLE.txt"
        """, rebase: "touch \"$top/asked-$ORCH_TASK_TITLE\"\n" + rebase,
      settings: "forge:\n  merge: never\n")
    try scratch.write("old", try scratch.git("rev-parse", "main", in: "repo"))
    return conflict
  }

  private func pushed(_ task: JSONValue, _ file: String) throws -> String {
    let branch = try #require(task["branch"]?.string)
    return try scratch.git("--git-dir", scratch["origin.git"], "show", "\(branch):\(file)")
  }

  @Test func `on another branch, after another move of the base, and on another machine`() throws {
    let conflict = try conflict(rebase: ConflictPlayground.keepsBoth)
    let one = try conflict.run("One")
    #expect(one.purposes == ["work", "rebase"], "\(one.errors)")
    let two = try conflict.run("Two")
    #expect(two.purposes == ["work"], "\(two.errors)")
    #expect(!scratch.exists("asked-Two"))
    let both = "line 5 of the base\nline 5 of the branch\nline 6"
    #expect(try pushed(two, "a.txt").contains(both))
    #expect(try pushed(two, "Two.txt") == "x")
    #expect(try conflict.play.diary().contains { $0.contains("resolution: a.txt") })

    try scratch.git("pull", "-q", "--rebase", "origin", "main", in: "somebody")
    try scratch.write("somebody/far.txt", "away\n")
    try scratch.git("add", "-A", in: "somebody")
    try scratch.git("commit", "-qm", "move it again", in: "somebody")
    try scratch.git("push", "-q", "origin", "main", in: "somebody")
    let three = try conflict.run("Three")
    #expect(three.purposes == ["work"], "\(three.errors)")
    #expect(try pushed(three, "a.txt").contains(both))
    #expect(try pushed(three, "far.txt") == "away")

    try conflict.play.ok("sync")
    let cloned = try scratch.run([BuiltProgram.orch, "clone", scratch["origin.git"], "machine"])
    #expect(cloned.exitCode == 0, "\(cloned.errorOutput)")
    try scratch.write("machine/.orch.yml", scratch.read("repo/.orch.yml"))
    func orch(_ words: String...) throws -> CommandResult {
      try scratch.run([BuiltProgram.orch] + words, in: "machine")
    }
    let id = try orch("task", "add", "Four", "--quiet").output.trimmingCharacters(in: .newlines)
    let run = try orch("run", "--until-idle")
    #expect(run.exitCode == 0, "\(run.errorOutput)")
    let four = try JSONValue(parsing: orch("task", "show", id, "--json").output)
    #expect(four.purposes == ["work"], "\(four.errors)")
    #expect(try pushed(four, "a.txt").contains(both))
    try scratch.git("fsck", "--strict", "--no-dangling", in: "machine")
  }

  @Test func `a reason that was given once counts again, and only for the same change`() throws {
    let conflict = try conflict(
      rebase: """
        git checkout --ours a.txt
        git add a.txt
        git rebase --continue > /dev/null
        printf '{"status":"done","summary":"the base did it","given_up":[%s]}' \\
          '{"hunk":"branch:a.txt:5","reason":"the base has the better wording"}' > "$ORCH_OUTPUT"
        """)
    let one = try conflict.run("One")
    #expect(one.purposes == ["work", "rebase"], "\(one.errors)")
    let two = try conflict.run("Two")
    #expect(two.purposes == ["work"], "\(two.errors)")
    #expect(try pushed(two, "a.txt").contains("line 5 of the base\nline 6"))
    #expect(try pushed(two, "Two.txt") == "x")
  }
}
