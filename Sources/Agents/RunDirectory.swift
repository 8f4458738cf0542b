internal import CPlatform
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The files of one attempt's run directory, by name.
struct RunDirectory: Sendable, Hashable {
  let path: String

  var launch: String { path + "/launch.json" }
  var lock: String { path + "/lock" }
  var supervisor: String { path + "/supervisor.json" }
  var supervisorLog: String { path + "/supervisor.log" }
  var output: String { path + "/output.log" }
  var olderOutput: String { path + "/output.1.log" }
  var errors: String { path + "/error.log" }
  var olderErrors: String { path + "/error.1.log" }
  var tools: String { path + "/tools.ndjson" }
  var olderTools: String { path + "/tools.1.ndjson" }
  var progress: String { path + "/progress.json" }
  var exit: String { path + "/exit.json" }
  var stop: String { path + "/stop" }
  var waiting: String { path + "/waiting" }
  var fence: String { path + "/fence" }
  var descendants: String { path + "/descendants" }

  /// The end that is recorded; nil while there is none.
  var storedExit: WorkerExit? { RunFile.json(exit).flatMap(WorkerExit.init) }

  /// Who was at work, as the supervisor wrote it down; nil before it did.
  var storedIdentity: WorkerIdentity? { RunFile.json(supervisor).flatMap(WorkerIdentity.init) }

  /// Writes down who supervises, and the agent once there is one.
  func storeIdentity(agent: pid_t?) -> Bool {
    RunFile.replace(
      supervisor, WorkerIdentity(agent: agent).json.canonicalBytes, durable: false)
  }

  /// Takes the supervisor's lock; nil if another holds it.
  ///
  /// Waits for up to `milliseconds`, since whoever looks at the lock holds it for an instant.
  func takeLock(milliseconds: Int64) -> Int32? {
    let descriptor = orch_open(lock, O_RDWR | O_CREAT, 0o600)
    guard descriptor >= 0 else { return nil }
    let deadline = orch_monotonic_ms() + milliseconds
    while orch_flock_exclusive(descriptor, false) != 0 {
      if orch_monotonic_ms() > deadline {
        close(descriptor)
        return nil
      }
      poll(nil, 0, 5)
    }
    return descriptor
  }

  /// True while a supervisor holds its lock: the kernel gives it up when the supervisor ends.
  var isSupervised: Bool {
    let descriptor = orch_open(lock, O_RDWR, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return orch_flock_shared(descriptor, false) == EWOULDBLOCK
  }

  /// True while a command of the worker holds its clock (`ClockHold`).
  var isWaiting: Bool {
    let descriptor = orch_open(waiting, O_RDWR, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return orch_flock_exclusive(descriptor, false) == EWOULDBLOCK
  }
}
