public import JSON

/// Everything that a supervisor needs to run one attempt: the content of `launch.json`.
public struct WorkerLaunch: Sendable, Hashable {
  /// The agent's program, as an absolute path.
  public var program: String
  /// Its arguments, without the program's name.
  public var arguments: [String]
  /// Its whole environment.
  public var environment: [String: String]
  /// The worktree.
  public var directory: String
  /// The file on its standard input; nil is the null device.
  public var inputFile: String?
  /// Which parser reads its output: script, claude, codex or opencode.
  public var type: String
  /// The attempt's time, in seconds.
  public var timeoutSeconds = 3600
  /// The longest silence, in seconds.
  public var stallSeconds = 600
  /// The wait between interrupt, terminate and kill, in seconds.
  public var graceSeconds = 10
  /// The most money, in US dollars.
  public var budgetUSD: Double?
  /// The most tokens.
  public var budgetTokens: Int?
  /// A pipe that gets a byte when something happened.
  public var bell: String?

  /// The parts without defaults.
  public init(
    program: String, arguments: [String], environment: [String: String], directory: String,
    inputFile: String? = nil, type: String
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.inputFile = inputFile
    self.type = type
  }

  /// The form in `launch.json`.
  public var json: JSONValue {
    JSONValue.compact([
      "program": .string(program), "arguments": .texts(arguments),
      "environment": .object(environment.mapValues(JSONValue.string)),
      "directory": .string(directory), "input": inputFile.map(JSONValue.string),
      "type": .string(type), "timeout": .number(timeoutSeconds), "stall": .number(stallSeconds),
      "grace": .number(graceSeconds), "budget_usd": budgetUSD.map(JSONValue.double),
      "budget_tokens": budgetTokens.map(JSONValue.number), "bell": bell.map(JSONValue.string),
    ])
  }

  /// Reads the form in `launch.json`; nil if it is not whole.
  public init?(json: JSONValue) {
    guard let program = json["program"]?.string, let arguments = json["arguments"]?.strings,
      let environment = json["environment"]?.object, let directory = json["directory"]?.string,
      let type = json["type"]?.string
    else { return nil }
    self.init(
      program: program, arguments: arguments,
      environment: environment.compactMapValues(\.string), directory: directory,
      inputFile: json["input"]?.string, type: type)
    timeoutSeconds = json["timeout"]?.int ?? timeoutSeconds
    stallSeconds = json["stall"]?.int ?? stallSeconds
    graceSeconds = json["grace"]?.int ?? graceSeconds
    budgetUSD = json["budget_usd"]?.double
    budgetTokens = json["budget_tokens"]?.int
    bell = json["bell"]?.string
  }

  /// The parser for this agent's output.
  public var parser: any TranscriptParser {
    switch type {
    case "claude": ClaudeParser()
    case "codex": CodexParser()
    case "opencode": OpencodeParser()
    default: ScriptParser()
    }
  }
}

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
  /// Milliseconds since 1970.
  public var endedAt: Int

  /// All parts.
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
      "stderr": .string(errorText), "leftovers": .number(leftovers), "ended": .number(endedAt),
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
  }
}
