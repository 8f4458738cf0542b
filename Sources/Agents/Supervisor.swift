internal import CPlatform
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Runs one agent program and outlives the orchestrator; speaks through files only.
///
/// The run directory holds `launch.json` (read), `lock` (held for life), `supervisor.json`,
/// `output.log`, `progress.json` and `exit.json` (written), and `stop` (looked for).
public enum Supervisor {
  /// How often the world is looked at while nothing is printed, in milliseconds.
  static let tickMilliseconds: Int32 = 100
  /// How long output is still read after the agent has ended, in milliseconds.
  static let drainMilliseconds: Int64 = 2000
  /// The least time between two versions of `progress.json`, in milliseconds.
  static let progressMilliseconds: Int64 = 250

  /// Runs the attempt of a run directory to its end; returns the process' exit code.
  ///
  /// A second supervisor on one directory ends at once, as does one whose attempt has ended.
  public static func main(runDirectory: String) -> Int32 {
    let lock = orch_open(runDirectory + "/lock", O_RDWR | O_CREAT, 0o600)
    guard lock >= 0 else { return 1 }
    guard takes(lock) else { return 0 }
    if RunFile.exists(runDirectory + "/exit.json") { return 0 }
    signal(SIGINT, SIG_IGN)
    signal(SIGHUP, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    _ = orch_become_subreaper()
    guard let json = RunFile.json(runDirectory + "/launch.json"),
      let launch = WorkerLaunch(json: json)
    else {
      let report = AgentReport()
      let exit = WorkerExit(
        reason: .notStarted, report: report, errorText: "launch.json cannot be read",
        endedAt: wallMilliseconds())
      RunFile.replace(runDirectory + "/exit.json", exit.json.canonicalBytes, durable: true)
      return 1
    }
    let identity: JSONValue = [
      "pid": .number(Int(getpid())), "started": .number(wallMilliseconds()),
    ]
    RunFile.replace(runDirectory + "/supervisor.json", identity.canonicalBytes, durable: false)
    var run = SupervisedRun(launch: launch, directory: runDirectory)
    let exit = run.run()
    RunFile.replace(runDirectory + "/exit.json", exit.json.canonicalBytes, durable: true)
    Bell.ring(launch.bell)
    return 0
  }
}

extension Supervisor {
  /// Takes the lock; waits a second, since a monitor holds it for an instant to look.
  private static func takes(_ lock: Int32) -> Bool {
    let deadline = orch_monotonic_ms() + 1000
    while orch_flock_exclusive(lock, false) != 0 {
      if orch_monotonic_ms() > deadline { return false }
      poll(nil, 0, 5)
    }
    return true
  }
}

/// A pipe on which anybody can wake the orchestrator.
public enum Bell {
  /// Writes one byte without waiting; nobody listening is no error.
  public static func ring(_ path: String?) {
    guard let path else { return }
    let descriptor = orch_open(path, O_WRONLY | O_NONBLOCK, 0)
    guard descriptor >= 0 else { return }
    var byte: UInt8 = 1
    _ = write(descriptor, &byte, 1)
    close(descriptor)
  }
}

/// One agent process from start to end.
private struct SupervisedRun {
  private let launch: WorkerLaunch
  private let directory: String
  private var parser: any TranscriptParser
  private var child: pid_t = 0
  private var status: Int32?
  private var reason = WorkerExit.Reason.exited
  private var errorTail: [UInt8] = []
  private var teardownStep = 0
  private var nextStepAt: Int64 = 0
  private var lastOutputAt: Int64 = 0
  private var lastProgressAt: Int64 = 0
  private var lastReport: AgentReport?
  private let startedAt = orch_monotonic_ms()

  init(launch: WorkerLaunch, directory: String) {
    self.launch = launch
    self.directory = directory
    parser = launch.parser
  }

  mutating func run() -> WorkerExit {
    var output: [Int32] = [-1, -1]
    var errors: [Int32] = [-1, -1]
    guard var log = OutputLog(path: directory + "/output.log"), pipe(&output) == 0,
      pipe(&errors) == 0
    else { return failed("no room for the agent's output", errno) }
    let input = orch_open(launch.inputFile ?? "/dev/null", O_RDONLY, 0)
    guard input >= 0 else { return failed("the prompt cannot be read", -input) }
    child = start(input: input, output: output[1], error: errors[1])
    for descriptor in [input, output[1], errors[1]] { close(descriptor) }
    guard child > 0 else { return failed("'\(launch.program)' cannot be started", -child) }
    lastOutputAt = orch_monotonic_ms()
    watch(output: output[0], error: errors[0], log: &log)
    log.finish(&parser)
    let leftovers = ProcessTree.killDescendants()
    let code = status.map(orch_wait_exit_code) ?? -1
    let signal = status.map(orch_wait_signal) ?? 0
    return WorkerExit(
      reason: reason, exitCode: code >= 0 ? Int(code) : nil,
      signal: signal > 0 ? Int(signal) : nil, report: parser.report,
      errorText: String(decoding: errorTail, as: UTF8.self), leftovers: leftovers,
      endedAt: wallMilliseconds())
  }

