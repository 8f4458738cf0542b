/// Makes an agent program's command line, with the flags that it understands today.
public struct AgentAdapter: Sendable {
  /// The longest prompt that is an argument, in bytes; longer ones go through standard input.
  public static let maximumArgumentBytes = 120_000

  /// The configuration.
  public let configuration: AgentConfiguration
  private let path: String

  /// An adapter for an agent; `path` is the PATH on which its program is looked for.
  public init(_ configuration: AgentConfiguration, path: String) {
    self.configuration = configuration
    self.path = path
  }

  /// The types that orch knows.
  public static let types = ["script", "claude", "codex", "opencode"]

  /// The program's absolute path; nil if it is not installed.
  public var installedProgram: String? { ProgramPath.find(programName, path: path) }

  /// The program's name or path in the configuration.
  public var programName: String {
    if configuration.type == "script" { return configuration.command.first ?? "" }
    return configuration.program ?? configuration.type
  }

  /// How the program is installed.
  public var installHint: String {
    switch configuration.type {
    case "claude": "npm install -g @anthropic-ai/claude-code, then run 'claude' once to log in"
    case "codex": "npm install -g @openai/codex, then run 'codex login'"
    case "opencode": "npm install -g opencode-ai, then run 'opencode auth login'"
    default: "set 'agents.\(configuration.name).command' in .orch.yml to a program that exists"
    }
  }

  /// The command line for a run; throws `AgentError` if the program is missing.
  public func command(for request: LaunchRequest) throws(AgentError) -> AgentCommand {
    if configuration.type == "script", configuration.command.isEmpty {
      throw .misconfigured(
        agent: configuration.name, reason: "'agents.\(configuration.name).command' is not set")
    }
    guard let program = installedProgram else {
      throw .notInstalled(
        agent: configuration.name, program: programName, hint: installHint)
    }
    var command = AgentCommand(program: program, arguments: [])
    switch configuration.type {
    case "claude": claude(request, &command)
    case "codex": codex(request, &command)
    case "opencode": opencode(request, &command)
    default:
      command.arguments = configuration.command.dropFirst() + configuration.arguments
      command.inputFile = request.promptFile
    }
    return command
  }

  private func passesByArgument(_ request: LaunchRequest) -> Bool {
    request.prompt.utf8.count <= Self.maximumArgumentBytes
  }

  private func claude(_ request: LaunchRequest, _ command: inout AgentCommand) {
    var words = ["-p"]
    if passesByArgument(request) {
      words.append(request.prompt)
    } else {
      command.inputFile = request.promptFile
    }
    words += ["--output-format", "stream-json", "--verbose", "--setting-sources", "user"]
    if let session = request.resumedSession {
      words += ["--resume", session]
    } else if let session = request.sessionID {
      words += ["--session-id", session]
    }
    if let model = request.model { words += ["--model", model] }
    if let budget = request.budgetUSD { words += ["--max-budget-usd", "\(budget)"] }
    if request.isRouting {
      words += ["--max-turns", "1", "--permission-mode", "dontAsk"]
    } else {
      words += ["--permission-mode", "acceptEdits"]
      words += ["--allowedTools", "Bash", "Write", "Edit", "Read", "Grep", "Glob"]
      words += ["--disallowedTools", "Bash(rm:*)", "Bash(git push:*)", "Bash(git worktree:*)"]
    }
    command.arguments = words + configuration.arguments
    command.environment = [
      "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
    ]
  }

  private func codex(_ request: LaunchRequest, _ command: inout AgentCommand) {
    let git = request.commonDirectory
    var words = ["exec", "--json", "-C", request.worktree, "--disable", "plugins"]
    if request.isRouting {
      words += ["-s", "read-only", "--skip-git-repo-check"]
    } else {
      words += ["-s", "workspace-write"]
      let folders = ["worktrees/\(request.worktreeName)", "objects", "refs", "logs"]
      for folder in folders { words += ["--add-dir", "\(git)/\(folder)"] }
    }
    if let model = request.model { words += ["-m", model] }
    words += ["-o", request.lastMessageFile] + configuration.arguments
    if let session = request.resumedSession { words += ["resume", session] }
    if passesByArgument(request) {
      words.append(request.prompt)
    } else {
      words.append("-")
      command.inputFile = request.promptFile
    }
    command.arguments = words
  }

  private func opencode(_ request: LaunchRequest, _ command: inout AgentCommand) {
    var words = ["run", "--format", "json", "--dir", request.worktree]
    if let model = request.model { words += ["--model", model] }
    if let session = request.resumedSession { words += ["--session", session] }
    if !request.isRouting { words.append("--auto") }
    words += configuration.arguments
    if passesByArgument(request) {
      words.append(request.prompt)
    } else {
      command.inputFile = request.promptFile
    }
    command.arguments = words
    command.environment = ["OPENCODE_DISABLE_AUTOUPDATE": "1"]
  }
}

/// Which of the user's variables an agent gets: an allow-list, so that no secret slips through.
public enum EnvironmentPolicy {
  private static let everyone: Set<String> = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TERM", "TMPDIR", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
    "no_proxy", "IS_SANDBOX", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
    "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
  ]

  /// The variables for an agent of a type, taken from the user's.
  public static func environment(
    from user: [String: String], type: String
  ) -> [String: String] {
    let prefixes =
      switch type {
      case "claude": ["ANTHROPIC_", "CLAUDE_"]
      case "codex": ["OPENAI_", "CODEX_"]
      case "opencode": ["OPENCODE_", "ANTHROPIC_", "OPENAI_"]
      default: [String]()
      }
    return user.filter { name, _ in
      everyone.contains(name) || name.hasPrefix("LC_")
        || prefixes.contains(where: name.hasPrefix)
    }
  }
}
