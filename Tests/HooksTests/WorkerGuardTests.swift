import Foundation
import Hooks
import TestSupport
import Testing

/// A repository with a remote, a task's worktree, and a worker's environment.
private struct Room {
  let scratch = Scratch.current
  let worktree: String
  let workerGuard: WorkerGuard
  let environment: [String: String]

  init(project: String = "project", userHooks: String? = nil) throws {
    try scratch.git("init", "-q", "--bare", scratch["remote.git"])
    try scratch.repository(project, files: ["a.txt": "1\n"])
    try scratch.git("remote", "add", "origin", scratch["remote.git"], in: project)
    try scratch.git("push", "-q", "origin", "main", in: project)
    worktree = scratch["tree"]
    try scratch.git("worktree", "add", "-q", "-b", "orch/task", worktree, "main", in: project)
    workerGuard = WorkerGuard(
      folder: scratch["guard \"1\""], gitDirectory: scratch["\(project)/.git"],
      branch: "orch/task", base: "main", userHooks: userHooks)
    for (name, content) in workerGuard.files(existing: ["post-index-change", "../x"]) {
      let file = try scratch.write("guard \"1\"/\(name)", content)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }
    let helper = "git-remote-orch-refused"
    let file = try scratch.write("bin/\(helper)", WorkerGuard.programs(orch: "/orch")[helper] ?? "")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    environment = workerGuard.environment().merging([
      "PATH": "\(scratch["bin"]):\(scratch.environment["PATH"] ?? "")"
    ]) { $1 }
  }

  /// Runs a command as the worker.
  func worker(_ command: String..., in directory: String? = nil) throws -> CommandResult {
    try scratch.run(command, in: directory ?? worktree, environment: environment)
  }

  /// Expects that a worker's command goes through.
  func allow(_ command: String..., line: SourceLocation = #_sourceLocation) throws {
    let result = try scratch.run(command, in: worktree, environment: environment)
    #expect(result.exitCode == 0, "\(command): \(result.errorOutput)", sourceLocation: line)
  }

  /// Expects that a worker's command is refused, and that it is told why.
  func refuse(
    _ command: String..., in directory: String? = nil, line: SourceLocation = #_sourceLocation
  ) throws {
    let before = try refs()
    let result = try scratch.run(
      command, in: directory ?? worktree, environment: environment)
    #expect(result.exitCode != 0, "\(command)", sourceLocation: line)
    #expect(
      result.errorOutput.contains("orch: refused: "), "\(command): \(result.errorOutput)",
      sourceLocation: line)
    #expect(try refs() == before, "\(command)", sourceLocation: line)
  }

  func refs() throws -> String {
    try scratch.git("for-each-ref", "--format=%(refname) %(objectname)", in: worktree)
      + scratch.git("for-each-ref", in: "remote.git")
  }

  func change(_ text: String) throws { try scratch.write("tree/a.txt", text) }
}

@Suite(.scratch, .timeLimit(.minutes(30)))
struct `The worker guard` {
  @Test func `lets a worker work on its branch`() throws {
    let room = try Room()
    try room.change("2\n")
    try room.allow("git", "commit", "-qam", "two")
    try room.allow("git", "commit", "-q", "--amend", "-m", "two, better")
    try room.change("3\n")
    try room.allow("git", "stash")
    try room.allow("git", "stash", "pop")
    try room.allow("git", "commit", "-qam", "three")
    try room.allow("git", "tag", "mark")
    try room.allow("git", "reset", "-q", "--hard", "HEAD~1")
    try room.allow("git", "revert", "--no-edit", "HEAD")
    try room.allow("git", "switch", "-q", "--detach", "HEAD~1")
    try room.allow("git", "commit", "-q", "--allow-empty", "-m", "trial")
    try room.allow("git", "switch", "-q", "orch/task")
    let log = try room.scratch.git("log", "--format=%s", "orch/task", in: "project")
    #expect(log.split(separator: "\n").contains("two, better"))
  }

