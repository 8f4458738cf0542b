import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Work that no clone could take` {
  let scratch = Scratch.current

  /// Runs one task whose first attempt leaves something bad, and whose second mends it.
  private func run(first: String, second: String) throws -> JSONValue {
    let play = try Playground(
      agent: """
        cat > "$HOME/../prompt-$ORCH_ATTEMPT"
        if [ "$ORCH_ATTEMPT" = 1 ]; then
        \(first)
        else
        \(second)
        fi
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    return try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  private func outcomes(_ task: JSONValue) -> [String?] {
    (task["attempts"]?.array ?? []).map { $0["outcome"]?.string }
  }

  /// The files of the base at the remote.
  private func files() throws -> [String] {
    try scratch.git(
      "--git-dir", scratch["origin.git"], "ls-tree", "-r", "--name-only", "main"
    ).split(separator: "\n").map(String.init)
  }

  /// True if some commit of a repository, by any reference, has a name in its tree.
  private func has(_ name: String, in repository: String, _ references: String...) throws -> Bool {
    let found = try scratch.run(
      ["git", "--git-dir", scratch[repository], "rev-list", "--objects"] + references)
    try #require(found.exitCode == 0, "\(found)")
    return found.output.split(separator: "\n").contains { $0.hasSuffix(name) }
  }

  @Test func `as a file of a name that git refuses is told of, and committed by nobody`() throws {
    let task = try run(
      first: """
        mkdir -p a/.GIT b
        echo x > a/.GIT/config
        echo x > b/GIT~1
        echo good > good.txt
        git add good.txt
        git commit -qm good
        """,
      second: """
        test -e a/.GIT/config
        rm -r a b
        echo mended > mended.txt
        git add -A
        git commit -qm mended
        """)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(outcomes(task) == ["failed", "succeeded"])
    #expect(try scratch.read("prompt-2").contains("'a/.GIT' is left uncommitted"))
    #expect(try files() == ["README.md", "good.txt", "mended.txt"])
    #expect(try !has("a/.GIT", in: "repo/.git", "--all"))
    #expect(try !has("b/GIT~1", in: "repo/.git", "--all"))
    try scratch.git("--git-dir", scratch["origin.git"], "fsck", "--strict", "--no-dangling")
  }

  @Test func `as a commit that git itself would not make is pushed nowhere`() throws {
    let task = try run(
      first: """
        echo before > before.txt
        git add -A
        git commit -qm before
        blob=$(echo x | git hash-object -w --stdin)
        inner=$(printf '100644 blob %s\\tconfig\\n' "$blob" | git mktree)
        outer=$(printf '040000 tree %s\\t.GIT\\n' "$inner" | git mktree)
        top=$({ git ls-tree HEAD; printf '040000 tree %s\\ta\\n' "$outer"; } | git mktree)
        bad=$(git commit-tree -p HEAD -m "bad" "$top")
        git update-ref "refs/heads/$ORCH_BRANCH" "$bad"
        echo behind > behind.txt
        """,
      second: """
        git log --format=%s > "$HOME/../log-2"
        cat behind.txt
        git add -A
        git commit -qm mended
        """)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(outcomes(task) == ["failed", "succeeded"])
    let prompt = try scratch.read("prompt-2")
    #expect(prompt.contains("('bad') adds 'a/.GIT'"), "\(prompt)")
    #expect(try scratch.read("log-2") == "before\nfirst\n")
    #expect(try files() == ["README.md", "before.txt", "behind.txt"])
    // What it was is kept here, and is nowhere else.
    #expect(try has("a/.GIT", in: "repo/.git", "--glob=refs/orch/left"))
    #expect(try !has("a/.GIT", in: "repo/.git", "--branches", "--remotes"))
    #expect(try !has("a/.GIT", in: "origin.git", "--all"))
  }

  @Test func `as a repository in the place of a submodule is told of, and mended`() throws {
    let task = try run(
      first: """
        git init -q lib/sub
        echo a > lib/sub/a
        git -C lib/sub add a
        git -C lib/sub commit -qm a
        git -c advice.addEmbeddedRepo=false add lib
        git commit -qm "with a repository in it"
        """,
      second: """
        rm -rf lib/sub/.git
        git rm -q --cached lib/sub
        git add lib
        git commit -qm "its files"
        """)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(outcomes(task) == ["failed", "succeeded"])
    let prompt = try scratch.read("prompt-2")
    #expect(prompt.contains("'lib/sub' as a submodule, and '.gitmodules' has no"), "\(prompt)")
    #expect(try files() == ["README.md", "lib/sub/a"])
  }

  @Test func `is no submodule that is named`() throws {
    let task = try run(
      first: """
        git init -q sub
        git -C sub commit -q --allow-empty -m sub
        git config --file .gitmodules submodule.other.path sub
        git config --file .gitmodules submodule.other.url ../other
        git -c advice.addEmbeddedRepo=false add -A
        git commit -qm "a submodule"
        """, second: "exit 3")
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(outcomes(task) == ["succeeded"])
    #expect(try files() == [".gitmodules", "README.md", "sub"])
  }

  @Test func `goes over no branch of somebody else that has its name`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo run >> "$HOME/../runs"
        if ! [ -d "$HOME/../somebody" ]; then
          cd "$HOME/.."
          git clone -q origin.git somebody
          git -C somebody commit -q --allow-empty -m stranger
          git -C somebody push -q origin "HEAD:refs/heads/$ORCH_BRANCH"
          cd "$ORCH_WORKTREE"
        fi
        echo x > x
        git add -A
        git commit -qm own
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let asked = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    let branch = try #require(asked["branch"]?.string)
    #expect(asked["status"] == "needs_review", "\(asked.indentedText)")
    #expect(
      asked["reason"]?.string?.contains("has a branch '\(branch)' already") == true,
      "\(asked.indentedText)")
    func subjects(_ branch: String) throws -> String {
      try scratch.git(
        "--git-dir", scratch["origin.git"], "log", "--topo-order", "--no-merges", "--format=%s",
        branch)
    }
    #expect(try subjects(branch) == "stranger\nfirst")
    #expect(try subjects("main") == "first")
    // Once it is out of the way, the work that waits is published, and nobody works anew.
    try scratch.git("push", "-q", "origin", "--delete", branch, in: "repo")
    try play.ok("task", "unblock", id)
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().first?["status"] == "done")
    #expect(try subjects("main") == "own\nfirst")
    #expect(try scratch.read("runs") == "run\n")
  }
}
