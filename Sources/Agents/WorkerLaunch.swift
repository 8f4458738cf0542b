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
  /// The longest waiting for turns and answers that is not charged, in seconds.
  public var waitSeconds = 14_400
  /// The wait between interrupt, terminate and kill, in seconds.
  public var graceSeconds = 10
  /// The most money, in US dollars.
  public var budgetUSD: Double?
  /// The most tokens.
  public var budgetTokens: Int?
  /// What tokens cost, for agents that do not say it themselves, where their model has no price of its own.
  public var price: TokenPrice?
  /// What tokens cost by model, for agents that say which they use.
  public var prices: [String: TokenPrice] = [:]
  /// US dollars that a resumed session had cost before; not charged to this run.
  public var earlierUSD = 0.0
  /// Tokens that a resumed session had used before; not charged to this run.
  public var earlierTokens = 0
  /// Those of them that were read.
  public var earlierInputTokens = 0
  /// The size in bytes at which the output's log is begun anew; one older part is kept.
  public var logBytes = 16 << 20
  /// A pipe that gets a byte when something happened.
  public var bell: String?
  /// Shapes of secrets by name, which are taken out of its output besides the built-in ones.
  public var secretPatterns: [String: String] = [:]
  /// Variables of its environment whose values are secret whatever they are called.
  public var secretVariables: [String] = []

  /// What it may use of the machine.
  public var limits = ResourceLimits()
  /// True if the program is a sandbox: only what runs in it is told to end, until it is killed.
  public var isSandboxed = false
  /// The control group that it gets; nil is none.
  public var controlGroup: ControlGroup?
  /// The container that it runs in; nil is none.
  public var container: ContainerHandle?
  /// The id of what was noted of the repository before it began; nil if nothing was.
  public var pictureID: String?
  /// Whom a proxy for it lets through; nil is no proxy.
  public var proxy: ProxyRules?

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
      "grace": .number(graceSeconds), "wait": .number(waitSeconds),
      "budget_usd": budgetUSD.map(JSONValue.double),
      "budget_tokens": budgetTokens.map(JSONValue.number), "price": price?.json,
      "prices": .object(prices.mapValues(\.json)),
      "earlier_usd": .double(earlierUSD), "earlier_tokens": .number(earlierTokens),
      "earlier_input_tokens": .number(earlierInputTokens),
      "log_bytes": .number(logBytes), "bell": bell.map(JSONValue.string),
      "secret_patterns": .object(secretPatterns.mapValues(JSONValue.string)),
      "secret_variables": .texts(secretVariables), "sandboxed": .bool(isSandboxed),
      "proxy": proxy?.json, "limits": limits.json, "picture": pictureID.map(JSONValue.string),
      "container": container?.json, "control_group": controlGroup?.json,
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
    waitSeconds = json["wait"]?.int.map { min(max(0, $0), Int(Int32.max)) } ?? waitSeconds
    budgetUSD = json["budget_usd"]?.double
    budgetTokens = json["budget_tokens"]?.int
    price = json["price"].flatMap(TokenPrice.init)
    prices = json["prices"]?.object?.compactMapValues(TokenPrice.init) ?? [:]
    earlierUSD = json["earlier_usd"]?.double ?? earlierUSD
    earlierTokens = json["earlier_tokens"]?.int ?? earlierTokens
    earlierInputTokens = json["earlier_input_tokens"]?.int ?? 0
    logBytes = json["log_bytes"]?.int ?? logBytes
    bell = json["bell"]?.string
    secretPatterns = json["secret_patterns"]?.object?.compactMapValues(\.string) ?? [:]
    secretVariables = json["secret_variables"]?.strings ?? []
    isSandboxed = json["sandboxed"]?.bool ?? false
    proxy = json["proxy"].flatMap(ProxyRules.init)
    limits = json["limits"].map(ResourceLimits.init) ?? limits
    pictureID = json["picture"]?.string
    container = json["container"].flatMap(ContainerHandle.init)
    controlGroup = json["control_group"].flatMap(ControlGroup.init)
  }

  /// The largest file that it may write, in bytes; nil is no limit.
  ///
  /// Within walls every file that it can write counts: none may be larger than all of them, however short it
  /// lives. Outside, it may be told to write what does not count.
  var largestFile: Int? { isSandboxed && container == nil ? limits.diskBytes : nil }

  /// The variables of the process that is started: the worker's own, or those of a client of an engine.
  var processEnvironment: [String: String] { container?.variables ?? environment }

  /// The parser for this agent's output.
  public var parser: any TranscriptParser {
    switch type {
    case "claude": ClaudeParser()
    case "codex": CodexParser()
    case "opencode": OpencodeParser()
    default: ScriptParser()
    }
  }

  /// US dollars: what the agent says, or what its tokens cost at the price of the model that it says it uses.
  private func usd(_ report: AgentReport) -> Double? {
    report.usd(at: report.model.flatMap { TokenPrice.of($0, in: prices) } ?? price)
  }

  /// Notes what a resumed session had used before, as its last run said.
  public mutating func charge(_ earlier: WorkerExit) {
    let report = earlier.report
    earlierUSD = usd(report) ?? 0
    earlierTokens = report.tokens
    earlierInputTokens = report.inputTokens ?? 0
  }

  /// The same report with what this run alone is charged with: its tokens, and its money by the agent's own
  /// word or by the price of its tokens.
  public func charged(_ report: AgentReport) -> AgentReport {
    var charged = report
    let usesSession = report.tokenScope == .session
    if let input = report.inputTokens, usesSession {
      charged.inputTokens = max(0, input - earlierInputTokens)
    }
    if let output = report.outputTokens, usesSession {
      charged.outputTokens = max(0, output - (earlierTokens - earlierInputTokens))
    }
    if let usd = usd(report) {
      let scope = report.costUSD == nil ? report.tokenScope : report.costScope
      charged.costUSD = max(0, usd - (scope == .session ? earlierUSD : 0))
    }
    charged.costScope = .run
    charged.tokenScope = .run
    return charged
  }

  /// True if a report reaches a budget; what a resumed session cost before does not count.
  func isSpent(_ report: AgentReport) -> Bool {
    if let limit = budgetUSD, let usd = usd(report) {
      // A cost that is made of tokens counts what the tokens count.
      let scope = report.costUSD == nil ? report.tokenScope : report.costScope
      if usd - (scope == .session ? earlierUSD : 0) >= limit { return true }
    }
    guard let limit = budgetTokens, report.inputTokens != nil || report.outputTokens != nil else {
      return false
    }
    return report.tokens - (report.tokenScope == .session ? earlierTokens : 0) >= limit
  }
}
