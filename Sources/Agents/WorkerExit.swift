public import JSON

/// How a worker's process ended: the content of `exit.json`.
public struct WorkerExit: Sendable, Hashable {
  /// Who or what ended it.
  public enum Reason: String, Sendable, Hashable, CaseIterable {
    /// It ended by itself.
    case exited
    /// Its time was up.
    case timedOut = "timed_out"
    /// It was silent for too long.
    case stalled
    /// A budget was reached.
    case budget
    /// It was asked to stop.
    case stopped
    /// It could not be started.
    case notStarted = "not_started"
    /// It used more of the machine than it may.
    case overLimit = "over_limit"
    /// Its supervisor died, and it with it.
    case lost
  }

  /// Who or what ended it.
  public var reason: Reason
  /// The exit code; nil if a signal ended it.
  public var exitCode: Int?
  /// The signal that ended it.
  public var signal: Int?
  /// What its output amounts to.
  public var report: AgentReport
  /// The end of its standard error.
  public var errorText: String
  /// Processes that it left behind and that were killed.
  public var leftovers: Int
  /// Those processes in short: number and name.
  public var leftoverNames: [String] = []
  /// Which limit it passed, in words.
  public var limit: String?
  /// What the launch said of the repository's picture, as the supervisor had read it before the agent began.
  public var pictureID: String?
  /// When the supervisor began, in milliseconds since 1970; nil if it did not say.
  public var startedAt: Int?
  /// Milliseconds since 1970.
  public var endedAt: Int

  /// The parts without defaults.
  public init(
    reason: Reason, exitCode: Int? = nil, signal: Int? = nil, report: AgentReport = AgentReport(),
    errorText: String = "", leftovers: Int = 0, endedAt: Int
  ) {
    self.reason = reason
    self.exitCode = exitCode
    self.signal = signal
    self.report = report
    self.errorText = errorText
    self.leftovers = leftovers
    self.endedAt = endedAt
  }

  /// The form in `exit.json`.
  public var json: JSONValue {
    JSONValue.compact([
      "reason": .string(reason.rawValue), "exit_code": exitCode.map(JSONValue.number),
      "signal": signal.map(JSONValue.number), "report": report.json,
      "stderr": .string(errorText), "leftovers": .number(leftovers),
      "leftover_names": .texts(leftoverNames), "started": startedAt.map(JSONValue.number),
      "ended": .number(endedAt), "limit": limit.map(JSONValue.string),
      "picture": pictureID.map(JSONValue.string),
    ])
  }

  /// Reads the form in `exit.json`; nil if it is not whole.
  public init?(json: JSONValue) {
    guard let reason = json["reason"]?.string.flatMap(Reason.init), let report = json["report"],
      let ended = json["ended"]?.int
    else { return nil }
    self.init(
      reason: reason, exitCode: json["exit_code"]?.int, signal: json["signal"]?.int,
      report: AgentReport(json: report), errorText: json["stderr"]?.string ?? "",
      leftovers: json["leftovers"]?.int ?? 0, endedAt: ended)
    leftoverNames = json["leftover_names"]?.strings ?? []
    startedAt = json["started"]?.int
    limit = json["limit"]?.string
    pictureID = json["picture"]?.string
  }
}
