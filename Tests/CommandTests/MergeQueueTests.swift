import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `The merge queue` {
  let scratch = Scratch.current

  /// Open pull requests of tasks that each add a file named like them; every tree that is checked is noted by
  /// the check, every one that the base moves to by the remote.
  private func prepare(_ titles: [String], check: String, repair: String = "false") throws
    -> Playground
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        if [ "$ORCH_PURPOSE" = repair ]; then
        \(repair)
        else
        echo x > "$ORCH_TASK_TITLE"
        fi
        git add -A
        git commit -qm "$ORCH_PURPOSE of $ORCH_TASK_TITLE"
        """,
      settings: """
        forge:
          merge: never
          merge_batch: 4
        checks:
          - name: tree
            command: "git rev-parse 'HEAD^{tree}' >> $HOME/../checked; \(check)"
        """)
    for title in titles { try play.ok("task", "add", title) }
    try play.ok("run", "--until-idle")
    let hook = try scratch.write(
      "origin.git/hooks/post-receive",
      """
      #!/bin/sh
      while read -r old new name; do
        [ "$name" != refs/heads/main ] || git rev-parse "$new^{tree}" >> "\(scratch["moves"])"
      done
      """)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
    // The base moves, so that what was checked before proves nothing; from here on orch merges.
    try scratch.git("commit", "-q", "--allow-empty", "-m", "moved", in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    try scratch.write("moves", "")
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "merge: never", with: "merge: when-green"))
    return play
  }

  private func lines(_ file: String) throws -> [Substring] {
    try scratch.read(file).split(separator: "\n")
  }

  private func expectOnlyCheckedTrees() throws {
    let moves = try lines("moves")
    let checked = Set(try lines("checked"))
    #expect(!moves.isEmpty && checked.isSuperset(of: moves))
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    #expect(
      try scratch.git("for-each-ref", "--format=%(refname)", "refs/heads", in: "repo")
        == "refs/heads/main")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `those that are ready are tested together once, and merged together`() throws {
    let play = try prepare(["one", "two", "three", "four"], check: "true")
    let before = try lines("checked").count
    try play.ok("run", "--until-idle")
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
    #expect(try lines("checked").count == before + 1)
    #expect(try lines("moves").count == 1)
    let files = try scratch.git(
      "--git-dir", scratch["origin.git"], "ls-tree", "--name-only", "main")
    #expect(files == "README.md\nfour\none\nthree\ntwo")
    let subjects = try scratch.git(
      "--git-dir", scratch["origin.git"], "log", "--first-parent", "--format=%s", "main")
    #expect(subjects.split(separator: "\n").filter { $0.hasPrefix("Merge branch") }.count == 4)
    try expectOnlyCheckedTrees()
  }

  @Test func `one that fails only beside another is found, repaired, and nothing unchecked merged`()
    throws
  {
    let play = try prepare(
      ["one", "two", "three"], check: "! { test -e one && test -e two; }",
      repair: "git mv two two-apart")
    try play.ok("run", "--until-idle")
    let tasks = try play.tasks()
    #expect(tasks.allSatisfy { $0["status"] == "done" }, "\(tasks.map { $0["reason"] })")
    #expect(tasks.map(\.purposes) == [["work"], ["work", "repair"], ["work"]])
    let files = try scratch.git(
      "--git-dir", scratch["origin.git"], "ls-tree", "--name-only", "main")
    #expect(files == "README.md\none\nthree\ntwo-apart")
    try expectOnlyCheckedTrees()
  }

  @Test func `what a check stages or commits is neither checked by the next nor merged`() throws {
    let play = try Playground(
      settings: """
        checks:
          - name: sneaky
            command: "echo bad > README.md; git add -A; git commit -qm sneaky; echo worse > README.md; git add -A"
          - name: same
            command: 'test "$(cat README.md)" = hello && test -z "$(git status --porcelain)"'
        """)
    try play.ok("task", "add", "One")
    try play.ok("run", "--until-idle")
    let task = try #require(try play.tasks().first)
    #expect(task["status"] == "done" && task.purposes == ["work"], "\(task.errors)")
    #expect(
      try scratch.git("--git-dir", scratch["origin.git"], "show", "main:README.md") == "hello")
    let subjects = try scratch.git("--git-dir", scratch["origin.git"], "log", "--format=%s", "main")
    #expect(!subjects.contains("sneaky"))
  }

  @Test(arguments: [false, true])
  func
    `what somebody is editing outlives the checks, what checks left that were killed is kept apart`(
      isLeftover: Bool
    ) throws
  {
    let play = try Playground(settings: "forge:\n  merge: never\n")
    let id = try play.ok("task", "add", "One", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    let place = try #require(task["worktree"]?.string)
    try "precious\n".write(toFile: place + "/edited", atomically: true, encoding: .utf8)
    if isLeftover {
      let folder = try scratch.git("rev-parse", "--absolute-git-dir", in: place)
      try "".write(toFile: folder + "/orch-check", atomically: true, encoding: .utf8)
    }
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml", settings + "\nchecks:\n  - name: fine\n    command: \"true\"\n")
    try play.ok("run", "--until-idle")
    let after = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    if isLeftover {
      #expect(after["status"] == "in_review")
      #expect(!FileManager.default.fileExists(atPath: place + "/edited"))
      #expect(
        try scratch.git("show", "refs/orch/left/\(id):edited", in: "repo") == "precious")
    } else {
      #expect(after["status"] == "needs_review")
      #expect(after["reason"]?.string?.contains("edited") == true)
      #expect(try String(contentsOfFile: place + "/edited", encoding: .utf8) == "precious\n")
    }
  }
}
