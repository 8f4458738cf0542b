internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension AgentAdapter {
  /// Tools of Claude Code that change files.
  static let editingTools = ["Edit", "Write", "NotebookEdit"]
  /// Commands by which whoever orchestrates would do a worker's part.
  static let workersCommands = [
    "Bash(git commit:*)", "Bash(git push:*)", "Bash(git rebase:*)", "Bash(git merge:*)",
    "Bash(git checkout:*)", "Bash(git reset:*)", "Bash(git worktree:*)", "Bash(rm:*)",
  ]

  /// The command line that gives a person an agent to talk with, which has read a skill and may edit nothing.
  ///
  /// Interactive, unlike `command(for:)`: the terminal is the person's, and so are the permissions, except that files are
  /// not to be changed, as far as the program knows such a rule (`seatBoundary`). `tools` is the command that serves
  /// orch's commands as tools (Model Context Protocol), for a program whose shell may write nothing. Throws `AgentError`
  /// for a program that is missing, or one that cannot talk.
  public func seatCommand(
    skill: String, message: String?, tools: [String] = []
  ) throws(AgentError) -> AgentCommand {
    let begin = message ?? "Say how things stand, and ask what is to be done."
    let model = configuration.model.map { ["--model", $0] } ?? []
    var command = AgentCommand(program: "", arguments: model)
    switch configuration.type {
    case "claude":
      command.arguments += ["--disallowedTools"] + Self.editingTools + Self.workersCommands
      command.arguments += ["--allowedTools", "Bash(orch:*)"]
      command.arguments += ["--append-system-prompt", skill, Self.word(begin)]
    case "codex":
      command.arguments += ["--sandbox", "read-only", "--ask-for-approval", "on-request"]
      command.arguments += Self.codexServer(tools)
      let note = tools.isEmpty ? "" : Self.codexNote
      command.arguments.append(Self.word("\(skill)\n\(note)\n---\n\n\(begin)"))
    case "opencode":
      command.environment["OPENCODE_PERMISSION"] = Self.opencodeSeat.canonicalText
      command.arguments.append("--prompt=\(skill)\n\n---\n\n\(begin)")
    default:
      throw .misconfigured(
        agent: configuration.name,
        reason: "a program of type '\(configuration.type)' cannot hold a conversation")
    }
    command.program = try foundProgram()
    return command
  }

  /// What keeps the agent in the seat from editing files, in a sentence for the person.
  public var seatBoundary: String {
    switch configuration.type {
    case "claude":
      "its tools that edit files are off, git's commands that change the work are refused, and others but orch's ask you"
    case "codex": "its shell is in a sandbox that may only read; what leaves it asks you"
    case "opencode": "its tools that edit files are off, and commands other than orch's ask you"
    default: "nothing but its instructions keeps it from editing files"
    }
  }

  /// Settings by which codex starts a server of tools; their values are TOML, of which such JSON is a part.
  private static func codexServer(_ tools: [String]) -> [String] {
    guard let program = tools.first else { return [] }
    return [
      "--config", "mcp_servers.orch.command=\(JSONValue.string(program).canonicalText)",
      "--config",
      "mcp_servers.orch.args=\(JSONValue.texts(tools.dropFirst()).canonicalText)",
      "--config", "mcp_servers.orch.tool_timeout_sec=900",
    ]
  }

  private static let codexNote = """

    Your shell may only read. Use the tools of the server 'orch' in place of the commands above: they have the commands' names, \
    'brief' for the status, 'tell' for a message, 'teach' for a lesson.

    """

  private static let opencodeSeat: JSONValue = [
    "edit": "deny", "bash": ["*": "ask", "orch *": "allow"],
  ]

  /// A text that is not taken for an option.
  private static func word(_ text: String) -> String { text.hasPrefix("-") ? " " + text : text }
}

/// Gives this process to another program.
public enum ProcessReplacement {
  /// Becomes the program, in a folder and with an environment; returns only by throwing `AgentError.file`.
  public static func become(
    _ command: AgentCommand, in folder: String, environment: [String: String]
  ) throws(AgentError) {
    guard chdir(folder) == 0 else { throw .file(path: folder, number: errno) }
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    var words = ([command.program] + command.arguments).map { strdup($0) } + [nil]
    var settings = variables.map { strdup($0) } + [nil]
    execve(command.program, &words, &settings)
    let number = errno
    for pointer in words + settings { free(pointer) }
    throw .file(path: command.program, number: number)
  }
}
