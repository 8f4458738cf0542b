internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Runs a command in this process' own place: same terminal, same group, same standard descriptors.
public enum ForegroundCommand {
  /// How often the command is looked at, in milliseconds.
  static let tickMilliseconds: Int32 = 5

  /// Runs a program found on `PATH` in `directory`; returns its exit code, or 128 and the signal's number.
  ///
  /// A terminate or hang-up of this process is passed on; an interrupt reaches the command from the
  /// terminal by itself. This process ends when the command has, and on Linux the command dies with it.
  /// Throws `AgentError.file` if it cannot be started.
  public static func run(
    _ words: [String], in directory: String, environment: [String: String]
  ) throws(AgentError) -> Int32 {
    guard let program = words.first else { throw .file(path: "", number: EINVAL) }
    let path =
      program.contains("/")
      ? program : ProgramPath.find(program, path: environment["PATH"] ?? "") ?? program
    signal(SIGINT, SIG_IGN)
    signal(SIGQUIT, SIG_IGN)
    var passed = sigset_t()
    sigemptyset(&passed)
    for number in [SIGTERM, SIGHUP] { sigaddset(&passed, number) }
    sigprocmask(SIG_BLOCK, &passed, nil)
    let child = AgentProcess.start(
      .init(
        program: path, arguments: Array(words.dropFirst()), environment: environment,
        directory: directory, input: 0, output: 1, error: 2, isInPlace: true))
    guard child > 0 else { throw .file(path: program, number: -child) }
    var status: Int32 = 0
    var isPassedOn = false
    while waitpid(child, &status, WNOHANG) == 0 {
      if !isPassedOn, isAskedToEnd {
        kill(child, SIGTERM)
        isPassedOn = true
      }
      poll(nil, 0, tickMilliseconds)
    }
    let code = orch_wait_exit_code(status)
    return code >= 0 ? code : 128 + orch_wait_signal(status)
  }

  private static var isAskedToEnd: Bool {
    var pending = sigset_t()
    guard sigpending(&pending) == 0 else { return false }
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGHUP) == 1
  }
}
