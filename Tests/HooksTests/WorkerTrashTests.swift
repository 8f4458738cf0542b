import Foundation
import Hooks
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Removing files as a worker` {
  let scratch = Scratch.current

  private func setUp() throws {
    try FileManager.default.createDirectory(
      atPath: scratch["it's"], withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: scratch["it's/orch"], withDestinationPath: BuiltProgram.orch)
    for (name, text) in WorkerGuard.programs(orch: scratch["it's/orch"], locked: ["slow"]) {
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

  @Test func `names that are no text, links to folders and slashes at the end are what they are`()
    throws
  {
    try setUp()
    try FileManager.default.createSymbolicLink(
      atPath: scratch["tree/there"], withDestinationPath: scratch.path)
    let made = try worker(
      "sh", "-c",
      "printf x > \"$(printf 'odd\\377name')\"; mkdir -p $TMPDIR/d/e; : > \"$TMPDIR/d/$(printf '\\376')\""
    )
    #expect(made.exitCode == 0)
    let removed = try worker(
      "sh", "-c", "rm odd*name && rm -r \"$TMPDIR/d\" && rm -r there && rm -r sub/")
    #expect(removed.exitCode == 0, "\(removed)")
    #expect(scratch.exists("outside") && !scratch.exists("tmp/d") && !scratch.exists("tree/sub"))
    #expect(try trashed().count == 6)
    #expect(try worker("rm", "-r", "/").exitCode == 1 && worker("rm", "-f", "").exitCode == 0)
    let elsewhere = try scratch.run([scratch["bin/rm"], "a"], in: "tree")
    #expect(elsewhere.exitCode == 1 && elsewhere.errorOutput.contains("not in an orch worktree"))
  }

  @Test func `a locked program that is nowhere else is not found, and never itself`() throws {
    try setUp()
    let missing = try worker("slow")
    #expect(missing.exitCode == 127 && missing.errorOutput == "slow: not found\n")
    try FileManager.default.createSymbolicLink(
      atPath: scratch["again"], withDestinationPath: scratch["bin"])
    let again = try scratch.run(
      ["slow"], in: "tree",
      environment: ["PATH": "\(scratch["bin"]):\(scratch["again"]):/usr/bin:/bin"])
    #expect(again.exitCode == 127)
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