  private func failed(_ what: String, _ number: Int32) -> WorkerExit {
    var report = AgentReport()
    let kind: AgentFailureKind = number == ENOENT ? .notInstalled : .other
    report.failure = AgentFailure(kind, "\(what): \(String(cString: strerror(number)))")
    return WorkerExit(reason: .notStarted, report: report, endedAt: wallMilliseconds())
  }

  private func start(input: Int32, output: Int32, error: Int32) -> pid_t {
    let arguments = ([launch.program] + launch.arguments).map { strdup($0) } + [nil]
    var environment = launch.environment
    environment[ProcessTree.marker] = self.directory
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    return launch.program.withCString { program in
      launch.directory.withCString { directory in
        arguments.withUnsafeBufferPointer { arguments in
          variables.withUnsafeBufferPointer { variables in
            var request = orch_spawn_request()
            request.program = program
            request.arguments = arguments.baseAddress
            request.environment = variables.baseAddress
            request.directory = directory
            request.input = input
            request.output = output
            request.error = error
            request.dies_with_parent = true
            return orch_spawn(&request)
          }
        }
      }
    }
  }

  /// Reads and looks until the agent has ended and its output is read, or the drain time is over.
  private mutating func watch(output: Int32, error: Int32, log: inout OutputLog) {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    var open = [output, error]
    var endedAt: Int64?
    while true {
      var polls = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      poll(&polls, nfds_t(polls.count), Supervisor.tickMilliseconds)
      for entry in polls where entry.revents != 0 {
        let count = systemRead(entry.fd, &buffer)
        if count > 0 {
          lastOutputAt = orch_monotonic_ms()
          take(buffer[..<count], isError: entry.fd == error, log: &log)
        } else {
          close(entry.fd)
          open.removeAll { $0 == entry.fd }
        }
      }
      reap()
      let now = orch_monotonic_ms()
      if status != nil, endedAt == nil { endedAt = now }
      if let endedAt, open.isEmpty || now - endedAt > Supervisor.drainMilliseconds { break }
      if status == nil { enforce(now) }
      reportProgress(now)
      if open.isEmpty, status == nil { pauseOneTick() }
    }
    for descriptor in open { close(descriptor) }
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>, isError: Bool, log: inout OutputLog) {
    guard isError else { return log.take(bytes, &parser) }
    errorTail = Array((errorTail + bytes).suffix(16 * 1024))
  }

  private func pauseOneTick() { poll(nil, 0, Supervisor.tickMilliseconds) }

  /// Collects ended processes: the agent's status is kept, adopted orphans are let go.
  private mutating func reap() {
    var ended: Int32 = 0
    while true {
      let pid = waitpid(-1, &ended, WNOHANG)
      guard pid > 0 else { return }
      if pid == child { status = ended }
    }
  }

  private mutating func enforce(_ now: Int64) {
    if teardownStep == 0 {
      guard let cause = causeToStop(now) else { return }
      reason = cause.reason
      teardownStep = cause.isUrgent ? 2 : 0
      nextStepAt = now
    }
    guard now >= nextStepAt else { return }
    let signals = [SIGINT, SIGTERM, SIGKILL]
    kill(-child, signals[min(teardownStep, 2)])
    kill(child, signals[min(teardownStep, 2)])
    teardownStep += 1
    nextStepAt = now + Int64(launch.graceSeconds) * 1000
  }

  private func causeToStop(_ now: Int64) -> (reason: WorkerExit.Reason, isUrgent: Bool)? {
    if let bytes = RunFile.read(directory + "/stop") {
      return (.stopped, String(decoding: bytes, as: UTF8.self).hasPrefix("kill"))
    }
    if now - startedAt >= Int64(launch.timeoutSeconds) * 1000 { return (.timedOut, false) }
    if now - lastOutputAt >= Int64(launch.stallSeconds) * 1000 { return (.stalled, false) }
    let report = parser.report
    if let limit = launch.budgetUSD, let cost = report.costUSD, cost >= limit {
      return (.budget, false)
    }
    let tokens = (report.inputTokens ?? 0) + (report.outputTokens ?? 0)
    if let limit = launch.budgetTokens, tokens >= limit { return (.budget, false) }
    return nil
  }

  private mutating func reportProgress(_ now: Int64) {
    guard now - lastProgressAt >= Supervisor.progressMilliseconds, parser.report != lastReport
    else { return }
    lastProgressAt = now
    lastReport = parser.report
    let json: JSONValue = [
      "report": parser.report.json, "at": .number(wallMilliseconds()),
      "pid": .number(Int(child)),
    ]
    RunFile.replace(directory + "/progress.json", json.canonicalBytes, durable: false)
    Bell.ring(launch.bell)
  }
}
