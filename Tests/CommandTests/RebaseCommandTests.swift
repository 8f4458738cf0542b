import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Rebasing pull requests at once` {
  let scratch = Scratch.current

  private static let count = 8

  /// Open pull requests, each with a change of its own file, the first also of a line that the base changes.
  private func prepare() throws -> Playground {
    let numbered = (1...Self.count).map { ("f\($0).txt", "one\ntwo\nthree\n") }
    let play = try Playground(
      files: Dictionary(uniqueKeysWithValues: numbered + [("shared.txt", "1\n2\n3\n")]),
      agent: """
        cat > /dev/null
        echo "of $ORCH_TASK_TITLE" >> "f$ORCH_TASK_TITLE.txt"
        git commit -qam "first of $ORCH_TASK_TITLE"
        if [ "$ORCH_TASK_TITLE" = 1 ]; then sed -i 's/^2$/2 of 1/' shared.txt; fi
        echo x > "new-$ORCH_TASK_TITLE"
        git add -A
        git commit -qm "second of $ORCH_TASK_TITLE"
        """, settings: "forge:\n  merge: never\n")
    for number in 1...Self.count { try play.ok("task", "add", String(number)) }
    try play.ok("run", "--until-idle", "--jobs", "4")
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["somebody"])
    try moveBase("1\n2 of the base\n3\n")
    return play
  }

  private func moveBase(_ text: String) throws {
    try scratch.write("somebody/shared.txt", text)
    try scratch.git("commit", "-qam", "move", in: "somebody")
    try scratch.git("push", "-q", "origin", "main", in: "somebody")
  }

  private func results(_ text: String) throws -> [String: String] {
    let rows = try JSONValue(parsing: text).array ?? []
    return Dictionary(
      rows.map { ($0["title"]?.string ?? "", $0["result"]?.string ?? "") },
      uniquingKeysWith: { first, _ in first })
  }

  @Test
  func `a branch that cannot be read is left out, and people's notes come along with the others`()
    throws
  {
    let play = try prepare()
    let branches = Dictionary(
      try play.tasks().map { ($0["title"]?.string ?? "", $0["branch"]?.string ?? "") },
      uniquingKeysWith: { first, _ in first })
    let (broken, noted) = (try #require(branches["2"]), try #require(branches["3"]))
    try scratch.git("config", "notes.rewriteRef", "refs/notes/commits", in: "repo")
    try scratch.git("notes", "add", "-m", "mine\n\nand more", noted, in: "repo")
    let made = try scratch.run(
      [
        "sh", "-euc",
        """
        id=$(git rev-parse "$1^{tree}")
        mkdir packs
        mv .git/objects/pack/*.pack packs
        rm -f .git/objects/pack/*
        for pack in packs/*.pack; do git unpack-objects -q < "$pack"; done
        rm -r packs
        rm -f ".git/objects/$(echo "$id" | cut -c1-2)/$(echo "$id" | cut -c3-)"
        """, "sh", broken,
      ], in: "repo")
    #expect(made.exitCode == 0, "\(made.errorOutput)")
    let outcome = try results(play.ok("pr", "rebase", "--all", "--json"))
    #expect(outcome["2"] == "skipped", "\(outcome)")
    for number in 3...Self.count { #expect(outcome[String(number)] == "rebased", "\(outcome)") }
    #expect(try scratch.git("notes", "show", noted, in: "repo") == "mine\n\nand more")
  }

  @Test func `all that fit are pushed at once as git would rebase them, worktrees follow`() throws {
    let play = try prepare()
    let branches = Dictionary(
      try play.tasks().map { ($0["title"]?.string ?? "", $0["branch"]?.string ?? "") },
      uniquingKeysWith: { first, _ in first })
    // git's own answer, made in another clone before.
    try scratch.git("fetch", "-q", in: "somebody")
    var expected: [String: String] = [:]
    for (title, branch) in branches where title != "1" {
      try scratch.git("checkout", "-q", "--detach", "origin/\(branch)", in: "somebody")
      try scratch.git("rebase", "-q", "main", in: "somebody")
      expected[title] = try scratch.git("rev-parse", "HEAD^{tree}", in: "somebody")
    }
    try scratch.git("checkout", "-q", "main", in: "somebody")
    let dirty = try #require(branches["3"])
    let folder = try #require(
      try play.tasks().first { $0["branch"]?.string == dirty }?["worktree"]?.string)
    try "precious\n".write(toFile: folder + "/precious", atomically: true, encoding: .utf8)

    let found = try results(play.ok("pr", "rebase", "--all", "--json"))
    #expect(found["1"] == "conflict")
    #expect(found["3"] == "skipped")
    for number in 2...Self.count where number != 3 {
      let title = String(number)
      let branch = try #require(branches[title])
      #expect(found[title] == "rebased")
      let tree = try scratch.git(
        "--git-dir", scratch["origin.git"], "rev-parse", "\(branch)^{tree}")
      #expect(tree == expected[title])
      let local = try scratch.git("rev-parse", branch, in: "repo")
      #expect(local == (try scratch.git("--git-dir", scratch["origin.git"], "rev-parse", branch)))
    }
    for task in try play.tasks() where task["title"]?.string != "3" {
      let place = try #require(task["worktree"]?.string)
      #expect(try scratch.git("status", "--porcelain", in: place) == "")
    }
    #expect(try String(contentsOfFile: folder + "/precious", encoding: .utf8) == "precious\n")
    let note = try scratch.git(
      "notes", "--ref", "orchestrator", "show", try #require(branches["2"]), in: "repo")
    #expect(note.contains("\"task\""))
    let again = try results(play.ok("pr", "rebase", "--all", "--json"))
    #expect(again["2"] == "current")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "origin.git")
  }

  @Test func `a branch that somebody moved stays theirs, and a name is asked for`() throws {
    let play = try prepare()
    let task = try #require(try play.tasks().first { $0["title"] == "2" })
    let branch = try #require(task["branch"]?.string)
    try scratch.git("fetch", "-q", in: "somebody")
    try scratch.git("checkout", "-q", "-b", "theirs", "origin/\(branch)", in: "somebody")
    try scratch.write("somebody/theirs.txt", "t\n")
    try scratch.git("add", "-A", in: "somebody")
    try scratch.git("commit", "-qm", "theirs", in: "somebody")
    try scratch.git("push", "-q", "origin", "theirs:\(branch)", in: "somebody")
    let theirs = try scratch.git("rev-parse", "theirs", in: "somebody")
    let id = try #require(task["id"]?.string)
    #expect(try results(play.ok("pr", "rebase", id, "--json"))["2"] == "skipped")
    #expect(
      try scratch.git("--git-dir", scratch["origin.git"], "rev-parse", branch) == theirs)
    #expect(try play.orch("pr", "rebase").exitCode == 64)
    #expect(try play.orch("pr", "rebase", id, "--all").exitCode == 64)
  }

  @Test func `worktrees deleted or moved by hand and a branch that vanished are borne`() throws {
    let play = try prepare()
    func task(_ title: String) throws -> JSONValue {
      try #require(try play.tasks().first { $0["title"]?.string == title })
    }
    let gone = try #require(try task("2")["worktree"]?.string)
    try FileManager.default.removeItem(atPath: gone)
    let moved = try #require(try task("4")["worktree"]?.string)
    try FileManager.default.moveItem(atPath: moved, toPath: scratch["elsewhere"])
    let vanished = try #require(try task("5")["branch"]?.string)
    try scratch.git("push", "-q", "origin", ":\(vanished)", in: "repo")
    let found = try results(play.ok("pr", "rebase", "--all", "--json"))
    #expect(found["2"] == "rebased" && found["4"] == "rebased" && found["5"] == "skipped")
    #expect(FileManager.default.fileExists(atPath: scratch["elsewhere"] + "/new-4"))
    // They are merged all the same, and nothing is left of them in the repository.
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "merge: never", with: "merge: when-green"))
    try play.ok("run", "--until-idle")
    for title in ["2", "4"] { #expect(try task(title)["status"] == "done") }
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `of a base that was rewritten, no commit comes back with a branch`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo x > own.txt
        git add -A
        git commit -qm own
        """, settings: "forge:\n  merge: never\n")
    try scratch.write("repo/dropped.txt", "x\n")
    try scratch.git("add", "dropped.txt", in: "repo")
    try scratch.git("commit", "-qm", "to be dropped", in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    let id = try play.ok("task", "add", "Own", "--quiet")
    try play.ok("run", "--until-idle")
    try scratch.git("reset", "-q", "--hard", "HEAD~1", in: "repo")
    try scratch.write("repo/instead.txt", "x\n")
    try scratch.git("add", "instead.txt", in: "repo")
    try scratch.git("commit", "-qm", "instead", in: "repo")
    try scratch.git("push", "-q", "-f", "origin", "main", in: "repo")
    #expect(try results(play.ok("pr", "rebase", id, "--json"))["Own"] == "rebased")
    let branch = try #require(try play.tasks().first?["branch"]?.string)
    let commits = try scratch.git(
      "--git-dir", scratch["origin.git"], "log", "--format=%s", branch)
    #expect(commits == "own\ninstead\nfirst")
  }
}
