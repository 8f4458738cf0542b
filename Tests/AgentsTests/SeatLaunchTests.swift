import Foundation
import TestSupport
import Testing

@testable import Agents

@Suite(.scratch) struct `An agent that is given the seat` {
  private let scratch = Scratch.current
  private let skill = "---\nname: orch\n---\n\nBe brief.\n"

  private func command(
    _ type: String, _ message: String?, model: String? = nil, tools: [String] = []
  ) throws -> AgentCommand {
    let program = try scratch.write("bin/\(type)", "#!/bin/sh\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    var configuration = AgentConfiguration(name: "it", type: type)
    configuration.model = model
    return try AgentAdapter(configuration, path: scratch["bin"])
      .seatCommand(skill: skill, message: message, tools: tools)
  }

  @Test(arguments: ["claude", "codex", "opencode"])
  func `is told the skill and the message, and nothing of them is taken for an option`(type: String)
    throws
  {
    let command = try command(type, "-rm it", model: "m1")
    #expect(command.program == scratch["bin/\(type)"])
    #expect(Array(command.arguments.prefix(2)) == ["--model", "m1"])
    let text = command.arguments.joined(separator: "\u{1}")
    #expect(text.contains("Be brief.") && text.contains("-rm it"))
    // Words that begin with a dash are options, or the value of the option before them.
    let rest = command.arguments.dropFirst(2)
    let known = [
      "--append-system-prompt", "--prompt=\(skill)\n\n---\n\n-rm it", "--disallowedTools",
      "--allowedTools", "--sandbox", "--ask-for-approval",
    ]
    for (word, before) in zip(rest, [""] + rest) where word.hasPrefix("-") {
      #expect(known.contains(word) || before == "--append-system-prompt", "\(word)")
    }
  }

  @Test(arguments: ["claude", "codex", "opencode"])
  func `begins by itself when nobody says anything`(type: String) throws {
    let words = try command(type, nil).arguments
    #expect(words.last?.contains("Say how things stand") == true)
    #expect(words.contains { $0.contains("Be brief.") })
  }

  @Test func `may edit nothing, where its program knows such a rule`() throws {
    let claude = try command("claude", "plan it").arguments
    let denied = claude.drop { $0 != "--disallowedTools" }.prefix { $0 != "--allowedTools" }
    #expect(["Edit", "Write", "NotebookEdit", "Bash(git commit:*)"].allSatisfy(denied.contains))
    // The list of words ends before the skill: nothing of it swallows the message.
    #expect(
      claude.suffix(5).prefix(3) == ["--allowedTools", "Bash(orch:*)", "--append-system-prompt"])
    let codex = try command("codex", "plan it", tools: ["/a b/orch", "mcp", "-C", "/r\"e"])
      .arguments
    #expect(
      Array(codex.prefix(4)) == ["--sandbox", "read-only", "--ask-for-approval", "on-request"])
    #expect(codex.contains(#"mcp_servers.orch.command="/a b/orch""#))
    #expect(codex.contains(#"mcp_servers.orch.args=["mcp","-C","/r\"e"]"#))
    #expect(codex.last?.contains("Your shell may only read") == true)
    let opencode = try command("opencode", "plan it").environment["OPENCODE_PERMISSION"]
    #expect(opencode == #"{"bash":{"*":"ask","orch *":"allow"},"edit":"deny"}"#)
    for type in ["claude", "codex", "opencode"] {
      let adapter = AgentAdapter(AgentConfiguration(name: "it", type: type), path: "")
      #expect(!adapter.seatBoundary.contains("nothing but its instructions"))
    }
  }

  @Test func `must be able to talk, and be there`() throws {
    #expect(throws: AgentError.self) { try command("script", "x") }
    let missing = AgentAdapter(AgentConfiguration(name: "c", type: "codex"), path: "/nonexistent")
    #expect(throws: AgentError.self) { try missing.seatCommand(skill: skill, message: nil) }
  }
}
