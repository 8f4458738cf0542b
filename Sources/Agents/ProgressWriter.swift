internal import JSON

/// Writes `progress.json`: soon when something is new, now and then as a sign of life.
struct ProgressWriter {
  /// The least time between two versions, in milliseconds.
  static let leastMilliseconds: Int64 = 250
  /// The most time between two versions, in milliseconds.
  static let mostMilliseconds: Int64 = 10_000
  /// The part of the agent's text that is written, in bytes.
  static let textBytes = 4096

  private let path: String
  private let bell: String?
  private var lastReport: AgentReport?
  private var lastPhase: WorkerProgress.Phase?
  private var writtenAt: Int64?

  init(path: String, bell: String?) {
    self.path = path
    self.bell = bell
  }

  /// Writes what `make` returns if it is time, and wakes the orchestrator if it says something new.
  mutating func write(now: Int64, isForced: Bool, _ make: () -> WorkerProgress) {
    let age = writtenAt.map { now - $0 } ?? .max
    guard isForced || age >= Self.leastMilliseconds else { return }
    var progress = make()
    let isNew = progress.report != lastReport || progress.phase != lastPhase
    guard isNew || age >= Self.mostMilliseconds else { return }
    lastReport = progress.report
    lastPhase = progress.phase
    writtenAt = now
    progress.report = progress.report.withText(limitedTo: Self.textBytes)
    RunFile.replace(path, progress.json.canonicalBytes, durable: false)
    if isNew { Bell.ring(bell) }
  }
}
