import Foundation
import JSON
import TestSupport
import Testing

/// Workers whose work holds what looks like a secret.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Secrets in the work of workers` {
  let scratch = Scratch.current
  /// A token of GitHub's, by its shape.
  private static let token = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  private func playground(_ deed: String, settings: String = "") throws -> Playground {
    try Playground(
      agent: """
        cat > "$HOME/../prompt-$ORCH_ATTEMPT"
        TOKEN=\(Self.token)
        \(deed)
        """, settings: settings)
  }

  /// True if some object of a repository that a reference leads to has the token in it.
  private func hasToken(_ repository: String, _ references: String...) throws -> Bool {
    try holds(Self.token, repository, references)
  }

  private func holds(_ text: String, _ repository: String, _ references: [String]) throws -> Bool {
    let listed = try scratch.run(
      ["git", "--git-dir", scratch[repository], "rev-list", "--objects"] + references)
    try #require(listed.exitCode == 0, "\(listed)")
    let ids = listed.output.split(separator: "\n").map { String($0.prefix(40)) }
    let contents = try scratch.run(
      ["git", "--git-dir", scratch[repository], "cat-file", "--batch"], in: ".",
      input: ids.joined(separator: "\n") + "\n")
    return contents.output.contains(text)
  }

  private func expectUntold(_ play: Playground, _ id: String) throws {
    for words in [
      ["task", "show", id, "--json"], ["task", "log", id], ["msg", "list"], ["status"],
    ] {
      let said = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(!said.output.contains(Self.token), "\(words)")
    }
    #expect(try !hasToken("repo/.git", "refs/orch/state"))
    #expect(try !hasToken("origin.git", "--all"))
  }

  @Test func `that were left uncommitted are committed by nobody, and a person is told where`()
    throws
  {
    let play = try playground(
      """
      [ "$ORCH_ATTEMPT" = 1 ] || exit 0
      echo good > good; git add good; git commit -qm good
      printf 'A=1\\nTOKEN=%s\\n' "$TOKEN" > .env
      """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    let reason = task["reason"]?.string ?? ""
    #expect(reason.contains("'.env' line 2 ("), "\(reason)")
    #expect(try play.ok("msg", "list").contains("'.env' line 2"))
    try expectUntold(play, id)
    // Nothing is lost: the file stands where it stood, and the commits are there.
    let place = try #require(task["worktree"]?.string)
    let tree = String(place.dropFirst(scratch.path.count + 1))
    #expect(try scratch.read(tree + "/.env").contains(Self.token))
    #expect(try scratch.git("log", "-1", "--format=%s", in: tree) == "good")
    // A person has git ignore it: the next attempt ends well.
    try scratch.write(tree + "/.gitignore", ".env\n")
    try play.ok("task", "unblock", id)
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "done")
    #expect(try !hasToken("origin.git", "--all"))
    #expect(try scratch.git("show", "main:good", in: "origin.git") == "good")
  }

  @Test func `in the message of a commit are found`() throws {
    let play = try playground("echo x > x; git add -A; git commit -qm \"Add x\n\nwith $TOKEN\"")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(task["reason"]?.string?.contains("in the message line 3 of ") == true)
    try expectUntold(play, id)
  }

  @Test func `in lines that follow each other are one place, so that the way on is read`() throws {
    let body = (0..<9).map { String(repeating: "abcXYZ0\($0)", count: 8) }.joined(separator: "\n")
    let (begin, end) = ("-----BEGIN RSA PRIVATE", " KEY-----")
    let play = try playground(
      """
      cat > key <<'END'
      first
      \(begin)\(end)
      \(body)
      \(begin.replacing("BEGIN", with: "END"))\(end)
      TOKEN
      END
      git add -A; git commit -qm key
      """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    let reason = task["reason"]?.string ?? ""
    #expect(task["status"] == "needs_review")
    #expect(
      reason.contains(#/'key' lines 3-11 of [0-9a-f]{8} \(private-key\)\. They/#), "\(reason)")
    #expect(try play.ok("status").contains("orch task unblock"))
  }

  private static let commits = """
    if grep -q 'what looks like a secret' "$HOME/../prompt-$ORCH_ATTEMPT"; then
      git reset -q --soft HEAD~2; git rm -q --cached key; /bin/rm key
      echo good > good; git add good; git commit -qm mended; exit 0
    fi
    printf 'one\\n%s\\n' "$TOKEN" > key; git add -A; git commit -qm key
    echo x > key; git add -A; git commit -qm hidden
    """

  @Test
  func
    `that a worker committed are not pushed before a person has said so, also if a later commit hides them`()
    throws
  {
    let play = try playground(Self.commits)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(task["reason"]?.string?.contains("'key' line 2 of ") == true, "\(task.indentedText)")
    try expectUntold(play, id)
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "needs_review")
    // Who was told of just this and lets it go on has it pushed; nobody works anew.
    try play.ok("task", "unblock", id)
    try play.ok("run", "--until-idle")
    let done = try show(play, id)
    #expect(done["status"] == "done", "\(done.indentedText)")
    #expect(done["attempts"]?.array?.count == 1)
    #expect(try hasToken("origin.git", "main"))
  }

  @Test
  func `that a worker committed leave no machine in a checkpoint before a person has said so`()
    throws
  {
    let play = try playground(
      """
      echo x > x; git add x; git commit -qm x
      [ "$ORCH_TASK_TITLE" = Work ] || { orch checkpoint half; exit 1; }
      printf 'one\\n%s\\n' "$TOKEN" > key; git add -A; git commit -qm key
      echo left > left
      """, settings: "  max_attempts: 1")
    try play.ok("sync")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "needs_review")
    let other = try play.ok("task", "add", "Other", "--quiet")
    try play.ok("run", "--until-idle")
    try play.ok("sync")
    let kept = try scratch.git("for-each-ref", "--format=%(refname)", "refs/orch/wip", in: "repo")
    #expect(kept.contains(id), "\(kept)")
    let shared = try scratch.git("for-each-ref", "--format=%(refname)", in: "origin.git")
    #expect(!shared.contains("refs/orch/wip/\(id)"), "\(shared)")
    #expect(shared.contains("refs/orch/wip/\(other)") == kept.contains(other), "\(shared)")
    try expectUntold(play, id)
    try play.ok("task", "unblock", id)
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "done")
    #expect(try hasToken("origin.git", "main"))
  }

  @Test func `are taken out by a worker that is begun anew, who is told where they are`() throws {
    let play = try playground(Self.commits)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    #expect(try show(play, id)["status"] == "needs_review")
    try play.ok("task", "retry", id)
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(try !scratch.read("prompt-2").contains(Self.token))
    #expect(try !hasToken("origin.git", "--all"))
  }

  @Test(arguments: ["commits: allow", "allow: [fixtures/]"])
  func `are pushed where the configuration says that they are meant`(setting: String) throws {
    let play = try playground(
      """
      mkdir -p tests/fixtures
      echo "$TOKEN" > tests/fixtures/committed; git add -A; git commit -qm fixture
      echo "$TOKEN" > tests/fixtures/left
      """)
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", settings + "\nredaction:\n  \(setting)\n")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    let names = try scratch.git("ls-tree", "-r", "--name-only", "main", in: "origin.git")
    #expect(names.contains("committed") && names.contains("left"))
  }

  @Test func `of a kind that the configuration names never reach the state`() throws {
    let (secret, kind) = ("TCK-" + "449017", "ticket")
    let play = try playground("echo \"found \(secret)\" >> notes; git add -A; git commit -qm notes")
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings + "\nredaction:\n  commits: allow\n  patterns:\n    \(kind): TCK-[0-9]{6}\n")
    let id = try play.ok("task", "add", "Close \(secret) today", "--quiet")
    try play.ok("task", "edit", id, "--label", secret)
    try play.ok("lesson", "add", "Ask of \(secret) first")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(task["title"] == "Close [redacted:ticket] today")
    #expect(try !holds(secret, "repo/.git", ["refs/orch/state", "refs/notes/orchestrator"]))
    // What is meant to be in the work stays in it.
    #expect(try scratch.git("show", "main:notes", in: "origin.git").contains(secret))
  }

  @Test func `that is typed into a task is taken out, which is said to whoever typed it`() throws {
    let play = try Playground()
    let words = ["task", "add", "Use it", "--body"]
    let add = { (more: [String]) in
      try scratch.run([BuiltProgram.orch] + words + more, in: "repo")
    }
    let told = try add(["log in with \(Self.token)"])
    #expect(told.exitCode == 0, "\(told)")
    #expect(told.errorOutput.contains("looked like a secret was taken out"), "\(told)")
    #expect(!told.errorOutput.contains(Self.token))
    let stored = try play.tasks().first?["body"]?.string ?? ""
    #expect(stored.hasPrefix("log in with [redacted:"), "\(stored)")
    for more in [["log in with \(Self.token)", "--quiet"], ["log in as before"]] {
      let quiet = try add(more)
      #expect(quiet.exitCode == 0 && !quiet.errorOutput.contains("secret"), "\(quiet)")
    }
  }

  @Test func `that the base has already, and files that were only moved, are nothing new`() throws {
    let play = try Playground(
      files: [
        "README.md": "hello\n", "key": Self.token + "\n", "old/other": "x\n" + Self.token + "\n",
      ],
      agent: """
        cat > /dev/null
        echo more >> key
        git mv old new
        git add -A; git commit -qm moved
        """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
  }
}
