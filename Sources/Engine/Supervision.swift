internal import Agents
internal import Dispatch
internal import GitState
internal import Synchronization

/// The workers that this process is seeing to their end, so that all can be asked to stop.
final class Supervision: Sendable {
  private let monitors = Mutex<Set<WorkerMonitor>>([])

  func begin(_ monitor: WorkerMonitor) { monitors.withLock { _ = $0.insert(monitor) } }

  func end(_ monitor: WorkerMonitor) { monitors.withLock { _ = $0.remove(monitor) } }

  var all: Set<WorkerMonitor> { monitors.withLock { $0 } }
}

extension EffectRunner {
  /// How often a worker is looked at, in milliseconds.
  static let lookMilliseconds = 50

  /// The pipe on which supervisors and commands wake a running orchestrator.
  var bellPath: String { folder.path + "/bell" }

  /// Starts a prepared worker's supervisor if need be, and waits for the worker's end.
  ///
  /// `onProgress` is called when what the worker has printed amounts to something new.
  func end(
    of monitor: WorkerMonitor, onProgress: (AgentReport) -> Void = { _ in }
  ) async throws -> WorkerExit {
    supervision.begin(monitor)
    defer { supervision.end(monitor) }
    var last: AgentReport?
    while true {
      switch monitor.state() {
      case .finished(let exit): return exit
      case .notStarted: try await startSupervisor(monitor)
      case .lost: monitor.recordLoss()
      case .running(let report):
        if report != last { onProgress(report) }
        last = report
        try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
      }
    }
  }

  /// Starting waits for the supervisor to come up: on a thread of its own.
  private func startSupervisor(_ monitor: WorkerMonitor) async throws {
    let program = options.program
    let environment = EnvironmentPolicy.environment(from: options.environment, type: "script")
    let result = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          returning: Result { () throws(AgentError) in
            try monitor.start(program: program, environment: environment)
          })
      }
    }
    try result.get()
  }

  /// Asks every worker to stop; what each leaves is kept as a checkpoint.
  func stopWorkers() async {
    for monitor in supervision.all { monitor.requestStop(.interrupt) }
  }
}
