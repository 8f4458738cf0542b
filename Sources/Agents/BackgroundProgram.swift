internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A program that goes on when the process that started it has ended: it has a session of its own, so that no
/// terminal ends it, nothing on standard input, and a file for all that it says.
public struct BackgroundProgram: Sendable, Hashable {
  /// The process.
  public let process: Int32

  /// Starts a program, given by its absolute path, in a folder; what it says is added to the file `log`.
  ///
  /// Throws `AgentError.file` for the log, or for a program that cannot be started.
  public init(
    _ words: [String], in directory: String, environment: [String: String], log: String
  ) throws(AgentError) {
    guard let program = words.first else { throw .file(path: "", number: EINVAL) }
    let output = orch_open(log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard output >= 0 else { throw .file(path: log, number: -output) }
    defer { close(output) }
    let input = orch_open("/dev/null", O_RDONLY, 0)
    defer { close(input) }
    let child = AgentProcess.start(
      .init(
        program: program, arguments: Array(words.dropFirst()), environment: environment,
        directory: directory, input: input, output: output, error: output, diesWithParent: false))
    guard child > 0 else { throw .file(path: program, number: -child) }
    process = child
  }

  /// How it ended: its exit code, or 128 and the signal's number; nil while it runs.
  ///
  /// Only the process that started it can ask; of an end that was told once, it is told no more.
  public func exitCode() -> Int32? {
    var status: Int32 = 0
    guard waitpid(process, &status, WNOHANG) == process else { return nil }
    let code = orch_wait_exit_code(status)
    return code >= 0 ? code : 128 + orch_wait_signal(status)
  }
}
