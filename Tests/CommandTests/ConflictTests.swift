import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Settling a conflict` {
  let scratch = Scratch.current

  @Test func `the worker finds a rebase that stopped as git's own does, and the result is merged`()
    throws
  {
    let conflict = try ConflictPlayground(
      rebase: """
        git status > "$top/status"
        git ls-files -u > "$top/stages"
        cp a.txt "$top/marked"
        """ + "\n" + ConflictPlayground.keepsBoth)
    let task = try conflict.run()
    #expect(task["status"] == "done", "\(task.errors)")
    #expect(task.purposes == ["work", "rebase"])
    #expect(try scratch.read("status").contains("You are currently rebasing branch 'orch/"))
    #expect(try scratch.read("status").contains("both modified:   a.txt"))
    #expect(try scratch.read("stages").split(separator: "\n").count == 3)
    #expect(try scratch.read("marked").contains("<<<<<<< HEAD\nline 5 of the base\n=======\n"))
    let file = try conflict.base("a.txt")
    #expect(file.contains("line 5 of the base\nline 5 of the branch\nline 6"))
    // The prompt shows both sides by name, and the account is kept with the attempt.
    let prompt = try scratch.read("prompt-Edit-2")
    #expect(prompt.contains("base:a.txt:5: + line 5 of the base"))
    #expect(prompt.contains("branch:a.txt:5: + line 5 of the branch"))
    #expect(prompt.contains("move the base"))
    let account = try JSONValue(
      parsing: conflict.record("resolution.json", of: task, attempt: 2))
    #expect(account["complete"] == true)
    #expect(account["hunks"]?.array?.map { $0["fate"]?.string } == ["present", "present"])
    // The rebased commit has the message, the note of its maker, and no merge beside it.
    let commits = try scratch.git(
      "--git-dir", scratch["origin.git"], "log", "--topo-order", "--format=%s", "--no-merges",
      "main")
    #expect(commits == "work of Edit\nmove the base\nfirst")
    try expectClean(conflict)
  }

  /// The first resolution is bad, the second good; what the second worker is told decides.
  static let bad: [(name: String, script: String, told: [String])] = [
    (
      "a dropped hunk beside the conflict",
      """
      git checkout --theirs a.txt
      sed -i -e 's/^line 5 of the branch/line 5 of the base and the branch/' a.txt
      """, ["base:a.txt:5 is missing", "base:a.txt:9 is missing"]
    ),
    (
      "keeping the branch's file that the base extended", "git checkout --theirs a.txt",
      ["base:a.txt:5 is missing", "base:a.txt:9 is missing: + line 9 of the base"]
    ),
    (
      "keeping the base's file", "git checkout --ours a.txt",
      ["branch:a.txt:5 is missing", "branch:a.txt:1 is missing"]
    ),
    (
      "a duplicate",
      """
      sed -i -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' a.txt
      echo 'line 9 of the base' >> a.txt
      """, ["base:a.txt:9 is there more than once"]
    ),
    (
      "a silent revert of what the base changed elsewhere",
      """
      sed -i -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' a.txt
      git show HEAD~1:other.txt > other.txt
      git add other.txt
      """, ["base:other.txt:3 is missing: + line 3 of the base"]
    ),
    (
      "a marker that is left",
      "sed -i -e '/^=======$/d' -e '/^>>>>>>> /d' a.txt", ["a.txt:5: a conflict marker is left"]
    ),
  ]

  @Test(arguments: 0..<bad.count)
  func `a bad resolution is pushed nowhere, and the next worker is told what is missing`(
    number: Int
  ) throws {
    let bad = Self.bad[number]
    let conflict = try ConflictPlayground(
      work: """
        sed -i -e 's/^line 5$/line 5 of the branch/' -e 's/^line 1$/line 1 of the branch/' a.txt
        """,
      moves: """
        sed -i -e 's/^line 5$/line 5 of the base/' -e 's/^line 9$/line 9 of the base/' a.txt
        sed -i 's/^line 3$/line 3 of the base/' other.txt
        """,
      rebase: """
        if [ "$n" = 2 ]; then
        \(bad.script)
        git add a.txt
        git rebase --continue > /dev/null
        summary bad
        else
        cat > a.txt <<END
        line 1 of the branch
        line 2
        line 3
        line 4
        line 5 of the base
        line 5 of the branch
        line 6
        line 7
        line 8
        line 9 of the base
        END
        git show refs/orch/remotes/origin/heads/main:other.txt > other.txt
        git add -A
        git commit -qm "Settle it for both"
        summary good
        fi
        """)
    let task = try conflict.run()
    #expect(task["status"] == "done", "\(bad.name): \(task.errors)")
    #expect(task.purposes == ["work", "rebase", "rebase"], "\(bad.name)")
    #expect(task["attempts"]?.array?[1]["failure"] == "conflict", "\(bad.name)")
    let prompt = try scratch.read("prompt-Edit-3")
    for text in bad.told {
      #expect(task.errors[1].contains(text), "\(bad.name): \(task.errors[1])")
      #expect(prompt.contains(text), "\(bad.name)")
    }
    #expect(try scratch.read("pushed-Edit-2") == scratch.read("pushed-Edit-3"))
    #expect(try conflict.base("a.txt").contains("line 5 of the base\nline 5 of the branch\n"))
    #expect(try conflict.base("other.txt").contains("line 3 of the base"))
    try expectClean(conflict)
  }

  @Test func `what is given up by name with a reason may go, and the reason is kept`() throws {
    let conflict = try ConflictPlayground(
      rebase: """
        git checkout --ours a.txt
        git add a.txt
        git rebase --skip > /dev/null
        printf '{"status":"done","summary":"the base did it","given_up":[%s]}' \\
          '{"hunk":"branch:a.txt:5","reason":"the base has the better wording"}' > "$ORCH_OUTPUT"
        """)
    let task = try conflict.run()
    #expect(task["status"] == "done", "\(task.errors)")
    #expect(task.purposes == ["work", "rebase"])
    let account = try conflict.record("resolution.json", of: task, attempt: 2)
    #expect(account.contains("the base has the better wording"))
    #expect(try conflict.base("a.txt").contains("line 5 of the base\nline 6"))
  }

  @Test func `a worker that only edits the file has settled it, one that leaves markers has not`()
    throws
  {
    let conflict = try ConflictPlayground(
      rebase: """
        if [ "$n" -gt 2 ]; then
        sed -i -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' a.txt
        fi
        summary edited
        """)
    let task = try conflict.run()
    #expect(task["status"] == "done", "\(task.errors)")
    #expect(task.purposes == ["work", "rebase", "rebase"])
    #expect(task.errors[1].contains("still in conflict: a.txt"))
    #expect(try conflict.base("a.txt").contains("line 5 of the base\nline 5 of the branch\n"))
    try expectClean(conflict)
  }

  @Test func `a resolution on which a check fails is not pushed`() throws {
    let conflict = try ConflictPlayground(
      rebase: """
        if [ "$n" = 2 ]; then
        \(ConflictPlayground.keepsBoth)
        else
        touch good
        git add good
        git commit -qm "What both need"
        summary settled
        fi
        """,
      settings: """
        checks:
          - name: both
            command: "! grep -q 'of the base' a.txt || ! grep -q 'of the branch' a.txt || test -e good"
        """)
    let task = try conflict.run()
    #expect(task["status"] == "done", "\(task.errors)")
    #expect(task.purposes == ["work", "rebase", "rebase"])
    #expect(task["attempts"]?.array?[1]["failure"] == "checks_failed")
    #expect(task.errors[1].contains("check 'both' fails on the resolution"))
    #expect(try scratch.read("pushed-Edit-2") == scratch.read("pushed-Edit-3"))
  }

  @Test func `a branch of several commits stops at each that conflicts`() throws {
    let conflict = try ConflictPlayground(
      work: """
        sed -i 's/^line 2$/line 2 of the branch/' a.txt
        git commit -qam "two"
        sed -i 's/^line 5$/line 5 of the branch/' a.txt
        git commit -qam "five"
        sed -i 's/^line 8$/line 8 of the branch/' a.txt
        """,
      moves: "sed -i -e 's/^line 2$/line 2 of the base/' -e 's/^line 8$/line 8 of the base/' a.txt",
      rebase: """
        while [ -d "$(git rev-parse --git-path rebase-merge)" ]; do
        sed -i -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' a.txt
        git add a.txt
        git rebase --continue > /dev/null 2>&1 || true
        done
        summary settled
        """)
    let task = try conflict.run()
    #expect(task["status"] == "done", "\(task.errors)")
    #expect(task.purposes == ["work", "rebase"])
    let commits = try scratch.git(
      "--git-dir", scratch["origin.git"], "log", "--topo-order", "--format=%s", "--no-merges",
      "main")
    #expect(commits == "work of Edit\nfive\ntwo\nmove the base\nfirst")
    #expect(
      try scratch.git(
        "for-each-ref", "--format=%(refname)", "refs/heads", in: "repo") == "refs/heads/main")
  }

  private func expectClean(_ conflict: ConflictPlayground) throws {
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    #expect(try scratch.git("status", "--porcelain", in: "repo") == "?? .orch.yml")
    #expect(try conflict.play.leftovers() == [])
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }
}
