internal import CPlatform
internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// orch inside a sandbox: starts the agent, and hands its connections to the proxy outside.
public enum SandboxGate {
  /// The word by which orch is told to be one.
  public static let command = "sandbox-gate"
  /// In place of a socket where there is no proxy.
  static let noSocket = "-"
  /// The variables by which programs find a proxy.
  static let proxyVariables = ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"]

  /// Runs `words`, a socket's path and then the command, to the command's end; returns its exit code.
  ///
  /// Signals that ask to end are for the command, which is in this process' group: they are ignored here.
  public static func main(_ words: [String], environment: [String: String]) -> Int32 {
    guard words.count >= 2 else { return 64 }
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { signal(number, SIG_IGN) }
    let container = environment[ContainerSettings.variable].flatMap(ContainerSettings.init)
    if container != nil { GateOfContainer.prepare() }
    var variables = container?.variables(in: environment) ?? environment
    let old = proxyVariables + ["ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"]
    for name in old { variables[name] = nil }
    if words[0] != noSocket {
      guard let (listener, port) = SocketAddress.listenLoopback() else {
        return complain("no port of the sandbox's own", errno)
      }
      serve(listener, words[0])
      for name in proxyVariables { variables[name] = "http://127.0.0.1:\(port)" }
    }
    var directory = [CChar](repeating: 0, count: 4096)
    guard getcwd(&directory, directory.count) != nil else { return complain("no folder", errno) }
    let folder = String(
      decoding: directory.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let program =
      container == nil
      ? words[1] : GateOfContainer.program(words[1], path: variables["PATH"] ?? "")
    guard let program else {
      return complain("the image has no program '\(words[1])': install it there", ENOENT)
    }
    let child = AgentProcess.start(
      .init(
        program: program, arguments: Array(words.dropFirst(2)), environment: variables,
        directory: folder, input: 0, output: 1, error: 2, isInPlace: container == nil))
    guard child > 0 else { return complain("'\(program)' cannot be started", -child) }
    if container != nil { GateOfContainer.passSignals(to: child) }
    // This process must not hold the agent's output open, nor eat its input.
    let null = orch_open("/dev/null", O_RDWR, 0)
    for descriptor: Int32 in [0, 1] { dup2(null, descriptor) }
    var status: Int32 = 0
    // As the first process of a container it also collects what others left behind.
    while true {
      let ended = waitpid(-1, &status, 0)
      if ended == child { break }
      if ended < 0, errno != EINTR { return 70 }
    }
    if container != nil { GateOfContainer.tellOfMemory() }
    let code = orch_wait_exit_code(status)
    return code >= 0 ? code : 128 + orch_wait_signal(status)
  }

  private static func complain(_ text: String, _ number: Int32) -> Int32 {
    let line = "orch: sandbox: \(text): \(String(cString: strerror(number)))\n"
    _ = RunFile.append(Array(line.utf8), to: 2)
    return 127
  }

  /// Passes every connection on, each on a thread of its own.
  private static func serve(_ listener: Int32, _ socket: String) {
    DispatchQueue(label: "orch.gate").async {
      while true {
        let connection = accept(listener, nil, nil)
        if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
        guard connection >= 0 else { return }
        _ = orch_set_cloexec(connection)
        DispatchQueue(label: "orch.gate.connection").async {
          defer { close(connection) }
          let proxy = SocketAddress.connectUnix(socket)
          guard proxy >= 0 else { return }
          defer { close(proxy) }
          Relay.run(connection, proxy)
        }
      }
    }
  }
}