  @Test func `lets a worker rebase through a conflict`() throws {
    let room = try Room()
    try room.change("worker\n")
    try room.allow("git", "commit", "-qam", "worker")
    try room.scratch.write("project/a.txt", "base\n")
    try room.scratch.git("commit", "-qam", "base", in: "project")
    let stopped = try room.worker("git", "rebase", "main")
    #expect(stopped.exitCode != 0)
    #expect(!stopped.errorOutput.contains("refused"))
    try room.change("both\n")
    try room.allow("git", "add", "a.txt")
    try room.allow("git", "-c", "core.editor=true", "rebase", "--continue")
    #expect(
      try room.scratch.git("rev-parse", "orch/task~1", in: "project")
        == room.scratch.git("rev-parse", "main", in: "project"))
    // Another round, given up.
    try room.scratch.write("project/a.txt", "base again\n")
    try room.scratch.git("commit", "-qam", "base again", in: "project")
    #expect(try room.worker("git", "rebase", "main").exitCode != 0)
    try room.allow("git", "rebase", "--abort")
    #expect(try room.scratch.git("branch", "--show-current", in: "tree") == "orch/task")
  }

  @Test func `refuses every other branch`() throws {
    let room = try Room()
    try room.refuse("git", "branch", "other")
    try room.refuse("git", "switch", "-q", "-c", "other")
    try room.refuse("git", "update-ref", "refs/heads/main", "HEAD~0")
    try room.refuse("git", "branch", "-m", "renamed")
    try room.scratch.git("branch", "spare", in: "project")
    try room.refuse("git", "branch", "-D", "spare")
    try room.refuse("git", "update-ref", "-d", "refs/heads/orch/task")
    try room.refuse("git", "worktree", "add", "-q", "-b", "mine", room.scratch["mine"])
    #expect(try room.scratch.git("branch", "--show-current", in: "tree") == "orch/task")
    #expect(try room.worker("git", "status", "--short").output == "")
  }

  @Test func `refuses a commit on the base, from the worktree and from the main checkout`() throws {
    let room = try Room()
    try room.refuse(
      "git", "-C", room.scratch["project"], "commit", "-q", "--allow-empty", "-m", "x")
    try room.scratch.git("switch", "-q", "--detach", in: "project")
    try room.allow("git", "switch", "-q", "main")
    try room.refuse("git", "commit", "-q", "--allow-empty", "-m", "x")
  }

  @Test func `refuses what belongs to orch`() throws {
    let room = try Room()
    try room.refuse("git", "update-ref", "refs/orch/state", "HEAD")
    try room.refuse("git", "update-ref", "refs/orchestrator", "HEAD")
    try room.refuse("git", "notes", "--ref=orchestrator", "add", "-m", "x")
    try room.refuse("git", "update-ref", "refs/remotes/origin/main", "HEAD")
    try room.refuse("git", "update-ref", "main-worktree/HEAD", "HEAD")
    try room.allow("git", "notes", "add", "-m", "mine")
  }

  @Test func `refuses a push`() throws {
    let room = try Room()
    try room.change("2\n")
    try room.allow("git", "commit", "-qam", "two")
    try room.refuse("git", "push", "-q", "origin", "orch/task")
    try room.refuse("git", "push", "-q", "origin", "HEAD:main")
    try room.refuse("git", "push", "-q", room.scratch["remote.git"], "HEAD:refs/heads/x")
  }

  @Test func `refuses a push that passes the hooks over, and lets a fetch through`() throws {
    let room = try Room()
    try room.refuse("git", "push", "-q", "--no-verify", "origin", "HEAD:refs/heads/x")
    try room.refuse(
      "git", "push", "-q", "--no-verify", room.scratch["remote.git"], "HEAD:refs/heads/x")
    try room.allow("git", "fetch", "-q", "origin")
    // Also without the helper, which is found by the path.
    let bare = try room.scratch.run(
      ["git", "push", "-q", "--no-verify", "origin", "HEAD:refs/heads/x"], in: room.worktree,
      environment: room.environment.merging([
        "PATH": room.scratch.environment["PATH"] ?? ""
      ]) { $1 })
    #expect(bare.exitCode != 0)
    #expect(try room.scratch.git("for-each-ref", "refs/heads/x", in: "remote.git") == "")
  }

  @Test func `holds for the worker only, and leaves the configuration as it was`() throws {
    let room = try Room()
    let before = try room.scratch.read("project/.git/config")
    try room.allow("git", "commit", "-q", "--allow-empty", "-m", "x")
    try room.scratch.git("branch", "other", in: "tree")
    try room.scratch.git("commit", "-q", "--allow-empty", "-m", "base", in: "project")
    try room.scratch.git("push", "-q", "origin", "main", in: "project")
    #expect(try room.scratch.read("project/.git/config") == before)
  }

  @Test func `leaves other repositories alone, with their own hooks`() throws {
    let room = try Room()
    try room.allow("git", "init", "-q", "-b", "main", room.scratch["foreign"])
    try script("foreign/.git/hooks/post-commit", "echo ran >> \"$PWD/ran\"")
    for command in [
      ["git", "commit", "-q", "--allow-empty", "-m", "x"], ["git", "branch", "y"],
      ["git", "push", "-q", room.scratch["remote.git"], "main:refs/heads/foreign"],
    ] {
      let result = try room.scratch.run(
        command, in: "foreign", environment: room.environment)
      #expect(result.exitCode == 0, "\(command): \(result.errorOutput)")
    }
    #expect(try room.scratch.read("foreign/ran") == "ran\n")
  }

  @Test func `still runs the user's own hooks`() throws {
    let scratch = Scratch.current
    let room = try Room(userHooks: scratch["project/.git/hooks"])
    for name in ["pre-commit", "commit-msg", "post-commit", "post-index-change"] {
      try script("project/.git/hooks/\(name)", "echo \(name) >> '\(scratch["ran"])'")
    }
    try room.allow("git", "commit", "-q", "--allow-empty", "-m", "x")
    let ran = Set(try scratch.read("ran").split(separator: "\n"))
    #expect(ran.isSuperset(of: ["pre-commit", "commit-msg", "post-commit"]))
    try script("project/.git/hooks/pre-commit", "echo no, said the user >&2; exit 1")
    let refused = try room.worker("git", "commit", "-q", "--allow-empty", "-m", "y")
    #expect(refused.exitCode != 0)
    #expect(refused.errorOutput == "no, said the user\n")
  }

  @Test func `passes each transaction on to a reference-transaction of the user`() throws {
    let scratch = Scratch.current
    let room = try Room(userHooks: scratch["project/.git/hooks"])
    try script(
      "project/.git/hooks/reference-transaction",
      "echo \"$1\" >> '\(scratch["ran"])'; cat >> '\(scratch["ran"])'")
    try room.allow("git", "tag", "mark")
    let head = try scratch.git("rev-parse", "HEAD", in: "tree")
    let zero = String(repeating: "0", count: 40)
    #expect(
      try scratch.read("ran")
        == "prepared\n\(zero) \(head) refs/tags/mark\ncommitted\n\(zero) \(head) refs/tags/mark\n")
    try script("project/.git/hooks/reference-transaction", "exit 1")
    #expect(try room.worker("git", "tag", "second").exitCode != 0)
  }

  @Test func `a hooks folder that is relative is found from the worktree's top`() throws {
    let scratch = Scratch.current
    let room = try Room(userHooks: ".own-hooks")
    try script("tree/.own-hooks/post-commit", "echo ran >> '\(scratch["ran"])'")
    try room.allow("git", "commit", "-q", "--allow-empty", "-m", "x")
    #expect(try scratch.read("ran") == "ran\n")
  }

  @Test func `works where paths have spaces and wildcards`() throws {
    let room = try Room(project: "my [a-z]* project?")
    try room.allow("git", "commit", "-q", "--allow-empty", "-m", "x")
    try room.refuse("git", "branch", "other")
    try room.refuse(
      "git", "commit", "-q", "--allow-empty", "-m", "x",
      in: room.scratch["my [a-z]* project?"])
  }

  @Test func `keeps configuration that the environment already has`() throws {
    let room = try Room()
    let existing = ["GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name"]
    let added = room.workerGuard.environment(adding: existing)
    #expect(added["GIT_CONFIG_COUNT"] == "5")
    #expect(added["GIT_CONFIG_KEY_0"] == nil)
    #expect(added["GIT_CONFIG_KEY_2"]?.hasPrefix("includeIf.gitdir:") == true)
  }

  @Test(arguments: ["project", "my [a-z]* project?"])
  func `lets a worker fill, fetch and work in a submodule, and push from none`(project: String)
    throws
  {
    let room = try Room(project: project)
    let scratch = room.scratch
    try scratch.repository("lib", files: ["l": "1\n"])
    let file = ["-c", "protocol.file.allow=always"]
    for words in [
      ["submodule", "--quiet", "add", scratch["lib"], "lib"], ["commit", "-qm", "Add the library"],
      ["submodule", "--quiet", "deinit", "lib"], ["submodule", "--quiet", "update", "--init"],
      ["-C", "lib", "switch", "-q", "-c", "trial"],
      ["-C", "lib", "commit", "-q", "--allow-empty", "-m", "In the library"],
    ] {
      let result = try scratch.run(
        ["git"] + file + words, in: room.worktree, environment: room.environment)
      #expect(result.exitCode == 0, "\(words): \(result.errorOutput)")
    }
    try scratch.git("commit", "-q", "--allow-empty", "-m", "Newer", in: "lib")
    let fetched = try scratch.run(
      ["git"] + file + ["-C", "lib", "fetch", "-q"], in: room.worktree,
      environment: room.environment)
    #expect(fetched.exitCode == 0, "\(fetched.errorOutput)")
    try room.refuse(
      "git", "-C", "lib", "push", "-q", "--no-verify", "origin", "HEAD:refs/heads/evil")
    #expect(try scratch.git("branch", "--list", "evil", in: "lib") == "")
    // Beside it the guard stands as it stood.
    try room.refuse("git", "branch", "other")
    try room.refuse("git", "update-ref", "refs/remotes/origin/main", "HEAD")
  }

  @Test func `starts no maintenance of the shared repository`() throws {
    let room = try Room()
    #expect(try room.worker("git", "config", "gc.auto").output == "0\n")
    #expect(try room.worker("git", "config", "maintenance.auto").output == "false\n")
  }
}
