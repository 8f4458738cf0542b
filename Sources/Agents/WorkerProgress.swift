public import JSON

/// What a running worker's supervisor last wrote of it: the content of `progress.json`.
public struct WorkerProgress: Sendable, Hashable {
  /// What the supervisor is doing.
  public enum Phase: String, Sendable, Hashable {
    /// The agent runs.
    case running
    /// A command of the agent waits its turn; its time is not charged.
    case waiting
    /// The agent is being ended.
    case stopping
    /// The agent has ended; what it started is.
    case ending
  }

  /// What the supervisor is doing.
  public var phase: Phase
  /// What the agent's output amounts to so far, its text cut short.
  public var report: AgentReport
  /// The agent's process.
  public var process: Int
  /// Bytes that it has printed.
  public var bytes: Int
  /// When it last printed something, in milliseconds since 1970.
  public var lastOutputAt: Int
  /// Time that it is charged with, in milliseconds.
  public var chargedMilliseconds: Int
  /// US dollars that it is charged with; nil while nothing is known.
  public var chargedUSD: Double?
  /// When this was written, in milliseconds since 1970.
  public var writtenAt: Int

  /// How old what a supervisor writes may become before it is in doubt, in milliseconds.
  public static let doubtMilliseconds = 60_000

  /// True if the supervisor, which is alive, has written nothing for long: stopped, or starved.
  public func isInDoubt(now: Int) -> Bool { now - writtenAt > Self.doubtMilliseconds }

  /// The form in `progress.json`.
  public var json: JSONValue {
    JSONValue.compact([
      "phase": .string(phase.rawValue), "report": report.json, "pid": .number(process),
      "bytes": .number(bytes), "last_output": .number(lastOutputAt),
      "charged": .number(chargedMilliseconds), "charged_usd": chargedUSD.map(JSONValue.double),
      "at": .number(writtenAt),
    ])
  }
}

extension WorkerProgress {
  /// Reads the form in `progress.json`; nil if it is not whole.
  public init?(json: JSONValue) {
    guard let phase = json["phase"]?.string.flatMap(Phase.init), let report = json["report"],
      let process = json["pid"]?.int, let written = json["at"]?.int
    else { return nil }
    self.phase = phase
    self.report = AgentReport(json: report)
    self.process = process
    bytes = json["bytes"]?.int ?? 0
    lastOutputAt = json["last_output"]?.int ?? written
    chargedMilliseconds = json["charged"]?.int ?? 0
    chargedUSD = json["charged_usd"]?.double
    writtenAt = written
  }
}

extension RunDirectory {
  /// What the supervisor last wrote; nil before it wrote anything.
  var storedProgress: WorkerProgress? {
    RunFile.json(progress).flatMap { WorkerProgress(json: $0) }
  }
}
