import Foundation
import JSON
import TestSupport
import Testing

/// Somebody takes a commit out of the base by a push with force, while a branch that has it waits or is worked on.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A base that was rewritten` {
  let scratch = Scratch.current

  /// A base with the commits "first" and "secret", and a clone of somebody who takes the latter out again.
  private func prepare(_ agent: String, _ settings: String = "") throws -> Playground {
    let play = try Playground(
      files: ["a.txt": ConflictPlayground.lines],
      agent: """
        cat > "$HOME/../prompt-$ORCH_ATTEMPT"
        export top="$HOME/.."
        \(agent)
        """,
      settings: "forge:\n  merge: never\n\(settings)")
    try commit("secret", in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["somebody"])
    try scratch.write(
      "rewrite.sh",
      """
      set -eu
      cd "\(scratch["somebody"])"
      [ ! -e ../rewritten ] || exit 0
      git reset -q --hard HEAD~1
      [ "${1:-}" = "" ] || { eval "$1"; git add -A; git commit -qm instead; }
      git push -q -f origin main
      touch ../rewritten
      """)
    return play
  }

  private func commit(_ name: String, in place: String) throws {
    try scratch.write("\(place)/\(name).txt", "x\n")
    try scratch.git("add", "\(name).txt", in: place)
    try scratch.git("commit", "-qm", name, in: place)
  }

  private func rewrite(_ instead: String = "") throws {
    let result = try scratch.run(["sh", scratch["rewrite.sh"], instead], in: "somebody")
    try #require(result.exitCode == 0, "\(result)")
  }

  private func merge(_ play: Playground) throws {
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "merge: never", with: "merge: when-green"))
    try play.ok("run", "--until-idle")
  }

  /// The subjects of the base's commits, merges left out, newest first.
  private func base() throws -> [String] {
    try scratch.git(
      "--git-dir", scratch["origin.git"], "log", "--topo-order", "--no-merges", "--format=%s",
      "main"
    ).split(separator: "\n").map(String.init)
  }

  private static let works = """
    echo x > "own-$ORCH_TASK_TITLE.txt"
    git add -A
    git commit -qm "own $ORCH_TASK_TITLE"
    """

  @Test(arguments: ["", "echo x > instead.txt"])
  func `does not get a commit back with a branch that waited`(instead: String) throws {
    let play = try prepare(Self.works)
    try play.ok("task", "add", "One")
    try play.ok("run", "--until-idle")
    try rewrite(instead)
    try merge(play)
    #expect(try play.tasks().first?["status"] == "done")
    #expect(try base() == ["own One"] + (instead.isEmpty ? [] : ["instead"]) + ["first"])
    // Whoever reads the diary learns why.
    let diary = try scratch.git("log", "--format=%B", "refs/orchestrator", in: "repo")
    #expect(diary.contains("only the branch's own commits came along"))
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `while a worker is at work gets its commits alone`() throws {
    let play = try prepare(
      """
      sh "$top/rewrite.sh" "echo x > instead.txt"
      \(Self.works)
      """)
    try play.ok("task", "add", "One")
    try play.ok("run", "--until-idle")
    let task = try #require(try play.tasks().first)
    #expect(task["attempts"]?.array?.first?["commits"] == 1, "\(task.indentedText)")
    try merge(play)
    #expect(try play.tasks().first?["status"] == "done")
    #expect(try base() == ["own One", "instead", "first"])
  }

  @Test func `after a failed attempt gets what the next one adds to it`() throws {
    let play = try prepare(
      """
      [ "$ORCH_ATTEMPT" = 2 ] || { sh "$top/rewrite.sh"; echo half > half.txt; exit 3; }
      \(Self.works)
      """)
    try play.ok("task", "add", "One")
    try play.ok("run", "--until-idle")
    try merge(play)
    #expect(try play.tasks().first?["status"] == "done")
    #expect(try base() == ["own One", "One", "first"])
  }

  @Test func `and conflicts is settled without what it has left`() throws {
    let play = try prepare(
      """
      if [ "$ORCH_PURPOSE" = rebase ]; then
        if [ "$ORCH_ATTEMPT" = 2 ]; then
          # Merging brings back what was taken out.
          git rebase --abort
          git merge -q --no-edit refs/orch/remotes/origin/heads/main || true
        fi
        sed -i '/^<<<<<<<\\|^=======\\|^>>>>>>>/d' a.txt
        git add -A
        [ "$ORCH_ATTEMPT" = 2 ] && git commit -qm merged || git rebase --continue
      else
        sed -i 's/^line 5$/line 5 of the branch/' a.txt
        git commit -qam "own One"
      fi
      """)
    try play.ok("task", "add", "One")
    try play.ok("run", "--until-idle")
    try rewrite("sed -i 's/^line 5$/line 5 of the base/' a.txt")
    try merge(play)
    let task = try #require(try play.tasks().first)
    #expect(task["status"] == "done", "\(task.indentedText)")
    #expect(try base() == ["own One", "instead", "first"])
    let attempts = task["attempts"]?.array ?? []
    #expect(attempts.map { $0["outcome"]?.string } == ["succeeded", "failed", "succeeded"])
    #expect(try scratch.read("prompt-3").contains("which was taken out of 'main'"))
  }

  @Test func `gets nothing back with a branch that merged it once`() throws {
    let play = try prepare(
      """
      if [ "$ORCH_PURPOSE" = rebase ]; then
        git rebase --abort
        git merge -q --no-edit refs/orch/remotes/origin/heads/main || true
        sed -i '/^<<<<<<<\\|^=======\\|^>>>>>>>/d' a.txt
        git commit -qam merged
      else
        sed -i 's/^line 5$/line 5 of the branch/' a.txt
        git commit -qam "own One"
      fi
      """)
    try play.ok("task", "add", "One")
    try play.ok("run", "--until-idle")
    try scratch.write(
      "somebody/a.txt",
      ConflictPlayground.lines.replacingOccurrences(of: "line 5\n", with: "line 5 of a secret\n"))
    try scratch.git("commit", "-qam", "another secret", in: "somebody")
    try scratch.git("push", "-q", in: "somebody")
    try play.ok("run", "--until-idle")
    let waiting = try #require(try play.tasks().first)
    #expect(waiting["status"] == "in_review", "\(waiting.indentedText)")
    try rewrite()
    try merge(play)
    #expect(try play.tasks().first?["status"] == "done")
    #expect(try base() == ["own One", "secret", "first"])
  }

  @Test func `gets nothing back with a batch`() throws {
    let play = try prepare(
      Self.works,
      """
        merge_batch: 4
      checks:
        - name: ok
          command: "true"
      """)
    for title in ["One", "Two", "Three"] { try play.ok("task", "add", title) }
    try play.ok("run", "--until-idle")
    try rewrite("echo x > instead.txt")
    try merge(play)
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
    #expect(try base().sorted() == ["first", "instead", "own One", "own Three", "own Two"])
  }

  @Test func `gets nothing back with a person's command`() throws {
    let play = try prepare(Self.works)
    let id = try play.ok("task", "add", "One", "--quiet")
    try play.ok("run", "--until-idle")
    try rewrite()
    #expect(try play.ok("pr", "rebase", id, "--json").contains("rebased"))
    let branch = try #require(try play.tasks().first?["branch"]?.string)
    let commits = try scratch.git("--git-dir", scratch["origin.git"], "log", "--format=%s", branch)
    #expect(commits == "own One\nfirst")
  }
}
