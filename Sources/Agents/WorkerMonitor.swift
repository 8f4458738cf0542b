internal import CPlatform
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What is known of a worker from its run directory.
public enum WorkerState: Sendable, Hashable {
  /// No supervisor has begun.
  case notStarted
  /// It runs; the report is what it has printed so far.
  case running(AgentReport)
  /// It has ended.
  case finished(WorkerExit)
  /// Its supervisor died without a word, and the agent with it.
  case lost
}

/// How a worker is asked to stop.
public enum StopRequest: String, Sendable, Hashable {
  /// Interrupt, then terminate, then kill.
  case interrupt
  /// Kill at once.
  case kill
}

/// Looks at, starts and stops a worker through its run directory; any process may, at any time.
public struct WorkerMonitor: Sendable, Hashable {
  /// How long a supervisor may take to begin, in milliseconds.
  static let startMilliseconds: Int64 = 20_000

  /// The run directory.
  public let directory: String

  /// The worker of a run directory, which need not exist.
  public init(directory: String) { self.directory = directory }

  /// What is known now.
  public func state() -> WorkerState {
    if let exit = storedExit { return .finished(exit) }
    guard RunFile.exists(directory + "/lock") else { return .notStarted }
    if isSupervised { return .running(progress) }
    // It may have ended between the two looks.
    if let exit = storedExit { return .finished(exit) }
    return RunFile.exists(directory + "/supervisor.json") ? .lost : .notStarted
  }

  /// The files of an attempt's output, newest last.
  public var outputLog: String { directory + "/output.log" }

  /// Stores what is to be run; durable when it returns.
  ///
  /// Throws `AgentError.file`.
  public func prepare(_ launch: WorkerLaunch) throws(AgentError) {
    guard RunFile.makeFolders(directory),
      RunFile.replace(directory + "/launch.json", launch.json.canonicalBytes, durable: true)
    else { throw .file(path: directory + "/launch.json", number: errno) }
  }

  /// True once `prepare` has returned: what is to be run is stored.
  public var isPrepared: Bool { RunFile.exists(directory + "/launch.json") }

  /// A file of the run directory as text; nil if it is missing.
  public func storedText(_ name: String) -> String? {
    RunFile.read(directory + "/" + name).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Stores a file in the run directory and returns its path.
  ///
  /// Throws `AgentError.file`.
  public func store(_ text: String, as name: String) throws(AgentError) -> String {
    let path = directory + "/" + name
    guard RunFile.makeFolders(directory), RunFile.replace(path, Array(text.utf8), durable: false)
    else { throw .file(path: path, number: errno) }
    return path
  }

  /// Starts the supervisor unless one runs or the attempt has ended; returns when one runs.
  ///
  /// `program` is orch itself. Throws `AgentError.supervisor` if it does not come up.
  public func start(
    program: String, arguments: [String] = [], environment: [String: String]
  ) throws(AgentError) {
    switch state() {
    case .running, .finished: return
    case .notStarted, .lost: break
    }
    let words = [program] + arguments + ["supervise", directory]
    let pointers = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in pointers + variables { free(text) } }
    let status = pointers.withUnsafeBufferPointer { words in
      variables.withUnsafeBufferPointer { variables in
        orch_spawn_detached(program, words.baseAddress, variables.baseAddress, "/")
      }
    }
    guard status == 0 else { throw .supervisor(program: program, number: status) }
    let deadline = orch_monotonic_ms() + Self.startMilliseconds
    while orch_monotonic_ms() < deadline {
      if RunFile.exists(directory + "/supervisor.json") || storedExit != nil { return }
      poll(nil, 0, 2)
    }
    throw .supervisor(program: program, number: ETIMEDOUT)
  }

  /// Asks the worker to stop; it may take the grace times until it has.
  public func requestStop(_ request: StopRequest) {
    RunFile.replace(directory + "/stop", Array(request.rawValue.utf8), durable: false)
  }

  /// Records the end of a worker whose supervisor died, and kills what it left running.
  public func recordLoss() {
    ProcessTree.killMarked(directory)
    let exit = WorkerExit(
      reason: .lost, report: progress, errorText: "the supervisor was killed",
      endedAt: wallMilliseconds())
    RunFile.replace(directory + "/exit.json", exit.json.canonicalBytes, durable: true)
  }

  private var storedExit: WorkerExit? {
    RunFile.json(directory + "/exit.json").flatMap(WorkerExit.init)
  }

  private var progress: AgentReport {
    let json = RunFile.json(directory + "/progress.json")
    return json?["report"].map(AgentReport.init) ?? AgentReport()
  }

  /// True while a supervisor holds the lock: the kernel gives it up when the supervisor ends.
  private var isSupervised: Bool {
    let descriptor = orch_open(directory + "/lock", O_RDWR, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return orch_flock_exclusive(descriptor, false) == EWOULDBLOCK
  }
}

/// Why an agent program could not be run.
public enum AgentError: Error, Sendable, Hashable {
  /// The program is not on the PATH; the hint says how to install it.
  case notInstalled(agent: String, program: String, hint: String)
  /// The configuration of the agent is not complete.
  case misconfigured(agent: String, reason: String)
  /// A file could not be used; `number` is errno.
  case file(path: String, number: Int32)
  /// orch's own supervisor did not come up; `number` is errno.
  case supervisor(program: String, number: Int32)
}
