import Foundation
import TestSupport
import Testing

/// The scripts that a newcomer runs first, which check what they show and fail by themselves.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `The demos` {
  let scratch = Scratch.current

  /// Runs a script beside a person's own git configuration, of which nothing may change, and which leaves nothing.
  private func run(_ script: String, orch: String = BuiltProgram.orch) throws -> CommandResult {
    try scratch.write("person/gitconfig", "[user]\n\tname = Real Person\n")
    try FileManager.default.createDirectory(
      atPath: scratch["tmp"], withIntermediateDirectories: true)
    let result = try scratch.run([
      "env", "ORCH=\(orch)", "GITHUB_FAKE=\(BuiltProgram.path(of: "github-fake"))",
      "GIT_CONFIG_GLOBAL=\(scratch["person/gitconfig"])", "GIT_DIR=\(scratch["nowhere"])",
      "TMPDIR=\(scratch["tmp"])", script,
    ])
    #expect(try scratch.read("person/gitconfig") == "[user]\n\tname = Real Person\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch["tmp"]) == [])
    return result
  }

  @Test func `the main job, of this repository and of a shallow clone`() throws {
    let root = BuiltProgram.sourceRoot
    let own = try run(root + "/scripts/demo")
    #expect(own.exitCode == 0 && own.output.contains("nothing left over"), "\(own)")
    try scratch.git("clone", "-q", "--depth", "1", "file://" + root, scratch["shallow"])
    for file in ["scripts/demo", "scripts/own-home", "examples/agents/edit"] {
      _ = try scratch.run(["cp", "\(root)/\(file)", scratch["shallow/\(file)"]])
    }
    let shallow = try run(scratch["shallow/scripts/demo"])
    #expect(shallow.exitCode == 0, "\(shallow)")
  }

  @Test func `a demo that fails says so, and leaves neither files nor processes`() throws {
    let broken = try scratch.write(
      "broken", "#!/bin/sh\n[ \"$1\" != run ] || exit 3\nexec '\(BuiltProgram.orch)' \"$@\"\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: broken)
    let result = try run(BuiltProgram.sourceRoot + "/scripts/demo", orch: broken)
    #expect(result.exitCode == 1)
    #expect(result.errorOutput.contains("demo failed: orch run ended with 3"), "\(result)")
    #expect(try scratch.run(["pgrep", "-f", scratch["tmp"]]).output == "")
  }

  @Test func `the story on GitHub's side`() throws {
    let result = try run(BuiltProgram.sourceRoot + "/scripts/demo-github")
    #expect(result.exitCode == 0 && result.output.contains("all as it should be"), "\(result)")
  }
}
