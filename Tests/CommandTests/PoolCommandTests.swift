import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Worktrees that wait for a task` {
  let scratch = Scratch.current

  /// A repository of twelve files, of which ten are enough to be worth keeping.
  private func playground(_ agent: String, worktrees: String = "") throws -> Playground {
    var files = Dictionary(
      uniqueKeysWithValues: (1...12).map { ("f/\($0).txt", "file \($0)\n") })
    files[".gitignore"] = "*.o\n.env\n"
    let play = try Playground(files: files, agent: agent)
    let text = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      text.replacingOccurrences(
        of: "worktrees:\n", with: "worktrees:\n  pool_min_files: 10\n\(worktrees)"))
    return play
  }

  /// Notes the inode of a file that no task changes, and what was there before.
  private static let agent = """
    top="$HOME/.."
    cat > /dev/null
    ls -i f/3.txt | cut -d' ' -f1 >> "$top/inodes"
    git status --porcelain --ignored > "$top/status-$ORCH_TASK_TITLE"
    ls -A .orchestrator > "$top/protocol-$ORCH_TASK_TITLE"
    cat .env > "$top/env-$ORCH_TASK_TITLE" 2> /dev/null || true
    echo x > left.o
    echo "$ORCH_TASK_TITLE" > "f/$ORCH_TASK_TITLE.txt"
    echo changed >> f/1.txt
    git add -A
    git commit -qm "$ORCH_TASK_TITLE"
    """

  private func inodes() throws -> [Substring] {
    try scratch.read("inodes").split(separator: "\n")
  }

  @Test func `the next task gets it, writes only what differs, and finds nothing of the last`()
    throws
  {
    let play = try playground(Self.agent)
    for title in ["one", "two"] {
      try play.ok("task", "add", title)
      try play.ok("run", "--until-idle")
      #expect(try scratch.git("status", "--porcelain", in: "repo") == "?? .orch.yml")
    }
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
    #expect(Set(try inodes()).count == 1, "the file was written again")
    #expect(try scratch.read("status-two") == "!! .orchestrator/\n")
    let results = try scratch.read("protocol-two").split(separator: "\n").filter {
      $0.hasPrefix("output-")
    }
    #expect(results == ["output-schema.json"], "a result of the last task is left")
    #expect(
      try scratch.git("--git-dir", scratch["origin.git"], "show", "main:f/two.txt") == "two")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 2)
    #expect(
      try scratch.git("for-each-ref", "--format=%(refname)", "refs/heads", in: "repo")
        == "refs/heads/main")
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "worktrees:\n", with: "worktrees:\n  pool: 0\n"))
    try play.ok("run", "--until-idle")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `with keep_ignored the build output stays, and the set-up only runs when it must`()
    throws
  {
    let play = try playground(
      Self.agent,
      worktrees: """
          keep_ignored: true
          copy: [.env]
          setup: ["echo ran >> $HOME/../setups"]
          setup_inputs: [f/2.txt]

        """)
    for title in ["one", "two"] {
      try scratch.write("repo/.env", "for \(title)\n")
      try play.ok("task", "add", title)
      try play.ok("run", "--until-idle")
    }
    #expect(try scratch.read("setups") == "ran\n")
    #expect(try scratch.read("env-two") == "for two\n", "a copied file is copied anew")
    #expect(try scratch.read("status-two").contains("!! left.o"))
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["somebody"])
    try scratch.write("somebody/f/2.txt", "another\n")
    try scratch.git("commit", "-qam", "move", in: "somebody")
    try scratch.git("push", "-q", "origin", "main", in: "somebody")
    try play.ok("task", "add", "three")
    try play.ok("run", "--until-idle")
    #expect(try scratch.read("setups") == "ran\nran\n", "an input of the set-up has changed")
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
  }

  @Test func `one in which a process lives stays until it has ended, and nobody waits for it`()
    throws
  {
    let play = try playground(
      Self.agent + "\nwhile [ ! -e \"$top/inside\" ]; do sleep 0.05; done\n",
      worktrees: "  pool: 0\n")
    let id = try play.ok("task", "add", "one", "--quiet")
    // Somebody's shell is in the worktree when the task is over.
    let script = """
      until cd "$0"/task-*-one 2> /dev/null; do sleep 0.02; done
      echo in > "$1"
      exec sleep 300
      """
    let holder = try ChildProcess([
      "/bin/sh", "-c", script, scratch["trees/repo"], scratch["inside"],
    ])
    try play.ok("run", "--until-idle")
    #expect(try JSONValue(parsing: play.ok("task", "show", id, "--json"))["status"] == "done")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 2)
    #expect(try play.diary().contains { $0.contains("its worktree stays") })
    kill(holder.processIdentifier, SIGKILL)
    holder.waitForEnd()
    try play.ok("run", "--until-idle")
    #expect(try scratch.git("worktree", "list", in: "repo").split(separator: "\n").count == 1)
    #expect(
      try scratch.git("for-each-ref", "--format=%(refname)", "refs/heads", in: "repo")
        == "refs/heads/main")
  }
}
