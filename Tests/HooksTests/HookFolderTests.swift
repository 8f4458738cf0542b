import Foundation
import Hooks
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)))
struct `A folder of hooks` {
  let scratch = Scratch.current
  private var folder: HookFolder { HookFolder(path: scratch["my hooks"]) }

  /// A stand-in for orch that notes how it was called, and what it read.
  private func withOrch() throws {
    try script("bin/orch", "echo \"$@\" >> \"$LOG\"; cat >> \"$LOG\"")
  }

  private func run(
    _ name: String, _ arguments: String..., input: String = "", probe: String = ""
  ) throws -> CommandResult {
    try scratch.run(
      [scratch["my hooks/\(name)"]] + arguments,
      environment: [
        "PATH": scratch["bin"] + ":/usr/bin:/bin", "LOG": scratch["log"],
        "ORCH_HOOK_PROBE": probe,
      ], input: input)
  }

  private func foreign(_ name: String, _ text: String, mode: Int = 0o755) throws {
    let file = try scratch.write("my hooks/\(name)", text)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
  }

  /// Names, contents and modes of everything in the folder.
  private func snapshot() throws -> [String: String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch["my hooks"])
    var result: [String: String] = [:]
    for name in names {
      let path = scratch["my hooks/\(name)"]
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let mode = attributes[.posixPermissions] as? Int ?? 0
      result[name] = "\(mode) \(try scratch.read("my hooks/\(name)"))"
    }
    return result
  }

  @Test(arguments: Hooks.names) func `installed and taken away, it is as it was`(name: String)
    throws
  {
    try FileManager.default.createDirectory(
      atPath: scratch["my hooks"], withIntermediateDirectories: true)
    #expect(folder.standing(of: name) == .missing)
    for _ in 0..<2 {
      try folder.install(name)
      #expect(folder.standing(of: name) == .installed)
    }
    for _ in 0..<2 {
      try folder.uninstall(name)
      #expect(try snapshot() == [:])
    }
  }

  @Test(arguments: [
    "#!/bin/sh\n", "#!/bin/sh -e\n", "#!/bin/bash\na=(x y)\n", "#!/usr/bin/env bash\na=(1 2)\n",
    "#!/usr/bin/env sh\n", "", "#!/bin/bash -eu\nset -o pipefail\n",
  ])
  func `one that was there runs first, under its own name, with its arguments and input`(
    start: String
  ) throws {
    try withOrch()
    let text =
      start
      + "echo \"foreign ${0##*/} in ${0%/*} got $1,$2\" >> \"$LOG\"\ncat >> \"$LOG\"\nexit 3\n"
    try foreign("pre-push", text)
    let before = try snapshot()
    try folder.install("pre-push")
    try folder.install("pre-push")
    #expect(folder.standing(of: "pre-push") == .chained)
    let lines = try scratch.read("my hooks/pre-push").split(separator: "\n")
    #expect(lines.count == 2)
    let result = try run("pre-push", "a", "b c", input: "one\ntwo\n\n")
    #expect(result.exitCode == 3, "\(result)")
    #expect(
      try scratch.read("log")
        == "foreign pre-push in \(scratch["my hooks"]) got a,b c\none\ntwo\n\n"
        + "hook pre-push a b c\none\ntwo\n\n")
    try folder.uninstall("pre-push")
    #expect(try snapshot() == before)
  }

  @Test func `a program in any other language runs first as it is`() throws {
    try withOrch()
    try foreign(
      "post-commit",
      "#!/usr/bin/env python3\nimport os\nopen(os.environ['LOG'], 'a').write('python\\n')\n")
    try folder.install("post-commit")
    #expect(try run("post-commit").exitCode == 0)
    #expect(try scratch.read("log") == "python\nhook post-commit\n")
  }

  @Test func `the end of a hook before it is its own, with orch missing, failing or fine`() throws {
    try foreign("post-commit", "#!/bin/sh\nexit 7\n")
    try folder.install("post-commit")
    #expect(try run("post-commit").exitCode == 7)
    try script("bin/orch", "echo noise >&2; exit 70")
    let failing = try run("post-commit")
    #expect(failing.exitCode == 7 && failing.errorOutput == "")
    try folder.uninstall("post-commit")
    try folder.install("post-checkout")
  }

  @Test func `a proof that it runs leaves out what was there before`() throws {
    try withOrch()
    try foreign("post-commit", "#!/bin/sh\necho foreign >> \"$LOG\"\n")
    try foreign("pre-push", "#!/bin/sh\necho foreign >> \"$LOG\"\n")
    for name in ["post-commit", "pre-push"] {
      try folder.install(name)
      #expect(try run(name, probe: "yes").exitCode == 0)
    }
    #expect(try scratch.read("log") == "hook post-commit\nhook pre-push\n")
  }

  @Test func `what may not be executed is no hook and stays none`() throws {
    try withOrch()
    try foreign("post-commit", "#!/bin/sh\necho foreign >> \"$LOG\"\n", mode: 0o644)
    let before = try snapshot()
    for _ in 0..<2 { try folder.install("post-commit") }
    #expect(try run("post-commit").exitCode == 0)
    #expect(try scratch.read("log") == "hook post-commit\n")
    try folder.uninstall("post-commit")
    #expect(try snapshot() == before)
  }

  @Test func `a manager that puts its own back is seen, and both are chained again`() throws {
    try foreign("pre-push", "#!/bin/sh\necho manager\n")
    let before = try snapshot()
    try folder.install("pre-push")
    try foreign("pre-push", "#!/bin/sh\necho manager\n")
    #expect(folder.standing(of: "pre-push") == .replaced)
    try folder.install("pre-push")
    #expect(folder.standing(of: "pre-push") == .chained)
    try folder.uninstall("pre-push")
    #expect(try snapshot() == before)
  }

  @Test func `two different hooks of others are both left alone, and it is said`() throws {
    try foreign("pre-push", "#!/bin/sh\necho one\n")
    try folder.install("pre-push")
    try foreign("pre-push", "#!/bin/sh\necho two\n")
    let before = try snapshot()
    #expect(throws: HookError.self) { try folder.install("pre-push") }
    try folder.uninstall("pre-push")
    #expect(try snapshot() == before)
  }

  @Test func `a link to a hook stays a link`() throws {
    try script("elsewhere/hook", "echo linked >> \"$LOG\"")
    try FileManager.default.createDirectory(
      atPath: scratch["my hooks"], withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: scratch["my hooks/post-commit"], withDestinationPath: scratch["elsewhere/hook"])
    try withOrch()
    try folder.install("post-commit")
    #expect(try run("post-commit").exitCode == 0)
    #expect(try scratch.read("log") == "linked\nhook post-commit\n")
    try folder.uninstall("post-commit")
    let target = try FileManager.default.destinationOfSymbolicLink(
      atPath: scratch["my hooks/post-commit"])
    #expect(target == scratch["elsewhere/hook"])
  }
}
