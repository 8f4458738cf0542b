/// Which of the user's variables an agent gets: an allow-list, so that no secret slips through.
public enum EnvironmentPolicy {
  private static let everyone: Set<String> = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TERM", "TMPDIR", "IS_SANDBOX",
    "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
  ]
  private static let everyonesPrefixes = ["LC_", "SSL_CERT_"]
  private static let everyonesSuffixes = ["_PROXY", "_proxy"]

  /// What agent programs set for those that they start: an agent must not take it for its own.
  private static let ofOuterAgents: Set<String> = [
    "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SSE_PORT", "CLAUDE_CODE_SESSION_ID", "CODEX_SANDBOX",
    "CODEX_SANDBOX_NETWORK_DISABLED", "CODEX_THREAD_ID",
  ]

  /// The variables for an agent of a type, taken from the user's.
  public static func environment(
    from user: [String: String], type: String
  ) -> [String: String] {
    let prefixes = everyonesPrefixes + providerPrefixes(of: type)
    return user.filter { name, _ in
      guard !ofOuterAgents.contains(name) else { return false }
      return everyone.contains(name) || prefixes.contains(where: name.hasPrefix)
        || everyonesSuffixes.contains(where: name.hasSuffix)
    }
  }

  private static func providerPrefixes(of type: String) -> [String] {
    switch type {
    case "claude": ["ANTHROPIC_", "CLAUDE_"]
    case "codex": ["OPENAI_", "CODEX_"]
    case "opencode": ["OPENCODE_", "ANTHROPIC_", "OPENAI_"]
    default: []
    }
  }
}
