/// One short container that shows whether an engine can run an image as a worker needs it.
public struct ContainerTrial: Sendable, Hashable {
  /// How long it may take, in seconds.
  static let seconds = 60

  /// The image's `/etc/passwd`.
  public var passwords = ""
  /// The programs of those asked for that the image has.
  public var programs: Set<String> = []
  /// The image's volumes.
  public var volumes: [String] = []

  /// Runs it with orch inside and nothing else; throws `AgentError.sandbox` with what the engine says.
  ///
  /// `programs` are names or absolute paths.
  public static func run(
    _ walls: ContainerWalls, orch: String, network: SandboxNetwork, limits: ResourceLimits,
    programs: [String]
  ) async throws(AgentError) -> ContainerTrial {
    guard ContainerWalls.program(libraries: LoadedLibraries.files) != nil else {
      throw .sandbox(
        reason: "orch cannot run inside a container on this system", hint: "set 'sandbox: none'")
    }
    var walls = walls
    walls.name += "-trial"
    walls.passwords = nil
    walls.inMemory = []
    let script =
      programs.map { program in
        let word = ShellCommand.quoted(program)
        return "command -v \(word) > /dev/null 2>&1 && printf 'program:%s\\n' \(word)\n"
      }.joined() + "while read -r line; do printf 'user:%s\\n' \"$line\"; done < /etc/passwd\n"
      + "echo end:"
    let words = walls.words(
      mounts: walls.mountsOfOrch(program: orch), directory: "/", network: network, limits: limits,
      command: walls.command + [
        SandboxGate.command, SandboxGate.noSocket, "/bin/sh", "-c", script,
      ])
    let handle = ContainerHandle(
      walls,
      settings: ContainerSettings(variables: [:], environment: [:], programs: []))
    let result = try await ShellCommand.run(
      program: walls.engine.program, arguments: words, in: "/", environment: handle.variables,
      timeoutSeconds: seconds)
    if result.exitCode != 0 { await SandboxPlan.remove(handle) }
    let lines = result.output.split(separator: "\n")
    guard result.exitCode == 0, lines.last == "end:" else {
      throw .sandbox(
        reason: "\(walls.engine.kind.rawValue) cannot run the image as a sandbox: "
          + ContainerEngine.firstLine(result),
        hint: "the image needs /bin/sh; the engine has to run on this machine and see its folders")
    }
    var trial = ContainerTrial()
    for line in lines {
      if line.hasPrefix("program:") { trial.programs.insert(String(line.dropFirst(8))) }
      if line.hasPrefix("user:") { trial.passwords += line.dropFirst(5) + "\n" }
    }
    return trial
  }
}
