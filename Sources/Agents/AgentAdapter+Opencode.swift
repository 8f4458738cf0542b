internal import JSON

extension AgentAdapter {
  /// opencode 0 and 1, non-interactive: https://opencode.ai/docs/cli and /docs/permissions.
  func opencode(_ request: LaunchRequest, _ command: inout AgentCommand) {
    var words = ["run", "--format", "json", "--dir", request.worktree]
    if let model = request.model { words += ["--model", model] }
    if let session = request.resumedSession { words += ["--session", session] }
    // Approves what is not denied; without it every question is answered with no.
    if !request.isRouting { words.append("--auto") }
    words += configuration.arguments
    if passesByArgument(request) {
      words.append(request.prompt)
    } else {
      command.inputFile = request.promptFile
    }
    command.arguments = words
    command.environment = [
      "OPENCODE_DISABLE_AUTOUPDATE": "1",
      "OPENCODE_PERMISSION": Self.opencodePermissions(request).canonicalText,
    ]
  }

  private static func opencodePermissions(_ request: LaunchRequest) -> JSONValue {
    if request.isRouting { return ["edit": "deny", "bash": "deny", "webfetch": "deny"] }
    let denied = (request.deniedTools ?? deniedTools).compactMap(opencodePattern)
    let rules = Dictionary(denied.map { ($0, JSONValue.string("deny")) }) { first, _ in first }
    return ["bash": .object(rules)]
  }

  /// `Bash(git push:*)` in the words of opencode; nil for other tools.
  private static func opencodePattern(_ rule: String) -> String? {
    guard rule.hasPrefix("Bash("), rule.hasSuffix(":*)") else { return nil }
    return "\(rule.dropFirst("Bash(".count).dropLast(":*)".count)) *"
  }
}
