/// The program docker or podman, whose engine answers.
///
/// docker is often a client without an engine: a program that exists says nothing.
public struct ContainerEngine: Sendable, Hashable {
  /// Whose words it takes.
  public enum Kind: String, Sendable, Hashable {
    /// docker: https://docs.docker.com/reference/cli/docker.
    case docker
    /// podman: https://docs.podman.io.
    case podman
  }

  /// The engines that are looked for, in order, where none is named.
  public static let names = ["podman", "docker"]
  /// How long the engine may take to answer, in seconds.
  public static let answerSeconds = 20
  /// The variables of the user by which a client finds its engine, its images and its way.
  private static let variables: Set<String> = [
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS", "LANG",
  ]
  private static let prefixes = ["DOCKER_", "CONTAINER_", "CONTAINERS_", "BUILDAH_", "SSL_CERT_"]
  private static let suffixes = ["_PROXY", "_proxy"]

  /// Whose words it takes, whatever the program is called.
  public var kind: Kind
  /// The program's absolute path.
  public var program: String
  /// True if the engine runs as the user: the container's superuser is that user.
  public var isRootless = false
  /// The variables that the program runs with.
  public var environment: [String: String] = [:]

  /// The program's name, by which it is found again.
  public var name: String { program.split(separator: "/").last.map(String.init) ?? program }

  /// The parts without defaults.
  public init(kind: Kind, program: String) {
    self.kind = kind
    self.program = program
  }

  /// Finds the first of some programs whose engine answers.
  ///
  /// Throws `AgentError.sandbox` with what each of them says.
  public static func find(
    _ names: [String], environment: [String: String]
  ) async throws(AgentError) -> ContainerEngine {
    var problems: [String] = []
    for name in names {
      guard let program = ProgramPath.find(name, path: environment["PATH"] ?? "") else {
        problems.append("'\(name)' is not installed")
        continue
      }
      var engine = ContainerEngine(kind: .docker, program: program)
      engine.environment = environment.filter { isForClients($0.key) }
      if let problem = try await engine.look() {
        problems.append("the engine of '\(name)' does not answer: \(problem)")
      } else {
        return engine
      }
    }
    throw .sandbox(
      reason: "no engine runs containers here: " + problems.joined(separator: "; "),
      hint: "install podman, which needs no service, or start docker's: systemctl start docker")
  }

  private static func isForClients(_ name: String) -> Bool {
    variables.contains(name) || prefixes.contains(where: name.hasPrefix)
      || suffixes.contains(where: name.hasSuffix)
  }

  /// Asks the engine what it is; returns what it says if it does not answer.
  private mutating func look() async throws(AgentError) -> String? {
    let version = try await run(["--version"])
    kind = version.output.lowercased().contains("podman") ? .podman : .docker
    let answer = try await run(
      kind == .podman
        ? ["info", "--format", "{{.Host.Security.Rootless}}"]
        : ["version", "--format", "{{.Server.Version}}"])
    guard answer.exitCode == 0 else { return Self.firstLine(answer) }
    isRootless = answer.output.contains("true")
    guard kind == .docker else { return nil }
    let options = try await run(["info", "--format", "{{json .SecurityOptions}}"])
    guard options.exitCode == 0 else { return Self.firstLine(options) }
    isRootless = options.output.contains("name=rootless")
    return nil
  }

  /// Runs the program with some words; throws `AgentError` if it cannot be started.
  public func run(
    _ words: [String], timeoutSeconds: Int = ContainerEngine.answerSeconds
  ) async throws(AgentError) -> ShellResult {
    try await ShellCommand.run(
      program: program, arguments: words, in: "/", environment: environment,
      timeoutSeconds: timeoutSeconds)
  }

  /// What a result says first, for a person.
  public static func firstLine(_ result: ShellResult) -> String {
    if result.timedOut { return "no answer in time" }
    // Of podman, what is wrong stands behind its warnings.
    let lines = result.output.split(separator: "\n").map(String.init)
    return lines.first { $0.hasPrefix("Error") } ?? lines.first ?? "no reason given"
  }

  /// Why a build went wrong, for a person: what the engine calls the error, and what was printed before it.
  ///
  /// The words of a Dockerfile's commands stand before, those of the engine last.
  static func cause(ofBuild result: ShellResult) -> String {
    if result.timedOut { return "it did not end within \(imageSeconds / 60) minutes" }
    // podman's warnings begin with the time.
    let lines = result.output.split(whereSeparator: \.isNewline).map(String.init).filter {
      !$0.allSatisfy(\.isWhitespace) && !$0.hasPrefix("time=")
    }
    guard let place = lines.lastIndex(where: { $0.lowercased().hasPrefix("error") }) else {
      return lines.suffix(errorLines).joined(separator: "\n")
    }
    return ([lines[place]] + lines[..<place].suffix(errorLines)).joined(separator: "\n")
  }

  /// How much of a failed build's output is told.
  private static let errorLines = 6
}
