internal import Agents
internal import Dispatch
internal import GitState
internal import Synchronization
internal import Workflow

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The workers that this process is seeing to their end, so that all can be asked to stop.
final class Supervision: Sendable {
  private struct Wait {
    var continuation: CheckedContinuation<Void, Never>
    var alarm: Task<Void, Never>
  }

  private struct State {
    var monitors: Set<WorkerMonitor> = []
    var isStopping = false
    var rings = 0
    var waits = 0
    var waiting: [Int: Wait] = [:]
  }

  private let state = Mutex(State())

  /// Sees a worker to its end; one that comes after the others were asked to stop is asked too.
  func begin(_ monitor: WorkerMonitor) {
    let isStopping = state.withLock { state in
      state.monitors.insert(monitor)
      return state.isStopping
    }
    if isStopping { monitor.requestStop(.interrupt) }
  }

  func end(_ monitor: WorkerMonitor) { state.withLock { _ = $0.monitors.remove(monitor) } }

  /// True once all were asked to stop.
  var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Asks all to stop, and those that are still to come, as a run that has just begun adopts them.
  func stop() {
    let monitors = state.withLock { state in
      state.isStopping = true
      return state.monitors
    }
    for monitor in monitors { monitor.requestStop(.interrupt) }
  }

  /// How often the bell has rung.
  var rings: Int { state.withLock { $0.rings } }

  /// A worker may have ended: all look at once.
  func ring() {
    let waiting = state.withLock { state in
      state.rings += 1
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for wait in waiting {
      wait.alarm.cancel()
      wait.continuation.resume()
    }
  }

  /// Waits until the bell has rung more than `rings` times, or so long.
  func pause(after rings: Int, milliseconds: Int) async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        guard state.rings == rings else { return true }
        state.waits += 1
        let number = state.waits
        let alarm = Task {
          try? await Task.sleep(for: .milliseconds(milliseconds))
          wake(number)
        }
        state.waiting[number] = Wait(continuation: continuation, alarm: alarm)
        return false
      }
      if isOver { continuation.resume() }
    }
  }

  private func wake(_ number: Int) {
    state.withLock { $0.waiting.removeValue(forKey: number) }?.continuation.resume()
  }
}

extension EffectRunner {
  /// How soon a worker is looked at if nobody rings, in milliseconds; the wait doubles to the longest.
  static let firstLookMilliseconds = 10
  /// The longest wait, in milliseconds.
  static let longestLookMilliseconds = 1000
  /// The time between two looks at one worker, however often the bell rings.
  static let looksApart = Duration.milliseconds(40)

  /// The pipe on which supervisors and commands wake a running orchestrator.
  var bellPath: String { folder.path + "/bell" }

  /// Starts a prepared worker's supervisor if need be, and waits for the worker's end.
  ///
  /// `onProgress` is called when what the worker has printed amounts to something new, and while a command of
  /// it waits. Throws `AgentError.file` if the end of a killed worker cannot be stored and this run is to stop: the
  /// next one finds the worker as it is.
  func end(
    of monitor: WorkerMonitor, onProgress: (AgentReport, _ isWaiting: Bool) -> Void = { _, _ in }
  ) async throws -> WorkerExit {
    supervision.begin(monitor)
    defer { supervision.end(monitor) }
    var last: AgentReport?
    var wait = Self.firstLookMilliseconds
    var isLossReported = false
    var wasWaiting = false
    while true {
      let rings = supervision.rings
      let looked = ContinuousClock.now
      switch monitor.state() {
      case .finished(let exit): return exit
      case .notStarted: try await startSupervisor(monitor)
      case .lost:
        if monitor.recordLoss() { continue }
        let problem = AgentError.file(path: monitor.directory, number: errno)
        guard monitor.state() == .lost else { continue }
        if supervision.isStopping { throw problem }
        if !isLossReported {
          report(
            FailureText.isOfFullDisk(problem)
              ? .diskFull(problem)
              : .note(
                "the end of a killed worker is not stored: \(Explain.agent(problem)); tried on"))
          isLossReported = true
        }
        await supervision.pause(after: rings, milliseconds: Self.longestLookMilliseconds)
      case .running(let report):
        let isWaiting = monitor.progress()?.phase == .waiting
        if report != last || isWaiting || wasWaiting { onProgress(report, isWaiting) }
        last = report
        wasWaiting = isWaiting
        await supervision.pause(after: rings, milliseconds: wait)
        if wait > Self.firstLookMilliseconds {
          try await Task.sleep(until: looked + Self.looksApart, clock: .continuous)
        }
        wait = min(2 * wait, Self.longestLookMilliseconds)
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

  /// Asks a task's running worker to stop.
  func stopWorker(of task: TaskView) {
    guard let token = task.attempts.last?.token else { return }
    WorkerMonitor(directory: folder.runDirectory(task: task.id, token: token))
      .requestStop(.interrupt)
  }

}
