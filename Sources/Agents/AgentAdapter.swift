/// Makes an agent program's command line, with the flags that it understands today.
public struct AgentAdapter: Sendable {
  /// The longest prompt that is an argument, in bytes; longer ones go through standard input.
  ///
  /// Linux takes 128 KiB for one argument.
  public static let maximumArgumentBytes = 120_000

  /// The configuration.
  public let configuration: AgentConfiguration
  /// True if the program may be that of a container's image, whatever this machine has.
  public var isInImage = false
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

  /// True if the program is installed, or is looked for where it will run.
  public var canBeFound: Bool { isInImage && !programName.isEmpty || installedProgram != nil }

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

  /// True if the program can be told to go on with a session.
  public var canResume: Bool { configuration.type != "script" }

  /// True if `LaunchRequest.systemPrompt` reaches the program; else it belongs into the prompt.
  public var takesSystemPrompt: Bool { configuration.type == "claude" }

  /// The command line for a run; throws `AgentError` if the program is missing.
  public func command(for request: LaunchRequest) throws(AgentError) -> AgentCommand {
    let program = try foundProgram()
    var command = AgentCommand(program: program, arguments: [])
    switch configuration.type {
    case "claude": claude(request, &command)
    case "codex": codex(request, &command)
    case "opencode": opencode(request, &command)
    case "script":
      command.arguments = configuration.command.dropFirst() + configuration.arguments
      command.inputFile = request.promptFile
    default:
      throw .misconfigured(
        agent: configuration.name,
        reason: "type '\(configuration.type)' is none of \(Self.types.joined(separator: ", "))")
    }
    return command
  }

  /// The installed program; throws `AgentError` with the way to get it.
  func foundProgram() throws(AgentError) -> String {
    if configuration.type == "script", configuration.command.isEmpty {
      throw .misconfigured(
        agent: configuration.name, reason: "'agents.\(configuration.name).command' is not set")
    }
    guard let program = installedProgram ?? (canBeFound ? programName : nil) else {
      throw .notInstalled(
        agent: configuration.name, program: programName, hint: installHint)
    }
    return program
  }

  /// True if a prompt can be an argument: short enough, no option by its looks, and without a NUL,
  /// which would end it.
  func passesByArgument(_ request: LaunchRequest) -> Bool {
    let prompt = request.prompt.utf8
    return prompt.count <= Self.maximumArgumentBytes && prompt.first != UInt8(ascii: "-")
      && !prompt.isEmpty && !prompt.contains(0)
  }
}
