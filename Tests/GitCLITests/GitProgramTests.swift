import Foundation
import GitCLI
import Synchronization
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The git program` {
  let scratch = Scratch.current

  private var git: GitProgram {
    GitProgram(directory: scratch["repo"], environment: scratch.environment)
  }

  private func remote() throws {
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.repository()
    try scratch.git("remote", "add", "origin", scratch["origin.git"], in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
  }

  @Test func `no program of a repository that lies in the worktree is run`() async throws {
    try scratch.repository()
    try scratch.repository("repo/nested", files: ["a": "1\n"])
    try scratch.git(
      "config", "core.fsmonitor", "touch '\(scratch["evil"])'; false", in: "repo/nested")
    try await git.run(["add", "--all"])
    try scratch.write("repo/nested/a", "2\n")
    try await git.run(["diff", "--name-only", "--diff-filter=U"])
    try await git.run(["status", "--porcelain"])
    #expect(!scratch.exists("evil"))
  }

  @Test func `references are read, fetched and pushed by compare-and-swap`() async throws {
    try remote()
    let head = try scratch.git("rev-parse", "main", in: "repo")
    #expect(try await git.advertisedReferences(remote: "origin")["refs/heads/main"] == head)
    #expect(try await git.defaultBranch(of: "origin") == "main")
    let created = try await git.push(
      remote: "origin", [PushUpdate(head, to: "refs/heads/x", expecting: .absent)])
    #expect(created == ["refs/heads/x": .done])
    let other = try scratch.git("commit-tree", "main^{tree}", "-m", "other", in: "repo")
    let again = try await git.push(
      remote: "origin",
      [PushUpdate(other, to: "refs/heads/x", expecting: .object(String(repeating: "1", count: 40)))]
    )
    guard case .rejected = again["refs/heads/x"] else {
      Issue.record("a wrong expectation must be refused: \(again)")
      return
    }
    try await git.fetch(
      remote: "origin", refspecs: ["+refs/heads/x:refs/orch/remotes/origin/heads/x"])
    #expect(try scratch.git("rev-parse", "refs/orch/remotes/origin/heads/x", in: "repo") == head)
    #expect(!scratch.exists("repo/.git/FETCH_HEAD"))
    let deleted = try await git.push(
      remote: "origin", [PushUpdate(nil, to: "refs/heads/x", expecting: .object(head))])
    #expect(deleted == ["refs/heads/x": .done])
    #expect(try await git.advertisedReferences(remote: "origin")["refs/heads/x"] == nil)
  }

  @Test func `a fetch withstands a user's gc, which removes empty folders of objects`() async throws
  {
    try remote()
    for number in 0..<40 {
      try scratch.write("repo/number", "\(number)\n")
      try scratch.git("add", "-A", in: "repo")
      try scratch.git("commit", "-qm", "\(number)", in: "repo")
      try scratch.git("push", "-q", "origin", "HEAD:refs/heads/b\(number)", in: "repo")
    }
    try scratch.git(
      "clone", "-q", "-b", "main", "--single-branch", scratch["origin.git"], scratch["other"])
    let isOver = Atomic(false)
    let objects = scratch["other/.git/objects/"]
    let folders = (0..<256).map { objects + String($0 | 256, radix: 16).suffix(2) }
    let remover = Thread {
      while !isOver.load(ordering: .relaxed) { for folder in folders { rmdir(folder) } }
    }
    remover.start()
    defer { isOver.store(true, ordering: .relaxed) }
    for number in 0..<40 {
      try await git.at(scratch["other"]).fetch(
        remote: "origin", refspecs: ["refs/heads/b\(number):refs/heads/b\(number)"])
    }
  }

  @Test func `of many who create one reference exactly one wins`() async throws {
    try remote()
    let heads = try (0..<8).map { number in
      try scratch.git("commit-tree", "main^{tree}", "-m", "number \(number)", in: "repo")
    }
    let git = git
    let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
      for head in heads {
        group.addTask {
          let outcome = try await git.push(
            remote: "origin", [PushUpdate(head, to: "refs/heads/race", expecting: .absent)])
          return outcome["refs/heads/race"] == .done
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(winners == 1)
  }

  @Test func `one refusal refuses an atomic push`() async throws {
    try remote()
    let head = try scratch.git("commit-tree", "main^{tree}", "-m", "other", in: "repo")
    let outcomes = try await git.push(
      remote: "origin",
      [
        PushUpdate(head, to: "refs/heads/a", expecting: .absent),
        PushUpdate(
          head, to: "refs/heads/main", expecting: .object(String(repeating: "2", count: 40))),
      ], atomic: true)
    #expect(outcomes["refs/heads/a"] != .done)
    #expect(try await git.advertisedReferences(remote: "origin")["refs/heads/a"] == nil)
  }

  @Test func `a remote that is not there is an error, not an empty list`() async throws {
    try scratch.repository()
    await #expect(throws: GitCommandError.self) {
      try await git.advertisedReferences(remote: scratch["missing.git"])
    }
    await #expect(throws: GitCommandError.self) {
      try await git.advertisedReferences(remote: "git://127.0.0.1:1/x.git")
    }
  }

  @Test func `a remote that hangs is given up, and nothing of it is left running`() async throws {
    try scratch.repository()
    try scratch.write("ssh.sh", "#!/bin/sh\necho $$ > \"$HOME/../ssh.pid\"\nexec sleep 300\n")
    _ = try scratch.run(["chmod", "+x", scratch["ssh.sh"]])
    var environment = scratch.environment
    environment["GIT_SSH_COMMAND"] = scratch["ssh.sh"]
    let git = GitProgram(
      directory: scratch["repo"], environment: environment, timeoutSeconds: 1)
    let error = await #expect(throws: GitCommandError.self) {
      try await git.advertisedReferences(remote: "ssh://host.invalid/x.git")
    }
    #expect(error == .timedOut(command: "git ls-remote", seconds: 1))
    let pid = try scratch.read("ssh.pid").split(separator: "\n")[0]
    let isGone = try await eventually {
      try scratch.run(["kill", "-0", String(pid)]).exitCode != 0
    }
    #expect(isGone)
  }

  @Test func `settings from the environment count if they lead to the network, and no others`()
    async throws
  {
    try remote()
    var environment = scratch.environment
    environment["GIT_CONFIG_COUNT"] = "3"
    environment["GIT_CONFIG_KEY_0"] = "core.hooksPath"
    environment["GIT_CONFIG_VALUE_0"] = "/elsewhere"
    environment["GIT_CONFIG_KEY_1"] = "url.\(scratch["origin.git"]).insteadOf"
    environment["GIT_CONFIG_VALUE_1"] = "short:there"
    environment["GIT_CONFIG_KEY_2"] = "http.extraHeader"
    environment["GIT_CONFIG_VALUE_2"] = "X-Token: 1"
    environment["GIT_ASKPASS"] = "/bin/echo"
    let git = GitProgram(directory: scratch["repo"], environment: environment).at(scratch["repo"])
    #expect(try await git.advertisedReferences(remote: "short:there")["refs/heads/main"] != nil)
    let header = try await git.run(["config", "http.extraHeader"])
    #expect(header.text == "X-Token: 1\n")
    let hooks = try await git.run(["config", "core.hooksPath"], accepting: [1])
    #expect(hooks.text == "")
    let variables = try await git.run(["-c", "alias.asks=!echo $GIT_ASKPASS", "asks"])
    #expect(variables.text == "/bin/echo\n")
  }

  @Test func `settings of the git that called count too`() async throws {
    try remote()
    // As a hook sees them that was started by this command.
    let seen = try scratch.git(
      "-c", "url.\(scratch["origin.git"]).insteadOf=it's:there", "-c", "core.hooksPath=/elsewhere",
      "-c", "alias.seen=!echo \"$GIT_CONFIG_PARAMETERS\"", "seen", in: "repo")
    var environment = scratch.environment
    environment["GIT_CONFIG_PARAMETERS"] = seen
    let git = GitProgram(directory: scratch["repo"], environment: environment)
    #expect(try await git.advertisedReferences(remote: "it's:there")["refs/heads/main"] != nil)
    let hooks = try await git.run(["config", "core.hooksPath"], accepting: [1])
    #expect(hooks.text == "")
  }

  @Test func `what hangs ends soon once somebody wants to stop`() async throws {
    try scratch.repository()
    try scratch.write("ssh.sh", "#!/bin/sh\ntouch \"$HOME/../begun\"\nexec sleep 300\n")
    _ = try scratch.run(["chmod", "+x", scratch["ssh.sh"]])
    var environment = scratch.environment
    environment["GIT_SSH_COMMAND"] = scratch["ssh.sh"]
    let brake = NetworkBrake()
    let git = GitProgram(
      directory: scratch["repo"], environment: environment, timeoutSeconds: 250, brake: brake)
    onceTrue({ [scratch] in scratch.exists("begun") }, do: { brake.pull() })
    await #expect(throws: GitCommandError.self) {
      try await git.advertisedReferences(remote: "ssh://host.invalid/x.git")
    }
    #expect(scratch.exists("begun"))
  }

  @Test func `the user's own command for ssh is used, wherever it comes from`() async throws {
    try scratch.repository()
    for file in ["from-config", "from-environment"] {
      let line = "#!/bin/sh\ntouch \"$HOME/../\(file)\"\nexit 1\n"
      try scratch.write("\(file).sh", line)
      _ = try scratch.run(["chmod", "+x", scratch["\(file).sh"]])
      var environment = scratch.environment
      if file == "from-environment" { environment["GIT_SSH_COMMAND"] = scratch["\(file).sh"] }
      try scratch.git("config", "core.sshCommand", scratch["from-config.sh"], in: "repo")
      let git = GitProgram(directory: scratch["repo"], environment: environment)
      await #expect(throws: GitCommandError.self) {
        try await git.advertisedReferences(remote: "ssh://host.invalid/x.git")
      }
      #expect(scratch.exists(file))
    }
  }

  @Test func `what git runs has no terminal to ask at`() async throws {
    try scratch.repository()
    try scratch.write("ssh.sh", "#!/bin/sh\nps -o sid= -p $$ > \"$HOME/../session\"\nexit 1\n")
    _ = try scratch.run(["chmod", "+x", scratch["ssh.sh"]])
    try scratch.git("config", "core.sshCommand", scratch["ssh.sh"], in: "repo")
    let git = GitProgram(directory: scratch["repo"], environment: scratch.environment)
    await #expect(throws: GitCommandError.self) {
      try await git.advertisedReferences(remote: "ssh://host.invalid/x.git")
    }
    // A terminal belongs to a session; a new one has none.
    let session = try scratch.read("session").filter(\.isNumber)
    #expect(Int32(session) != nil && Int32(session) != getsid(0))
  }

  @Test func `names that look like options stay names`() async throws {
    try remote()
    await #expect(throws: GitCommandError.self) {
      try await git.advertisedReferences(remote: "--upload-pack=touch \(scratch["owned"])")
    }
    #expect(!scratch.exists("owned"))
  }

  @Test func `git's own variables of the caller do not leak in`() async throws {
    try remote()
    var environment = scratch.environment
    environment["GIT_DIR"] = "/nonexistent"
    environment["GIT_INDEX_FILE"] = "/nonexistent"
    let git = GitProgram(directory: scratch["repo"], environment: environment)
    #expect(try await git.run(["rev-parse", "HEAD"]).text.count == 41)
    #expect(try await git.remotes() == ["origin"])
  }
}
