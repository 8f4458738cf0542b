extension AgentAdapter {
  /// Tools that a worker may use without being asked.
  static let allowedTools = ["Bash", "Write", "Edit", "Read", "Grep", "Glob"]
  /// Tool calls that a worker may not make; a courtesy, not a boundary.
  static let deniedTools = ["Bash(rm:*)", "Bash(git push:*)", "Bash(git worktree:*)"]

  /// Claude Code 2, non-interactive.
  ///
  /// The prompt stands directly behind `-p`: the options that take
  /// several words would swallow it.
  func claude(_ request: LaunchRequest, _ command: inout AgentCommand) {
    var words = ["-p"]
    if passesByArgument(request) {
      words.append(request.prompt)
    } else {
      command.inputFile = request.promptFile
    }
    // A worktree is untrusted ground: hooks in its own settings would be run.
    words += ["--output-format", "stream-json", "--verbose", "--setting-sources", "user"]
    if let session = request.resumedSession {
      words += ["--resume", session]
    } else if let session = request.sessionID {
      words += ["--session-id", session]
    }
    if let model = request.model { words += ["--model", model] }
    if let budget = request.budgetUSD { words += ["--max-budget-usd", Self.dollars(budget)] }
    if let text = request.systemPrompt { words += ["--append-system-prompt", text] }
    command.environment = [
      "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
    ]
    words += claudePermissions(request, &command)
    command.arguments = words + configuration.arguments
  }

  private func claudePermissions(
    _ request: LaunchRequest, _ command: inout AgentCommand
  ) -> [String] {
    if request.isRouting {
      return ["--max-turns", "1", "--permission-mode", "dontAsk", "--tools", ""]
    }
    var words: [String] = []
    if let turns = request.maxTurns { words += ["--max-turns", String(turns)] }
    if request.isSandboxed {
      words += ["--permission-mode", "bypassPermissions"]
      // Without it the superuser is refused.
      if request.isSuperuser { command.environment["IS_SANDBOX"] = "1" }
    } else {
      words += ["--permission-mode", "acceptEdits"]
    }
    let allowed = request.allowedTools ?? Self.allowedTools
    if !allowed.isEmpty { words += ["--allowedTools"] + allowed }
    let denied = request.deniedTools ?? Self.deniedTools
    if !denied.isEmpty { words += ["--disallowedTools"] + denied }
    return words
  }

  /// An amount without an exponent, in at most four decimals, rounded down, but never nothing.
  static func dollars(_ usd: Double) -> String {
    let parts = max(1, Int(max(0, min(usd, AgentReport.maximumUSD)) * 10_000))
    let fraction = String(parts % 10_000 + 10_000).dropFirst()
    return "\(parts / 10_000).\(fraction)"
  }
}
