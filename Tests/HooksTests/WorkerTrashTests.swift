import Foundation
import Hooks
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Removing files as a worker` {
  let scratch = Scratch.current

  private func setUp() throws {
    for (name, text) in WorkerGuard.programs(orch: "/opt/it's/orch") {
      let file = try scratch.write("bin/\(name)", text)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }
    for name in ["a", "b c\nd", "-f", "sub/x", "sub/deep/y", ".git"] {
      try scratch.write("tree/" + name, name)
    }
    try scratch.write("outside", "mine\n")
    try scratch.write("tmp/t", "t")
  }

  private func worker(_ command: String..., in directory: String = "tree") throws -> CommandResult {
    try scratch.run(
      command, in: directory,
      environment: [
        "PATH": scratch["bin"] + ":/usr/bin:/bin", "ORCH_WORKTREE": scratch["tree"],
        "TMPDIR": scratch["tmp"],
      ])
  }

  private func trashed() throws -> [String] {
    let found = try scratch.run(
      ["find", scratch["tree/.orchestrator/trash"], "-mindepth", "2", "-print0"], in: "tree")
    return found.output.split(separator: "\0").map {
      $0.split(separator: "/", omittingEmptySubsequences: false).drop { $0 != "trash" }
        .dropFirst(2).joined(separator: "/")
    }.sorted()
  }

  @Test func `files of the worktree are kept in its trash`() throws {
    try setUp()
    #expect(try worker("rm", "a", "b c\nd", "--", "-f").exitCode == 0)
    #expect(try worker("rm", "-rf", "sub", "missing").exitCode == 0)
    #expect(!scratch.exists("tree/a") && !scratch.exists("tree/sub"))
    #expect(try trashed() == ["-f", "a", "b c\nd", "sub", "sub/deep", "sub/deep/y", "sub/x"])
    #expect(try worker("rm", "-rf", ".orchestrator/trash").exitCode == 0)
    #expect(!scratch.exists("tree/.orchestrator/trash"))
  }

  @Test func `mistakes are errors as with rm`() throws {
    try setUp()
    #expect(try worker("rm", "missing").exitCode == 1)
    #expect(try worker("rm").exitCode == 1)
    #expect(try worker("rm", "-f").exitCode == 0)
    let folder = try worker("rm", "sub")
    #expect(folder.exitCode == 1 && folder.errorOutput.contains("is a directory"))
    #expect(try worker("trash", "sub").exitCode == 0)
  }

  @Test(arguments: [
    ["../outside"], ["."], [".."], ["../tree"], [".git"], ["-r", "sub/../../tree"],
  ])
  func `nothing else is touched`(_ words: [String]) throws {
    try setUp()
    let result = try scratch.run(
      ["rm", "-rf"] + words, in: "tree",
      environment: [
        "PATH": scratch["bin"] + ":/usr/bin:/bin", "ORCH_WORKTREE": scratch["tree"],
        "TMPDIR": scratch["tmp"],
      ])
    #expect(result.exitCode == 1)
    #expect(try scratch.read("outside") == "mine\n")
    #expect(scratch.exists("tree/a") && scratch.exists("tree/.git"))
  }

  @Test func `temporary files are removed for real, through links too`() throws {
    try setUp()
    try FileManager.default.createSymbolicLink(
      atPath: scratch["tree/link"], withDestinationPath: scratch["outside"])
    #expect(try worker("rm", scratch["tmp/t"], "link").exitCode == 0)
    #expect(!scratch.exists("tmp/t"))
    #expect(try scratch.read("outside") == "mine\n")
    #expect(try trashed() == ["link"])
  }
}
