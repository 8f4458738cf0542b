internal import CPlatform
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Looks at, starts and stops a worker through its run directory; any process may, at any time.
public struct WorkerMonitor: Sendable, Hashable {
  /// How long a supervisor may take to begin, in milliseconds.
  static let startMilliseconds: Int64 = 20_000

  /// The run directory.
  public let directory: String

  /// The worker of a run directory, which need not exist.
  public init(directory: String) { self.directory = directory }

  private var files: RunDirectory { RunDirectory(path: directory) }

  /// What is known now.
  public func state() -> WorkerState {
    if let exit = files.storedExit { return .finished(exit) }
    guard RunFile.exists(files.lock) else { return .notStarted }
    if files.isSupervised { return .running(files.storedProgress?.report ?? AgentReport()) }
    // It may have ended between the two looks.
    if let exit = files.storedExit { return .finished(exit) }
    return RunFile.exists(files.supervisor) ? .lost : .notStarted
  }

  /// What the supervisor last wrote of a running worker; nil before it wrote anything.
  public func progress() -> WorkerProgress? { files.storedProgress }

  /// The newest part of the agent's output.
  public var outputLog: String { files.output }

  /// The part before it, if there is one.
  public var olderOutputLog: String { files.olderOutput }

  /// The agent's tool calls in short, one JSON object a line: `at` (milliseconds since 1970), `tool`, and
  /// `outcome` once it is known.
  public var toolLog: String { files.tools }

  /// The last tool calls in short, the newest last; those of a run that was long ago may be gone.
  public func toolCalls(last limit: Int) -> [ToolCall] {
    var result: [ToolCall] = []
    for path in [files.tools, files.olderTools] where result.count < limit {
      let lines = (RunFile.read(path) ?? []).split(separator: UInt8(ascii: "\n"))
      let calls = lines.suffix(limit - result.count).compactMap { line in
        (try? JSONValue(parsing: line)).flatMap(ToolCall.init)
      }
      result = calls + result
    }
    return result
  }

  /// Stores what is to be run; durable when it returns.
  ///
  /// Throws `AgentError.file`.
  public func prepare(_ launch: WorkerLaunch) throws(AgentError) {
    guard RunFile.makeFolders(directory),
      RunFile.replace(files.launch, launch.json.canonicalBytes, durable: true)
    else { throw .file(path: files.launch, number: errno) }
  }

  /// True once `prepare` has returned: what is to be run is stored.
  public var isPrepared: Bool { RunFile.exists(files.launch) }

  /// What was to be run; nil before `prepare` has returned.
  public var launch: WorkerLaunch? { RunFile.json(files.launch).flatMap(WorkerLaunch.init) }

  /// The recorded end; nil while there is none.
  public var exit: WorkerExit? { files.storedExit }

  /// True if a folder holds no more than a number of bytes; nil is no limit.
  public static func isSmall(_ folder: String, _ limit: Int?) -> Bool {
    limit.map { ResourceUse.disk(folder) <= $0 } ?? true
  }

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
  /// `program` is orch itself. One that was killed is not started again: its attempt may have run.
  /// Throws `AgentError.supervisor` if it does not come up.
  public func start(
    program: String, arguments: [String] = [], environment: [String: String]
  ) throws(AgentError) {
    guard case .notStarted = state() else { return }
    let log = orch_open(files.supervisorLog, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    let status = AgentProcess.startDetached(
      [program] + arguments + ["supervise", directory], environment: environment, error: log)
    if log >= 0 { close(log) }
    guard status == 0 else { throw .supervisor(program: program, number: status) }
    let deadline = orch_monotonic_ms() + Self.startMilliseconds
    while orch_monotonic_ms() < deadline {
      if RunFile.exists(files.supervisor) || files.storedExit != nil { return }
      poll(nil, 0, 2)
    }
    throw .supervisor(program: program, number: ETIMEDOUT)
  }

  /// Asks the worker to stop; it may take the grace times until it has.
  ///
  /// A request to kill after one to interrupt hurries it; the other way round changes nothing. Where nothing can be
  /// written, its supervisor is told by a signal.
  public func requestStop(_ request: StopRequest) {
    if request == .interrupt, RunFile.exists(files.stop) { return }
    if RunFile.replace(files.stop, Array(request.rawValue.utf8), durable: false) { return }
    guard let identity = files.storedIdentity, identity.isOfThisWorld, files.isSupervised,
      let start = identity.started,
      WorkerIdentity.Process(pid: identity.supervisor, start: start).isAlive
    else { return }
    kill(identity.supervisor, SIGTERM)
  }

  /// Records the end of a worker whose supervisor died, and kills what it left running.
  ///
  /// Returns false, and changes nothing, if it has an end or a supervisor, or the disk is full.
  @discardableResult
  public func recordLoss() -> Bool {
    guard let lock = files.takeLock(milliseconds: Supervisor.lockMilliseconds) else { return false }
    defer { close(lock) }
    guard files.storedExit == nil else { return false }
    let exit = WorkerLoss.end(of: files)
    return RunFile.replace(files.exit, exit.json.canonicalBytes, durable: true)
  }
}
