internal import CPlatform
internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// How a shell command ended.
public struct ShellResult: Sendable, Hashable {
  /// The exit code; nil if a signal or the time limit ended it.
  public let exitCode: Int?
  /// True if its time was up.
  public let timedOut: Bool
  /// The end of what it printed, both streams together.
  public let output: String
  /// How long it took, in milliseconds.
  public let milliseconds: Int
}

/// Runs commands of the local configuration, such as checks, in a process group of their own.
public enum ShellCommand {
  /// The part of the output that is kept, in bytes.
  public static let maximumOutputBytes = 64 * 1024

  /// Runs a command with `/bin/sh -c`; returns when it and all that it started have ended.
  ///
  /// If `lockFile` is given, an exclusive lock on it is waited for first; that wait is not part of the
  /// time limit. Blocking happens on a thread of its own. Throws `AgentError`.
  public static func run(
    _ command: String, in directory: String, environment: [String: String], timeoutSeconds: Int,
    lockFile: String? = nil
  ) async throws(AgentError) -> ShellResult {
    let result = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          returning: Result { () throws(AgentError) -> ShellResult in
            try runNow(
              command, in: directory, environment: environment, timeoutSeconds: timeoutSeconds,
              lockFile: lockFile)
          })
      }
    }
    return try result.get()
  }

  private static func runNow(
    _ command: String, in directory: String, environment: [String: String], timeoutSeconds: Int,
    lockFile: String?
  ) throws(AgentError) -> ShellResult {
    var lock: Int32 = -1
    if let lockFile {
      lock = orch_open(lockFile, O_RDWR | O_CREAT, 0o600)
      guard lock >= 0 else { throw .file(path: lockFile, number: -lock) }
      _ = orch_flock_exclusive(lock, true)
    }
    defer { if lock >= 0 { close(lock) } }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .file(path: "a pipe", number: errno) }
    _ = orch_set_cloexec(ends[0])
    let input = orch_open("/dev/null", O_RDONLY, 0)
    let start = orch_monotonic_ms()
    let child = spawn(command, directory, environment, input: input, output: ends[1])
    close(input)
    close(ends[1])
    guard child > 0 else {
      close(ends[0])
      throw .file(path: directory, number: -child)
    }
    let (output, timedOut) = read(ends[0], until: start + Int64(timeoutSeconds) * 1000)
    close(ends[0])
    if timedOut { kill(-child, SIGKILL) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    kill(-child, SIGKILL)
    let code = orch_wait_exit_code(status)
    return ShellResult(
      exitCode: timedOut || code < 0 ? nil : Int(code), timedOut: timedOut,
      output: String(decoding: output, as: UTF8.self),
      milliseconds: Int(orch_monotonic_ms() - start))
  }

  private static func spawn(
    _ command: String, _ directory: String, _ environment: [String: String], input: Int32,
    output: Int32
  ) -> pid_t {
    let words = ["/bin/sh", "-c", command]
    let arguments = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    return directory.withCString { directory in
      arguments.withUnsafeBufferPointer { arguments in
        variables.withUnsafeBufferPointer { variables in
          "/bin/sh".withCString { program in
            var request = orch_spawn_request()
            request.program = program
            request.arguments = arguments.baseAddress
            request.environment = variables.baseAddress
            request.directory = directory
            request.input = input
            request.output = output
            request.error = output
            request.dies_with_parent = false
            return orch_spawn(&request)
          }
        }
      }
    }
  }

  /// Reads to the end or the deadline, keeping the last part.
  private static func read(_ descriptor: Int32, until deadline: Int64) -> ([UInt8], Bool) {
    var kept: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let left = deadline - orch_monotonic_ms()
      if left <= 0 { return (kept, true) }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, Int32(min(left, 1000))) > 0 else { continue }
      let count = systemRead(descriptor, &buffer)
      guard count > 0 else { return (kept, false) }
      kept += buffer[..<count]
      if kept.count > 2 * maximumOutputBytes { kept.removeFirst(kept.count - maximumOutputBytes) }
    }
  }
}
