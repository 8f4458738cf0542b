internal import CPlatform
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One run of a command, on the thread that calls `run`, until it ends or is cancelled.
final class CommandRun: Sendable {
  /// How often a cancellation, the clock and the command are looked at, in milliseconds.
  static let tickMilliseconds: Int64 = 50
  /// How long what a command left behind may go on printing, in milliseconds.
  static let drainMilliseconds: Int64 = 500

  /// The variable that every process of a command inherits.
  static let marker = "ORCH_COMMAND"

  private let program: String
  private let arguments: [String]
  private let directory: String
  private let environment: [String: String]
  private let timeoutSeconds: Int
  private let lock: ResourceLock?
  private let isCancelled = Atomic(false)

  init(
    program: String, arguments: [String], directory: String, environment: [String: String],
    timeoutSeconds: Int, lock: ResourceLock?
  ) {
    self.program = program
    self.arguments = arguments
    self.directory = directory
    self.environment = environment
    self.timeoutSeconds = timeoutSeconds
    self.lock = lock
  }

  /// Makes `run` return soon; may be called at any time, from any thread.
  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  private var mustStop: Bool { isCancelled.load(ordering: .relaxed) }

  func run() throws(AgentError) -> ShellResult {
    let ticket = try takeLock()
    var ends: [Int32] = [-1, -1]
    let number = orch_pipe(&ends)
    guard number == 0 else { throw .file(path: "a pipe", number: number) }
    defer { close(ends[0]) }
    let start = orch_monotonic_ms()
    // The run's own pipe and a time make a mark that no other command carries.
    let mark = "\(getpid())-\(ends[0])-\(start)"
    let input = orch_open("/dev/null", O_RDONLY, 0)
    let child = AgentProcess.start(
      .init(
        program: program, arguments: arguments,
        environment: variables.merging([Self.marker: mark]) { $1 }, directory: directory,
        input: input, output: ends[1], error: ends[1]))
    close(input)
    close(ends[1])
    guard child > 0 else {
      let isMissing = -child == ENOENT && !RunFile.exists(directory)
      throw .file(path: isMissing ? directory : program, number: -child)
    }
    var output = EndsOfOutput(partBytes: ShellCommand.maximumOutputBytes)
    let status = watch(child, ends[0], until: start + Int64(timeoutSeconds) * 1000, &output)
    kill(-child, SIGKILL)
    let leftovers = ProcessTree.killMarked((Self.marker, mark), session: child).filter {
      $0.pid != child
    }
    let isTimedOut = status == nil && !mustStop
    ticket?.release()
    return ShellResult(
      exitCode: status.flatMap(Self.exitCode), signal: status.flatMap(Self.signal),
      timedOut: isTimedOut, wasCancelled: mustStop && status == nil, output: output.text,
      milliseconds: Int(orch_monotonic_ms() - start), leftovers: leftovers.count)
  }

  /// The environment, which says that the lock is held: a command that asks for it gets it at once.
  private var variables: [String: String] {
    guard let lock else { return environment }
    return environment.merging([ResourceLock.heldVariable: lock.folder]) { $1 }
  }

  private static func exitCode(_ status: Int32) -> Int? {
    let code = orch_wait_exit_code(status)
    return code >= 0 ? Int(code) : nil
  }

  private static func signal(_ status: Int32) -> Int? {
    let number = orch_wait_signal(status)
    return number > 0 ? Int(number) : nil
  }

  private func takeLock() throws(AgentError) -> LockTicket? {
    guard let lock else { return nil }
    let words = arguments.first == "-c" ? Array(arguments.dropFirst()) : [program] + arguments
    let ticket = try lock.take(LockHolder(command: words.joined(separator: " "))) { mustStop }
    guard let ticket else { throw .file(path: lock.name, number: ECANCELED) }
    return ticket
  }

  /// Reads until the command has ended; nil if its time was up or it was cancelled.
  private func watch(
    _ child: pid_t, _ descriptor: Int32, until deadline: Int64, _ output: inout EndsOfOutput
  ) -> Int32? {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    var status: Int32?
    var isOpen = true
    var end = deadline
    while true {
      let now = orch_monotonic_ms()
      if status == nil, mustStop || now >= deadline { return stop(child) }
      if status != nil, !isOpen || now >= end { return status }
      if isOpen {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&entry, 1, Int32(min(Self.tickMilliseconds, max(0, end - now)))) > 0 {
          let count = systemRead(descriptor, &buffer)
          if count > 0 { output.append(buffer[..<count]) } else { isOpen = false }
        }
      } else {
        poll(nil, 0, 2)
      }
      guard status == nil else { continue }
      status = collected(child)
      if status != nil { end = min(deadline, orch_monotonic_ms() + Self.drainMilliseconds) }
    }
  }

  /// The status of an ended child; nil while it runs.
  private func collected(_ child: pid_t) -> Int32? {
    var status: Int32 = 0
    let pid = waitpid(child, &status, WNOHANG)
    // Nobody to wait for: somebody else collected it, and its status is not known.
    if pid < 0, errno == ECHILD { return SIGKILL }
    return pid == child ? status : nil
  }

  /// Kills the command's group and collects it.
  private func stop(_ child: pid_t) -> Int32? {
    kill(-child, SIGKILL)
    while waitpid(child, nil, 0) < 0, errno == EINTR {}
    return nil
  }
}
