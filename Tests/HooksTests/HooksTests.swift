import Foundation
import Hooks
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)))
struct `The user's hooks` {
  @Test func `each is two lines that call orch`() throws {
    for name in Hooks.names {
      let text = try #require(Hooks.script(named: name))
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count == 3 && lines[2].isEmpty)
      #expect(lines[0] == "#!/bin/sh")
      #expect(lines[1].contains("orch hook \(name) \"$@\""))
    }
    #expect(Hooks.script(named: "reference-transaction") == nil)
  }

  @Test(arguments: Hooks.names)
  func `without orch it does nothing and succeeds`(name: String) throws {
    let result = try run(name, path: "/usr/bin:/bin")
    #expect(result.exitCode == 0)
    #expect(result.output + result.errorOutput == "")
  }

  @Test(arguments: Hooks.names)
  func `with orch it passes its name and arguments on`(name: String) throws {
    let scratch = Scratch.current
    try script("bin/orch", "echo \"$@\"")
    let result = try run(name, path: scratch["bin"] + ":/usr/bin:/bin", probe: "yes")
    #expect(result.output == "hook \(name) a b c\n")
  }

  @Test func `a failing orch does not stop a push`() throws {
    try script("bin/orch", "exit 70")
    let result = try run("pre-push", path: Scratch.current["bin"] + ":/usr/bin:/bin")
    #expect(result.exitCode == 0)
  }

  @Test(arguments: ["post-merge", "post-checkout"])
  func `without anybody who listens no process is started`(name: String) throws {
    let scratch = Scratch.current
    try script("bin/orch", "echo called")
    let path = scratch["bin"] + ":/usr/bin:/bin"
    #expect(try run(name, path: path).output == "")
    #expect(try scratch.run(["mkfifo", "orch-bell"]).exitCode == 0)
    try FileManager.default.createDirectory(
      atPath: scratch["git/orch"], withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      atPath: scratch["orch-bell"], toPath: scratch["git/orch/bell"])
    #expect(try run(name, path: path, gitDirectory: "git").output == "called\n")
    #expect(try run(name, path: path, gitDirectory: "git/worktrees/x").output == "")
    try FileManager.default.createDirectory(
      atPath: scratch["git/worktrees/x"], withIntermediateDirectories: true)
    #expect(try run(name, path: path, gitDirectory: "git/worktrees/x").output == "called\n")
  }

  @Test func `a merge is looked at, listened to or not`() throws {
    try script("bin/orch", "echo called")
    let path = Scratch.current["bin"] + ":/usr/bin:/bin"
    let result = try Scratch.current.run(
      ["sh", "-c", try #require(Hooks.script(named: "post-merge")), "post-merge", "0"],
      environment: ["PATH": path])
    #expect(result.output == "called\n")
  }

  @Test func `during a rebase no process is started for each commit`() throws {
    let scratch = Scratch.current
    try script("bin/orch", "echo called")
    let path = scratch["bin"] + ":/usr/bin:/bin"
    #expect(try run("post-commit", path: path, gitDirectory: "git").output == "called\n")
    try FileManager.default.createDirectory(
      atPath: scratch["git/rebase-merge"], withIntermediateDirectories: true)
    #expect(try run("post-commit", path: path, gitDirectory: "git").output == "")
  }

  private func run(
    _ name: String, path: String, probe: String = "", gitDirectory: String = "nowhere"
  ) throws -> CommandResult {
    let scratch = Scratch.current
    let file = try scratch.write("hooks/\(name)", try #require(Hooks.script(named: name)))
    return try scratch.run(
      ["/bin/sh", file, "a", "b c"],
      environment: ["PATH": path, Hooks.probeVariable: probe, "GIT_DIR": gitDirectory])
  }
}

/// Writes an executable sh script below the scratch directory.
@discardableResult
func script(_ name: String, _ body: String) throws -> String {
  let file = try Scratch.current.write(name, "#!/bin/sh\n\(body)\n")
  try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
  return file
}
