/// What an agent program needs inside a sandbox: hosts, and the files that it logs in with.
struct AgentNeeds {
  /// A file of the user's home that is copied into the private one.
  struct File {
    /// The variable that may name the folder instead.
    var variable: String
    /// The folder below the home.
    var folder: String
    /// The names in it.
    var names: [String]
  }

  var hosts: [String]
  var files: [File]
  /// The variables that may hold the address of a service.
  var addresses: [String]

  /// The needs of a type of agent.
  static func of(_ type: String) -> AgentNeeds {
    let claude = File(
      variable: "CLAUDE_CONFIG_DIR", folder: ".claude", names: [".credentials.json"])
    let codex = File(
      variable: "CODEX_HOME", folder: ".codex", names: ["auth.json", "config.toml"])
    let anthropic = [
      "api.anthropic.com", "claude.ai", "console.anthropic.com", "platform.claude.com",
    ]
    let openai = ["api.openai.com", "auth.openai.com", "chatgpt.com"]
    switch type {
    case "claude":
      return AgentNeeds(hosts: anthropic, files: [claude], addresses: ["ANTHROPIC_BASE_URL"])
    case "codex":
      return AgentNeeds(hosts: openai, files: [codex], addresses: ["OPENAI_BASE_URL"])
    case "opencode":
      return AgentNeeds(
        hosts: anthropic + openai + ["opencode.ai", "*.opencode.ai", "models.dev"],
        files: [
          File(
            variable: "OPENCODE_DATA_DIR", folder: ".local/share/opencode", names: ["auth.json"]),
          File(
            variable: "OPENCODE_CONFIG_DIR", folder: ".config/opencode",
            names: ["opencode.json", "opencode.jsonc"]),
        ], addresses: ["ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"])
    default: return AgentNeeds(hosts: [], files: [], addresses: [])
    }
  }

  /// The hosts, with those that the environment names.
  func hosts(in environment: [String: String]) -> [String] {
    hosts + addresses.compactMap { environment[$0].flatMap(Self.host) }
  }

  /// `host:port` of an address; nil if it has none.
  static func host(of address: String) -> String? {
    guard let scheme = address.range(of: "://") else { return nil }
    let authority = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
    let host = authority.split(separator: "@").last.map(String.init)
    return host?.isEmpty == false ? host : nil
  }
}

extension String {
  /// The place of a text in this one.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
