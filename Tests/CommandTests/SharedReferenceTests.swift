import Foundation
import JSON
import TestSupport
import Testing

/// Workers without walls that move references which orch and people move as well, and who else moves them.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized)
struct `References that others than workers move` {
  let scratch = Scratch.current

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  private func outside(_ task: JSONValue) -> String {
    (task["attempts"]?.array ?? []).flatMap { $0["outside"]?.strings ?? [] }
      .joined(separator: "\n")
  }

  /// A worker that commits work; that of the task `Evil` then does something without its guard.
  private func playground(_ deed: String) throws -> Playground {
    try Playground(
      agent: """
        cat > /dev/null
        echo x > "$ORCH_TASK_ID"; git add -A; git commit -qm work
        [ "$ORCH_TASK_TITLE" = Evil ] || exit 0
        unset GIT_CONFIG_COUNT
        URL='\(scratch["origin.git"])'
        \(deed)
        """)
  }

  private func reference(_ name: String) throws -> String {
    try scratch.git("for-each-ref", "--format=%(objectname)", name, in: "repo")
  }

  private func run(_ play: Playground, _ title: String) throws -> JSONValue {
    let id = try play.ok("task", "add", title, "--quiet")
    try play.ok("run", "--until-idle")
    return try show(play, id)
  }

  // MARK: Tracking references, claims and the like

