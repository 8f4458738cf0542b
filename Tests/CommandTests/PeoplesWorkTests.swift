import Foundation
import JSON
import TestSupport
import Testing

/// People at work where orch works too: neither their folders nor their commits are taken from them.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `People beside orch` {
  let scratch = Scratch.current

  private static let asksForHelp = """
    cat > /dev/null
    printf '{"status":"blocked","summary":"s","reason":"q","needs_help":true}' > "$ORCH_OUTPUT"
    """

  private func worktree() throws -> String {
    let folders = try FileManager.default.contentsOfDirectory(atPath: scratch["trees/repo"])
    return "trees/repo/" + (try #require(folders.first))
  }

  /// The names of all files in the commits that the references for work in progress lead to.
  private func keptFiles() throws -> [String] {
    try scratch.git(
      "rev-list", "--objects", "--glob=refs/orch/wip", "--glob=refs/orch/left", in: "repo"
    )
    .split(separator: "\n").compactMap {
      $0.split(separator: " ").dropFirst().first.map(String.init)
    }
  }

  @Test func `a folder of somebody in the worktree's place stays when its task is cancelled`()
    throws
  {
    let play = try Playground()
    let id = try play.ok("task", "add", "T", "--quiet")
    let place = "trees/repo/task-\(id.prefix(6))-t/mine.txt"
    try scratch.write(place, "somebody's\n")
    try play.ok("run", "--until-idle")
    try play.ok("task", "cancel", id)
    try play.ok("run", "--until-idle")
    #expect(try scratch.read(place) == "somebody's\n")
  }

  @Test func `two clones of one name have worktrees of their own`() throws {
    let play = try Playground(agent: Self.asksForHelp)
    let id = try play.ok("task", "add", "T", "--quiet")
    try play.ok("run", "--until-idle")
    let place = try worktree()
    try scratch.write(place + "/person.txt", "a day of work\n")
    try play.ok("sync")
    try FileManager.default.createDirectory(
      atPath: scratch["b"], withIntermediateDirectories: true)
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["b/repo"])
    try scratch.write("b/repo/.orch.yml", try scratch.read("repo/.orch.yml"))
    for command in [["init"], ["sync"], ["task", "cancel", id], ["run", "--until-idle"]] {
      let result = try scratch.run([BuiltProgram.orch] + command, in: "b/repo")
      #expect(result.exitCode == 0 || command == ["init"], "\(command) \(result.errorOutput)")
    }
    #expect(try scratch.read(place + "/person.txt") == "a day of work\n")
    for repository in ["repo", "b/repo"] {
      try scratch.git("fsck", "--no-dangling", in: repository)
      try scratch.git("gc", "-q", in: repository)
    }
    #expect(try play.orch("sync").exitCode == 0)
  }

  @Test func `a commit whose hook takes its time ends as any other`() async throws {
    let play = try Playground(agent: Self.asksForHelp)
    try play.ok("task", "add", "T", "--quiet")
    try play.ok("run", "--until-idle")
    let place = try worktree()
    let hook = try scratch.write(
      "hooks/pre-commit",
      "#!/bin/sh\ntouch '\(scratch["began"])'\nwhile [ ! -e '\(scratch["go"])' ]; do sleep 0.1; done\n"
    )
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
    try scratch.write(place + "/README.md", "a person's\n")
    let commit = try scratch.start(
      ["git", "-c", "core.hooksPath=\(scratch["hooks"])", "commit", "-qam", "Mine"], in: place,
      log: "commit.log")
    #expect(await eventually { scratch.exists("began") })
    // git has held the lock of the index for an hour when orch looks at it.
    let lock = try scratch.git("rev-parse", "--git-path", "index.lock", in: place)
    #expect(try scratch.run(["touch", "-c", "-d", "1 hour ago", lock], in: place).exitCode == 0)
    try play.ok("task", "add", "Another", "--quiet")
    try play.ok("run", "--until-idle")
    try scratch.write("go", "")
    commit.waitForEnd()
    #expect(commit.terminationStatus == 0, "\((try? scratch.read("commit.log")) ?? "")")
    #expect(try scratch.git("log", "-1", "--format=%s", in: place) == "Mine")
    #expect(try scratch.git("status", "--porcelain", in: place) == "")
  }

  @Test func `what a person writes while a check runs is kept`() async throws {
    let play = try Playground(
      settings: """
        checks:
          - name: slow
            command: "cd .; touch \(scratch["started"]); while [ ! -e \(scratch["go"]) ]; do sleep 0.1; done"
        """)
    try play.ok("task", "add", "T", "--quiet")
    let process = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("started") })
    try scratch.write(try worktree() + "/person.txt", "a day of work\n")
    try scratch.write("go", "")
    process.waitForEnd()
    #expect(try keptFiles().contains("person.txt"))
  }

  @Test func `what was kept once stays when something is kept under the same name`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        [ "$ORCH_PURPOSE" = work ] || {
        printf '{"status":"blocked","summary":"s","reason":"q","needs_help":true}' > "$ORCH_OUTPUT"
        exit 0; }
        echo x > f.txt; git add -A; git commit -qm ok
        printf '{"status":"done","summary":"s"}' > "$ORCH_OUTPUT"
        """,
      settings: """
        checks:
          - name: c
            command: "test -f never"
        """)
    let id = try play.ok("task", "add", "T", "--quiet")
    try play.ok("run", "--until-idle")
    let place = try worktree()
    let branch = try scratch.git("branch", "--show-current", in: place)
    try scratch.write(place + "/committed.txt", "one\n")
    try scratch.git("add", "-A", in: place)
    try scratch.git("commit", "-qm", "a person's commit", in: place)
    try scratch.write(place + "/person.txt", "a day of work\n")
    try scratch.git("clone", "-q", "-b", branch, scratch["origin.git"], scratch["some"])
    try scratch.write("some/z.txt", "z\n")
    try scratch.git("add", "-A", in: "some")
    try scratch.git("commit", "-qm", "somebody", in: "some")
    try scratch.git("push", "-q", in: "some")
    try play.ok("task", "retry", id)
    try play.ok("run", "--until-idle")
    #expect(Set(try keptFiles()).isSuperset(of: ["committed.txt", "person.txt"]))
  }

  @Test func `a submodule with work in it keeps its worktree`() throws {
    try scratch.repository("sub", files: ["s.txt": "s\n"])
    try scratch.git("config", "--global", "protocol.file.allow", "always")
    let play = try Playground(agent: Self.asksForHelp)
    try scratch.git("submodule", "--quiet", "add", scratch["sub"], "lib", in: "repo")
    try scratch.git("commit", "-qm", "lib", in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    let id = try play.ok("task", "add", "T", "--quiet")
    try play.ok("run", "--until-idle")
    let place = try worktree()
    try scratch.git("submodule", "--quiet", "update", "--init", in: place)
    try scratch.git("checkout", "-qb", "mine", in: place + "/lib")
    try scratch.write(place + "/lib/c.txt", "a commit\n")
    try scratch.git("add", "-A", in: place + "/lib")
    try scratch.git("commit", "-qm", "work", in: place + "/lib")
    try scratch.git("checkout", "-q", "--detach", "HEAD~1", in: place + "/lib")
    try play.ok("task", "cancel", id)
    try play.ok("run", "--until-idle")
    #expect(try scratch.git("show", "mine:c.txt", in: place + "/lib") == "a commit")
    try scratch.git("push", "-q", "origin", "mine", in: place + "/lib")
    try play.ok("run", "--until-idle")
    #expect(!scratch.exists(place))
  }

  /// True if a file can be made that nobody can remove.
  private static let canFreeze: Bool = {
    let file = NSTemporaryDirectory() + "orch-frozen-\(UUID().uuidString)"
    defer { unlink(file) }
    let line = "touch '\(file)' && chattr +i '\(file)' 2> /dev/null && chattr -i '\(file)'"
    guard let process = try? ChildProcess(["/bin/sh", "-c", line]) else { return false }
    process.waitForEnd()
    return process.terminationStatus == 0
  }()

  @Test(.enabled(if: canFreeze))
  func `a worktree that cannot be removed stays, is named, and holds nobody up`() throws {
    let play = try Playground(agent: Self.asksForHelp)
    let id = try play.ok("task", "add", "T", "--quiet")
    try play.ok("run", "--until-idle")
    let file = try worktree() + "/frozen.txt"
    try scratch.write(file, "cannot be removed\n")
    _ = try scratch.run(["chattr", "+i", scratch[file]])
    defer { _ = try? scratch.run(["chattr", "-i", scratch[file]]) }
    try play.ok("task", "cancel", id)
    try play.ok("run", "--until-idle")
    let diary = try scratch.git("log", "-1", "--format=%B", "refs/orch/state", in: "repo")
    #expect(diary.contains("its worktree stays") && diary.contains("frozen.txt"), "\(diary)")
    #expect(scratch.exists(file))
    // Once nothing is in the way, a run takes it away.
    _ = try scratch.run(["chattr", "-i", scratch[file]])
    try play.ok("run", "--until-idle")
    #expect(!scratch.exists(file))
  }
}
