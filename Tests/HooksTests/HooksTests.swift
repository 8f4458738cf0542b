import Foundation
import Hooks
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(10)))
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
    let result = try run(name, path: scratch["bin"] + ":/usr/bin:/bin")
    #expect(result.output == "hook \(name) a b c\n")
  }

  @Test func `a failing orch does not stop a push`() throws {
    try script("bin/orch", "exit 70")
    let result = try run("pre-push", path: Scratch.current["bin"] + ":/usr/bin:/bin")
    #expect(result.exitCode == 0)
  }

  private func run(_ name: String, path: String) throws -> CommandResult {
    let scratch = Scratch.current
    let file = try scratch.write("hooks/\(name)", try #require(Hooks.script(named: name)))
    return try scratch.run(["/bin/sh", file, "a", "b c"], environment: ["PATH": path])
  }
}

/// Writes an executable sh script below the scratch directory.
@discardableResult
func script(_ name: String, _ body: String) throws -> String {
  let file = try Scratch.current.write(name, "#!/bin/sh\n\(body)\n")
  try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
  return file
}
