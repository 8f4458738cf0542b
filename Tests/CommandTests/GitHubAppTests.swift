import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `orch as a GitHub App` {
  let scratch = Scratch.current

  /// A GitHub that lets nobody in but the App, and a repository whose own helper knows another token.
  private func playground(_ more: [String: JSONValue] = [:]) throws -> GitHubPlayground {
    for name in ["key", "other"] {
      _ = try scratch.run(["openssl", "genrsa", "-traditional", "-out", name, "2048"])
      _ = try scratch.run(["openssl", "rsa", "-in", name, "-pubout", "-out", "\(name).pub"])
    }
    _ = try scratch.run(["chmod", "600", "key"])
    let hub = try GitHubPlayground(
      ci: "true",
      settings: "  app:\n    id: 99\n    private_key_file: \(scratch["key"])\n")
    let app: [String: JSONValue] = [
      "op": "app", "id": 99, "public_key": .string(scratch["key.pub"]),
    ]
    try hub.control(.object(app.merging(more) { $1 }))
    return hub
  }

  @Test func `pushes, opens, merges and cleans up with tokens that end on the way`() async throws {
    // Ends within the margin: every request needs another one.
    let hub = try playground(["seconds": 301])
    defer { hub.stop() }
    let number = try hub.issue("Paint")
    try hub.play.ok("task", "add", "Paint", "--issue", "\(number)")
    try hub.play.ok("run", "--until-idle")
    let state = try hub.state()
    #expect(state["pulls"]?.array?.first?["state"] == "MERGED")
    #expect(state["problems"]?.strings == [])
    #expect(state["app_tokens"]?.int ?? 0 > 2)
    #expect(try hub.play.tasks().first?["status"] == "done")
    // Nothing of it is where it does not belong.
    let config = try scratch.read("repo/.git/config")
    #expect(!config.contains("credential.http") && !config.contains("ghs_"))
    let found = try scratch.run(["grep", "-rlE", "ghs_99_eyJ", "repo/.git", "home", "trees"])
    #expect(found.output.contains("/orch/app-token"))
    let files = found.output.split(separator: "\n").filter { !$0.hasSuffix("/orch/app-token") }
    #expect(files.isEmpty, "\(files)")
    let mode = try scratch.run(["stat", "-c", "%a", "repo/.git/orch/app-token"])
    #expect(mode.output == "600\n")
  }

  @Test func `asks for one token, which whatever runs next finds, until it is revoked`() throws {
    let hub = try playground()
    defer { hub.stop() }
    // Before orch is begun there is no place to keep one.
    try hub.play.ok("init")
    _ = try hub.play.orch("doctor")
    let first = try hub.state()["app_tokens"]?.int ?? 0
    #expect(first > 0)
    for _ in 0..<3 {
      #expect(try hub.play.orch("doctor").output.contains("acme/demo at 127.0.0.1"))
    }
    #expect(try hub.state()["app_tokens"]?.int == first)
    let words = try credential("get", hub)
    #expect(words.output.hasPrefix("username=x-access-token\npassword=ghs_"))
    #expect(try hub.state()["app_tokens"]?.int == first)
    // git says that it was refused: what asks next gets another.
    try hub.control(["op": "app", "revoke": true])
    let password = words.output.split(separator: "\n").last ?? ""
    _ = try credential("erase", hub, "\(password)\n")
    let next = try credential("get", hub)
    #expect(next.output != words.output)
    #expect(try hub.state()["app_tokens"]?.int == first + 1)
    // Another host is told nothing.
    let other = try scratch.run(
      [BuiltProgram.orch, "credential", "get"], in: "repo",
      input: "protocol=https\nhost=github.example\n\n")
    #expect(other.output.isEmpty && other.exitCode == 0)
    // A file that others can read is not believed.
    _ = try scratch.run(["chmod", "644", "repo/.git/orch/app-token"])
    _ = try credential("get", hub)
    #expect(try hub.state()["app_tokens"]?.int == first + 2)
  }

  private func credential(
    _ operation: String, _ hub: GitHubPlayground, _ more: String = ""
  ) throws -> CommandResult {
    let host = hub.url.dropFirst("http://".count)
    return try scratch.run(
      [BuiltProgram.orch, "credential", operation], in: "repo",
      input: "protocol=http\nhost=\(host)\n\(more)\n")
  }

  @Test func `says in words why it may not work`() throws {
    let hub = try playground()
    defer { hub.stop() }
    func doctor() throws -> String {
      _ = try scratch.run(["rm", "-f", "repo/.git/orch/app-token"])
      let result = try hub.play.orch("doctor")
      return result.output + result.errorOutput
    }
    try hub.control(["op": "app", "installed": false])
    #expect(try doctor().contains("App 99 is not installed on acme/demo"))
    try hub.control(["op": "app", "installed": true, "suspended": true])
    #expect(try doctor().contains("installation 4711 is suspended"))
    try hub.control(["op": "app", "suspended": false, "without": "checks"])
    #expect(try doctor().contains("App 99 has not been given: checks (read)"))
    try hub.control(["op": "app", "without": "actions"])
    #expect(try doctor().contains("the App has no permission actions (write): failing checks"))
    try hub.control(["op": "app", "without": "", "public_key": .string(scratch["other.pub"])])
    let wrong = try doctor()
    #expect(wrong.contains("does not accept the private key as that of App 99"), "\(wrong)")
    #expect(wrong.contains("forge.app.private_key_file"))
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", settings.replacingOccurrences(of: "id: 99", with: "id: 98"))
    #expect(try doctor().contains("GitHub knows no App '98'"))
    _ = try scratch.run(["rm", "key"])
    #expect(try doctor().contains("the App's private key cannot be used"))
    try scratch.write(
      "repo/.orch.yml", settings.replacingOccurrences(of: "    id: 99\n", with: ""))
    #expect(try doctor().contains("forge.app.id"))
  }
}
