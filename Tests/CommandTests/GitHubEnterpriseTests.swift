import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A GitHub Enterprise` {
  let scratch = Scratch.current

  @Test func `has its interface below a path, and tokens of its own`() throws {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "api: \(hub.url)", with: "api: \(hub.url)/api/v3/"))
    try scratch.git("config", "--unset", "credential.helper", in: "repo")
    let number = try hub.issue("Paint")
    try hub.play.ok("task", "add", "Paint", "--issue", "\(number)")
    // A token of GitHub's own is not one of this host.
    let foreign = try scratch.run(
      [BuiltProgram.orch, "doctor"], in: "repo",
      environment: ["GH_TOKEN": "good", "GITHUB_TOKEN": "good"])
    #expect((foreign.output + foreign.errorOutput).contains("there is no token for the forge"))
    let run = try scratch.run(
      [BuiltProgram.orch, "run", "--until-idle"], in: "repo",
      environment: ["GH_TOKEN": "another", "GH_ENTERPRISE_TOKEN": "good"])
    #expect(run.exitCode == 0, "\(run.errorOutput)")
    let state = try hub.state()
    #expect(state["pulls"]?.array?.first?["state"] == "MERGED")
    #expect(state["issues"]?.array?.first?["branches"]?.strings?.isEmpty == false)
    #expect(state["issues"]?.array?.first?["open"] == false)
    #expect(state["problems"]?.strings == [])
  }
}