  @Test(arguments: [
    ("refs/remotes/origin/main", "HEAD"),
    ("refs/remotes/origin/main", "$(git commit-tree -m evil HEAD^{tree})"),
    ("refs/remotes/origin/new", "HEAD"), ("refs/remotes/origin/orch/other", "HEAD"),
    ("refs/orch/remotes/origin/heads/main", "HEAD"),
    ("refs/orch/remotes/origin/notes/orchestrator", "HEAD~1"),
    ("refs/orch/remotes/origin/orch/state", "HEAD~1"), ("refs/orch/claims/abc", "HEAD~1"),
    ("refs/orch/hosts/other", "HEAD"), ("refs/orch/jobs/nightly", "HEAD~1"),
    ("refs/orch/inbox/order", "HEAD"), ("refs/orch/arbiter", "HEAD~1"),
  ])
  func `are put back where a worker moved them, and its work waits for a person`(
    name: String, target: String
  ) throws {
    let play = try playground("git update-ref \(name) \(target)")
    #expect(try run(play, "Good")["status"] == "done")
    try scratch.git("fetch", "-q", in: "repo")
    let before = try reference(name)
    let task = try run(play, "Evil")
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(outside(task).contains("\(name) was changed and is as it was"), "\(outside(task))")
    if !name.hasPrefix("refs/orch/remotes/") { #expect(try reference(name) == before) }
    #expect(try run(play, "Next")["status"] == "done")
  }

  @Test func `are nobody's doing where people fetch, stash, sync and push`() async throws {
    let play = try playground(
      """
      touch "$HOME/../ready"
      while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
      """)
    #expect(try run(play, "Good")["status"] == "done")
    try play.ok("sync")
    // The notes here are more than those of the remote, which the person's fetch puts over them.
    #expect(try run(play, "Better")["status"] == "done")
    try scratch.git(
      "config", "--add", "remote.origin.fetch", "+refs/notes/*:refs/notes/*", in: "repo")
    let id = try play.ok("task", "add", "Evil", "--quiet")
    let running = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("ready") })
    // A colleague pushes, a person fetches, and the colleague pushes again.
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["colleague"])
    for name in ["one", "two"] {
      try scratch.git("commit", "-q", "--allow-empty", "-m", name, in: "colleague")
      try scratch.git(
        "push", "-q", "origin", "HEAD:main", "HEAD:refs/heads/\(name)", in: "colleague")
      if name == "one" { try scratch.git("fetch", "-q", in: "repo") }
    }
    try scratch.git("switch", "-q", "-c", "mine", in: "repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", "mine", in: "repo")
    try scratch.git("push", "-q", "origin", "mine", in: "repo")
    try scratch.git("switch", "-q", "main", in: "repo")
    try scratch.git("branch", "-q", "-D", "mine", in: "repo")
    try scratch.write("repo/README.md", "changed\n")
    try scratch.git("stash", in: "repo")
    try scratch.git("stash", "pop", "-q", in: "repo")
    try scratch.git("checkout", "-q", "README.md", in: "repo")
    try play.ok("sync")
    try scratch.write("go", "")
    running.waitForEnd()
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(outside(task) == "")
  }

  // MARK: Notes

  @Test(arguments: [
    "git update-ref refs/notes/orchestrator HEAD", "git update-ref -d refs/notes/orchestrator",
    "git notes --ref=orchestrator add -f -m lie \"$(git rev-list -1 --no-merges --grep=Orch-Task HEAD~1)\"",
    "git update-ref refs/notes/orchestrator refs/notes/orchestrator~1",
  ])
  func `are not the notes of other tasks' commits`(deed: String) throws {
    let play = try playground(deed)
    for title in ["First", "Second"] { #expect(try run(play, title)["status"] == "done") }
    let said = {
      try scratch.git("log", "--notes=orchestrator", "--format=%N", "main", in: "origin.git")
    }
    try play.ok("sync")
    let before = try said()
    #expect(before.contains("\"task\""))
    let task = try run(play, "Evil")
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(outside(task).contains("refs/notes/orchestrator was changed by somebody else"))
    #expect(try !play.orch("doctor").output.contains("holds no notes"))
    try play.ok("sync")
    let after = try said()
    for line in before.split(separator: "\n") { #expect(after.contains(line)) }
    #expect(!after.contains("lie"))
  }

  @Test func `are told of where they are notes that somebody added, and stay`() throws {
    let play = try playground(
      "git notes --ref=orchestrator append -m lie \"$(git rev-list -1 --no-merges --grep=Orch-Task HEAD~1)\""
    )
    for title in ["First", "Second"] { #expect(try run(play, title)["status"] == "done") }
    let task = try run(play, "Evil")
    #expect(outside(task).contains("refs/notes/orchestrator got lines that orch did not write"))
    #expect(task["status"] == "done", "\(task.indentedText)")
    let said = try scratch.git("log", "--notes=orchestrator", "--format=%N", "--all", in: "repo")
    #expect(said.contains("lie") && said.contains("\"task\""))
    #expect(try !outside(run(play, "Next")).contains("notes"))
  }

  @Test
  func `that should hold notes and do not are not pushed, and the doctor brings the notes back`()
    throws
  {
    let play = try playground(":")
    #expect(try run(play, "First")["status"] == "done")
    try play.ok("sync")
    #expect(try run(play, "Second")["status"] == "done")
    let notes = "refs/notes/orchestrator"
    let (sound, there) = (
      try reference(notes), try scratch.git("rev-parse", notes, in: "origin.git")
    )
    let listed = try scratch.git("notes", "--ref", notes, "list", in: "origin.git")
    let noted = try #require(listed.split(separator: "\n").first?.split(separator: " ").last)
    for deed in [
      ["update-ref", notes, "refs/remotes/origin/main"],
      ["notes", "--ref", notes, "add", "-f", "-m", "lie", String(noted)],
    ] {
      try scratch.git("fetch", "-q", in: "repo")
      _ = try scratch.run(["git"] + deed, in: "repo")
      let sync = try play.orch("sync")
      #expect(
        sync.exitCode == 0 && sync.errorOutput.contains("notes of this machine were not pushed"),
        "\(deed) \(sync)")
      #expect(try scratch.git("rev-parse", notes, in: "origin.git") == there)
      let doctor = try play.orch("doctor")
      #expect(doctor.exitCode != 0 && doctor.output.contains("holds no notes"), "\(doctor)")
      _ = try play.orch("doctor", "--fix")
      #expect(try reference(notes) == sound)
    }
    try play.ok("sync")
    #expect(try scratch.git("rev-parse", notes, in: "origin.git") == sound)
  }

  // MARK: Pushes

  @Test(arguments: [
    "git push -q --no-verify \"$URL\" HEAD:refs/heads/evil",
    "git push -q --no-verify \"$URL\" HEAD:refs/heads/evil; git reset -q --hard HEAD~1; echo y > y; git add -A; git commit -qm other",
    "git tag -a -m t evil; git push -q --no-verify \"$URL\" evil; git tag -d evil",
  ])
  func `of the remote are looked at for what a worker pushed past orch`(deed: String) throws {
    let play = try playground(deed)
    #expect(try run(play, "Good")["status"] == "done")
    let task = try run(play, "Evil")
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(
      outside(task).contains("was pushed past orch: 'origin' has it as refs/"), "\(outside(task))")
    #expect(outside(task).contains("/evil ("), "\(outside(task))")
    #expect(try run(play, "Next")["status"] == "done")
  }

  @Test func `of the remote's base are never said to be deleted`() throws {
    let play = try playground("git push -q --no-verify \"$URL\" HEAD:refs/heads/main")
    let task = try run(play, "Evil")
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(outside(task).contains("as 'main': the worker pushed it past orch"), "\(outside(task))")
    #expect(!outside(task).contains("--delete"), "\(outside(task))")
  }

  // MARK: The stash

  @Test(arguments: [true, false])
  func `and the stash are told of where a person's entry is gone`(tells: Bool) throws {
    let play = try playground(
      (tells ? "echo '{\"type\":\"tool\",\"text\":\"Bash git stash drop\"}'\n" : "")
        + "git stash drop -q 'stash@{1}'")
    for name in ["one", "two"] {
      try scratch.write("repo/README.md", name + "\n")
      try scratch.git("stash", "push", "-q", "-m", name, in: "repo")
    }
    let before = try scratch.git("stash", "list", "--format=%H", in: "repo").split(separator: "\n")
    let task = try run(play, "Evil")
    #expect(task["status"] == (tells ? "needs_review" : "done"), "\(task.indentedText)")
    #expect(outside(task).contains("the stash lost its entry 'On main: one'"), "\(outside(task))")
    let after = try scratch.git("stash", "list", "--format=%H", in: "repo").split(separator: "\n")
    #expect(Set(after) == Set(tells ? before : Array(before.prefix(1))))
  }
}
