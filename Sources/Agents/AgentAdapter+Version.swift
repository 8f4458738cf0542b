extension AgentAdapter {
  /// How long a program may take to say its version, in seconds.
  public static let versionSeconds = 20

  /// Asks the program for its version; nil for a script, which has none.
  ///
  /// Throws `AgentError` if the program is missing, does not answer, or is of a version whose flags
  /// orch does not know: its output would be misread.
  public func version(environment: [String: String]) async throws(AgentError) -> AgentVersion? {
    let program = try foundProgram()
    guard configuration.type != "script" else { return nil }
    let result = try await ShellCommand.run(
      program: program, arguments: ["--version"], in: "/", environment: environment,
      timeoutSeconds: Self.versionSeconds)
    guard result.exitCode == 0, let version = AgentVersion(in: result.output) else {
      throw .misconfigured(
        agent: configuration.name,
        reason: "'\(program) --version' says no version: \(result.output.prefix(200))")
    }
    guard version.isKnown(for: configuration.type) else {
      throw .misconfigured(
        agent: configuration.name,
        reason: "'\(program)' is version \(version.text); orch knows "
          + "\(AgentVersion.known(for: configuration.type)); set "
          + "'agents.\(configuration.name).program' to one of those")
    }
    return version
  }
}
