#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension AgentAdapter {
  /// The command line that gives a person an agent to talk with, which has read a skill.
  ///
  /// Interactive, unlike `command(for:)`: the terminal is the person's, and so are the permissions. Throws
  /// `AgentError` for a program that is missing, or one that cannot talk.
  public func seatCommand(skill: String, message: String?) throws(AgentError) -> AgentCommand {
    let begin = message ?? "Say how things stand, and ask what is to be done."
    let model = configuration.model.map { ["--model", $0] } ?? []
    var command = AgentCommand(program: "", arguments: model)
    switch configuration.type {
    case "claude":
      command.arguments += ["--append-system-prompt", skill, Self.word(begin)]
    case "codex": command.arguments.append(Self.word("\(skill)\n\n---\n\n\(begin)"))
    case "opencode": command.arguments.append("--prompt=\(skill)\n\n---\n\n\(begin)")
    default:
      throw .misconfigured(
        agent: configuration.name,
        reason: "a program of type '\(configuration.type)' cannot hold a conversation")
    }
    command.program = try foundProgram()
    return command
  }

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
