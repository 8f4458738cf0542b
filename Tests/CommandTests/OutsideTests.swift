import Foundation
import JSON
import TestSupport
import Testing

/// Workers without walls that hide what they do outside of their room, and people who work there meanwhile.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized)
struct `What workers do outside of their room` {
  let scratch = Scratch.current

  private func show(_ play: Playground, _ id: String) throws -> JSONValue {
    try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  private func outside(_ task: JSONValue) -> String {
    (task["attempts"]?.array?.first?["outside"]?.strings ?? []).joined(separator: "\n")
  }

  /// A playground whose settings are committed, and a worker that commits work and then does something.
  private func playground(_ deed: String) throws -> Playground {
    let play = try Playground(
      agent: """
        cat > /dev/null
        R='\(scratch["repo"])'
        echo x > "$ORCH_TASK_ID"; git add -A; git commit -qm work
        unset GIT_CONFIG_COUNT
        \(deed)
        """)
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "settings", in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    return play
  }

  private static let plant = """
    printf '#!/bin/sh\\necho evil\\n' > "$R/.git/hooks/post-commit"
    chmod 755 "$R/.git/hooks/post-commit"
    git config core.fsmonitor 'echo evil'
    """

  private func expectClean() throws {
    #expect(!scratch.exists("repo/.git/hooks/post-commit"))
    #expect(try !scratch.read("repo/.git/config").contains("fsmonitor"))
  }

  @Test(arguments: ["/bin/rm -f", "echo '{}' >"])
  func `is found although the record of before is removed or changed`(deed: String) throws {
    let play = try playground(deed + " \"$ORCH_RUN_DIRECTORY/picture.json\"\n" + Self.plant)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(outside(task).contains("the record of how the repository stood before was"))
    #expect(outside(task).contains("hook 'post-commit' was made"))
    try expectClean()
  }

  @Test func `is not hidden by much of another kind`() throws {
    let play = try playground(
      "for i in $(seq 40); do git tag junk-$i; done\nfor i in $(seq 40); do echo x > \"$R/junk-$i\"; done\n"
        + Self.plant)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let text = outside(try show(play, id))
    for word in [
      "hook 'post-commit' was made", "core.fsmonitor went from", "refs/tags/junk-1 was made",
      "hook 'post-commit' is as it was", "and 34 more of this kind", "of the main checkout",
    ] {
      #expect(text.contains(word), "\(word) is not in:\n\(text)")
    }
    #expect(try scratch.git("tag", "-l", "junk-*", in: "repo") == "")
  }

  @Test(arguments: [
    "git update-ref refs/orch/state HEAD", "git update-ref -d refs/orch/state",
    "git update-ref refs/orch/state refs/orch/state~3",
  ])
  func `to the state is undone, and nothing of it is lost`(deed: String) throws {
    let play = try playground(deed)
    let other = try play.ok("task", "add", "Other", "--quiet")
    try play.ok("task", "cancel", other)
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.orch("run", "--until-idle")
    #expect(run.errorOutput.contains("refs/orch/state is damaged"), "\(run)")
    let task = try show(play, id)
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(outside(task).contains("refs/orch/state is damaged"), "\(task.indentedText)")
    #expect(try play.tasks().count == 2)
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  @Test func `to other branches of tasks, files that git obeys and the core settings is found`()
    throws
  {
    let play = try playground(
      """
      git branch orch/other-task HEAD
      mkdir -p "$R/.git/info"; echo '* filter=evil' > "$R/.git/info/attributes"
      git config core.bare true
      git config remote.origin.fetch '+refs/heads/*:refs/heads/*'
      """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try show(play, id)
    let text = outside(task)
    for word in [
      "refs/heads/orch/other-task was made", "'info/attributes' was made",
      "core.bare went from 'false' to 'true'", "remote.origin.fetch went from",
    ] {
      #expect(text.contains(word), "\(word) is not in:\n\(text)")
    }
    #expect(task["status"] == "needs_review", "\(task.indentedText)")
    #expect(try scratch.git("config", "core.bare", in: "repo") == "false")
    #expect(!scratch.exists("repo/.git/info/attributes"))
    #expect(try scratch.git("branch", "--list", "orch/other-task", in: "repo") == "")
  }

  /// Two workers at once: the first plants, then the second begins; it goes on when it is told to.
  @Test func `is not put back by the end of another that began meanwhile`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        R='\(scratch["repo"])'
        echo x > "$ORCH_TASK_ID"; git add -A; git commit -qm work
        unset GIT_CONFIG_COUNT
        if [ "$ORCH_TASK_TITLE" = One ]; then
          \(Self.plant)
          touch "$HOME/../planted"
        else
          touch "$HOME/../second"
        fi
        while [ ! -e "$HOME/../go-$ORCH_TASK_TITLE" ]; do sleep 0.05; done
        """)
    let one = try play.ok("task", "add", "One", "--quiet")
    let run = try play.start(["run", "--until-idle", "--jobs", "2"])
    #expect(await eventually { scratch.exists("planted") })
    let two = try play.ok("task", "add", "Two", "--quiet")
    #expect(await eventually { scratch.exists("second") })
    try scratch.write("go-One", "")
    #expect(try await eventually { try show(play, one)["status"] == "needs_review" })
    try expectClean()
    try scratch.write("go-Two", "")
    run.waitForEnd()
    try expectClean()
    #expect(outside(try show(play, one)).contains("hook 'post-commit' is as it was"))
    #expect(try ["done", "needs_review"].contains(show(play, two)["status"]))
  }

  @Test func `leaves a person's new remote, alias and later hook alone, and tells of them`()
    async throws
  {
    let play = try playground(
      """
      touch "$HOME/../ready"
      while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
      """)
    let id = try play.ok("task", "add", "Work", "--quiet")
    let run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("ready") })
    try scratch.git("remote", "add", "fork", "https://fork.invalid/x", in: "repo")
    try scratch.git("config", "alias.st", "status", in: "repo")
    try scratch.git("config", "user.nickname", "me", in: "repo")
    try scratch.write("go", "")
    run.waitForEnd()
    let task = try show(play, id)
    #expect(task["status"] == "done", "\(task.indentedText)")
    let config = try scratch.read("repo/.git/config")
    for word in [
      "[remote \"fork\"]", "fork.invalid", "refs/remotes/fork/*", "st = status", "nickname",
    ] {
      #expect(config.contains(word), "\(config)")
    }
    #expect(outside(task).contains("alias.st went from"))
  }
}
