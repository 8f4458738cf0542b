internal import JSON

/// Output of Claude Code 2 with `--output-format stream-json` or `json`.
///
/// Its cost is cumulative over a session that is resumed, its tokens are those of one run.
public struct ClaudeParser: TranscriptParser {
  /// The most messages whose tokens are told apart while they stream.
  static let maximumMessages = 10_000

  /// What the output amounts to so far.
  public private(set) var report = AgentReport()
  private var countedMessages: Set<String> = []
  private var resetsAt: Int?
  private var calls = ToolCallLedger()
  private let nowSeconds: @Sendable () -> Int

  /// Nothing read yet.
  public init() { self.init { wallMilliseconds() / 1000 } }

  /// The same with another clock, in seconds since 1970.
  init(nowSeconds: @escaping @Sendable () -> Int) {
    self.nowSeconds = nowSeconds
    report.costScope = .session
  }

  /// Takes one line.
  public mutating func consume(line: [UInt8]) {
    guard let json = try? JSONValue(parsing: line) else { return }
    report.sessionID = json["session_id"]?.string ?? report.sessionID
    switch json["type"]?.string {
    case "system": report.model = json["model"]?.string ?? report.model
    case "assistant": take(json["message"], isSubagent: json["parent_tool_use_id"]?.string != nil)
    case "user": takeResults(json["message"])
    case "rate_limit_event":
      let limit = json["rate_limit_info"]
      resetsAt = limit?["status"]?.string == "rejected" ? limit?["resetsAt"]?.int : nil
    case "result": finish(json)
    default: return
    }
  }

  private mutating func take(_ message: JSONValue?, isSubagent: Bool) {
    for part in message?["content"]?.array ?? [] {
      switch part["type"]?.string {
      case "text" where !isSubagent: report.setText(part["text"]?.string ?? "")
      case "tool_use":
        let text = report.addTool(part["name"]?.string ?? "tool", Self.detail(part["input"]))
        calls.begin(part["id"]?.string ?? "", text)
      default: continue
      }
    }
    countWhileStreaming(message)
  }

  /// Reads what became of tool calls.
  private mutating func takeResults(_ message: JSONValue?) {
    for part in message?["content"]?.array ?? [] where part["type"]?.string == "tool_result" {
      let text = part["content"]?.string ?? part["content"]?.array?.first?["text"]?.string ?? ""
      let isRefused = text.contains("requested permissions") || text.contains("has been denied")
      let failed: ToolCall.Outcome = isRefused ? .refused : .failed
      calls.end(part["tool_use_id"]?.string ?? "", part["is_error"]?.bool == true ? failed : .done)
    }
  }

  /// Takes the tool calls that are complete.
  public mutating func takeCalls(isEnd: Bool) -> [ToolCall] { calls.take(isEnd: isEnd) }

  /// Adds up what was read for each message: a budget must hold before the sum is reported.
  ///
  /// One message comes in several lines of the same usage; what is written is not final in them.
  private mutating func countWhileStreaming(_ message: JSONValue?) {
    guard let id = message?["id"]?.string, let usage = message?["usage"],
      countedMessages.count < Self.maximumMessages, countedMessages.insert(id).inserted
    else { return }
    let counted = Self.tokens(usage)
    report.setTokens(
      input: (report.inputTokens ?? 0) + counted.input,
      cached: (report.cachedTokens ?? 0) + counted.cached,
      output: (report.outputTokens ?? 0) + counted.output)
  }

  private mutating func finish(_ json: JSONValue) {
    report.isComplete = true
    report.setCost(json["total_cost_usd"]?.double)
    if let usage = json["usage"], Self.tokens(usage).input + Self.tokens(usage).output > 0 {
      let counted = Self.tokens(usage)
      report.setTokens(input: counted.input, cached: counted.cached, output: counted.output)
    }
    let errors = json["errors"]?.strings?.joined(separator: "; ")
    let text = json["result"]?.string ?? errors ?? ""
    report.setText(text)
    if report.model == nil { report.model = json["modelUsage"]?.object?.keys.sorted().first }
    report.permissionDenials = (json["permission_denials"]?.array ?? [])
      .prefix(AgentReport.maximumEntries).map {
        AgentReport.entry($0["tool_name"]?.string ?? "tool", Self.detail($0["tool_input"]))
      }
    report.failure = json["is_error"]?.bool == true ? failure(json, text) : nil
  }

  private func failure(_ json: JSONValue, _ text: String) -> AgentFailure {
    let kind = Self.kind(json)
    let wait = kind == .rateLimited ? resetsAt.map { max(0, $0) - nowSeconds() } : nil
    return AgentFailure(kind, text, retryAfterSeconds: wait)
  }

  private static func kind(_ json: JSONValue) -> AgentFailureKind {
    switch json["terminal_reason"]?.string {
    case "max_turns": return .turnLimit
    case "budget_exhausted": return .budgetExceeded
    case "prompt_too_long": return .contextExhausted
    case "aborted_tools", "aborted_streaming": return .killed
    default: break
    }
    switch json["subtype"]?.string {
    case "error_max_turns": return .turnLimit
    case "error_max_budget_usd": return .budgetExceeded
    default: break
    }
    switch json["api_error_status"]?.int {
    case 401, 403: return .authentication
    case 402: return .quota
    case 400 where json["api_error_type"]?.string == "billing_error": return .quota
    case 413: return .contextExhausted
    case 429: return .rateLimited
    case .some(500...599): return .overloaded
    default: break
    }
    let isRefusal =
      json["stop_reason"]?.string == "refusal" || json["api_error"]?.string == "refusal"
    return isRefusal ? .refused : .other
  }

  private static func tokens(_ usage: JSONValue) -> (input: Int, cached: Int, output: Int) {
    func count(_ name: String) -> Int {
      min(max(0, usage[name]?.int ?? 0), AgentReport.maximumTokens)
    }
    let cached = count("cache_read_input_tokens")
    return (
      count("input_tokens") + count("cache_creation_input_tokens") + cached, cached,
      count("output_tokens")
    )
  }

  private static func detail(_ input: JSONValue?) -> String {
    for name in ["command", "file_path", "path", "pattern", "url", "description"] {
      if let text = input?[name]?.string { return text }
    }
    return ""
  }
}
