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
/// `output.log`, `error.log`, `tools.ndjson`, `progress.json` and `exit.json` (written), and `stop` and
/// `waiting` and `fence` (looked for).
public enum Supervisor {
  /// How often the end is tried to be written while the disk is full, in seconds.
  static let maximumExitTries = 60
  /// How often it is tried once somebody wants this process to end.
  static let hurriedExitTries = 3
  /// How long the lock is tried for, in milliseconds: a monitor holds it for an instant to look.
  static let lockMilliseconds: Int64 = 1000

  /// Runs the attempt of a run directory to its end; returns the process' exit code.
  ///
  /// A second supervisor on one directory ends at once, as does one whose attempt has ended. One that
  /// finds that an earlier one was killed records the loss: an attempt is never run twice.
  public static func main(runDirectory: String) -> Int32 {
    let directory = RunDirectory(path: runDirectory)
    guard let lock = directory.takeLock(milliseconds: lockMilliseconds) else {
      return RunFile.exists(directory.lock) ? 0 : 1
    }
    defer { close(lock) }
    if directory.storedExit != nil { return 0 }
    if RunFile.exists(directory.supervisor) {
      return store(WorkerLoss.end(of: directory), in: directory) ? 0 : 1
    }
    prepareProcess()
    guard directory.storeIdentity(agent: nil) else { return 1 }
    guard let launch = RunFile.json(directory.launch).flatMap(WorkerLaunch.init) else {
      var exit = WorkerExit(reason: .notStarted, endedAt: wallMilliseconds())
      exit.report.failure = AgentFailure(.other, "'launch.json' cannot be read")
      _ = store(exit, in: directory)
      return 1
    }
    var run = SupervisedRun(launch: launch, directory: directory)
    let isStored = store(run.run(), in: directory)
    Bell.ring(launch.bell)
    return isStored ? 0 : 1
  }

  /// Signals are noted and looked for, not obeyed at once: the agent must be ended first.
  private static func prepareProcess() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGCHLD, SIG_DFL)
    var signals = stopSignals
    sigprocmask(SIG_BLOCK, &signals, nil)
    _ = orch_become_subreaper()
  }

  private static var stopSignals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    return signals
  }

  /// True if somebody asked this process to end.
  static var isAskedToEnd: Bool {
    var pending = sigset_t()
    guard sigpending(&pending) == 0 else { return false }
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1
  }

  /// Stores the end durably; a full disk is given time.
  private static func store(_ exit: WorkerExit, in directory: RunDirectory) -> Bool {
    for tries in 1...maximumExitTries {
      if RunFile.replace(directory.exit, exit.json.canonicalBytes, durable: true) { return true }
      guard RunFile.exists(directory.path) else { return false }
      if isAskedToEnd, tries >= hurriedExitTries { return false }
      // What was kept of the output is worth less than the end of the attempt.
      unlink(directory.olderOutput)
      poll(nil, 0, 1000)
    }
    return false
  }
}
