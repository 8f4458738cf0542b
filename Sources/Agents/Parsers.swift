internal import JSON

/// Output of a `script` agent: any text; JSON lines of `type` cost, session, progress or tool count.
public struct ScriptParser: TranscriptParser {
  /// The last lines of text that make the final message.
  static let keptLines = 40

  /// What the output amounts to so far.
  public private(set) var report = AgentReport()
  private var lines: [String] = []

  /// Nothing read yet.
  public init() { report.isComplete = true }

  /// Takes one line.
  public mutating func consume(line: [UInt8]) {
    if line.first == UInt8(ascii: "{"), let json = try? JSONValue(parsing: line),
      let type = json["type"]?.string, take(json, type)
    {
      return
    }
    lines.append(String(decoding: line, as: UTF8.self))
    if lines.count > Self.keptLines { lines.removeFirst() }
    report.setText(lines.joined(separator: "\n"))
  }

  private mutating func take(_ json: JSONValue, _ type: String) -> Bool {
    switch type {
    case "cost":
      report.setCost(json["usd"]?.double)
      report.inputTokens = json["input_tokens"]?.int ?? report.inputTokens
      report.outputTokens = json["output_tokens"]?.int ?? report.outputTokens
      report.model = json["model"]?.string ?? report.model
    case "session": report.sessionID = json["id"]?.string
    case "tool":
      report.toolCalls += 1
      report.lastTool = json["text"]?.string
    case "progress": report.lastTool = json["text"]?.string
    case "failure":
      let kind = json["kind"]?.string.flatMap(AgentFailureKind.init) ?? .other
      report.failure = AgentFailure(kind, json["message"]?.string ?? "")
    default: return false
    }
    return true
  }
}

/// Output of Claude Code with `--output-format stream-json` or `json`.
public struct ClaudeParser: TranscriptParser {
  /// What the output amounts to so far.
  public private(set) var report = AgentReport()

  /// Nothing read yet.
  public init() {}

  /// Takes one line.
  public mutating func consume(line: [UInt8]) {
    guard let json = try? JSONValue(parsing: line) else { return }
    report.sessionID = json["session_id"]?.string ?? report.sessionID
    switch json["type"]?.string {
    case "system": report.model = json["model"]?.string ?? report.model
    case "assistant":
      for part in json["message"]?["content"]?.array ?? [] {
        switch part["type"]?.string {
        case "text": report.setText(part["text"]?.string ?? "")
        case "tool_use":
          report.toolCalls += 1
          report.lastTool = Self.tool(part)
        default: continue
        }
      }
    case "result": finish(json)
    default: return
    }
  }

  private mutating func finish(_ json: JSONValue) {
    report.isComplete = true
    report.setCost(json["total_cost_usd"]?.double)
    let usage = json["usage"]
    let input = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
    report.inputTokens = input.reduce(0) { $0 + (usage?[$1]?.int ?? 0) }
    report.outputTokens = usage?["output_tokens"]?.int
    let errors = json["errors"]?.strings?.joined(separator: "; ")
    let text = json["result"]?.string ?? errors ?? ""
    report.setText(text)
    if report.model == nil { report.model = json["modelUsage"]?.object?.keys.sorted().first }
    guard json["is_error"]?.bool == true else { return }
    report.failure = AgentFailure(Self.kind(json), text)
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
    case 429: return .rateLimited
    case .some(500...599): return .overloaded
    default: break
    }
    return json["stop_reason"]?.string == "refusal" ? .refused : .other
  }

  private static func tool(_ part: JSONValue) -> String {
    let input = part["input"]
    let detail = input?["command"]?.string ?? input?["file_path"]?.string ?? ""
    return String("\(part["name"]?.string ?? "tool") \(detail)".prefix(120))
  }
}

/// Output of `codex exec --json`.
public struct CodexParser: TranscriptParser {
  /// What the output amounts to so far.
  public private(set) var report = AgentReport()

  /// Nothing read yet.
  public init() {}

  /// Takes one line.
  public mutating func consume(line: [UInt8]) {
    guard let json = try? JSONValue(parsing: line) else { return }
    switch json["type"]?.string {
    case "thread.started": report.sessionID = json["thread_id"]?.string
    case "turn.completed":
      report.isComplete = true
      report.failure = nil
      report.inputTokens = json["usage"]?["input_tokens"]?.int
      report.outputTokens = json["usage"]?["output_tokens"]?.int
    case "turn.failed":
      report.isComplete = true
      let message = json["error"]?["message"]?.string ?? "the turn failed"
      report.failure = AgentFailure(Self.kind(message), message)
    case "item.completed": take(json["item"] ?? .null)
    default: return
    }
  }

  private mutating func take(_ item: JSONValue) {
    switch item["type"]?.string {
    case "agent_message": report.setText(item["text"]?.string ?? "")
    case "command_execution":
      report.toolCalls += 1
      report.lastTool = String((item["command"]?.string ?? "").prefix(120))
    case "file_change", "mcp_tool_call", "web_search":
      report.toolCalls += 1
      report.lastTool = item["type"]?.string
    default: return
    }
  }

  /// The program gives a failure as a sentence with the HTTP status in it, and nothing else.
  private static func kind(_ message: String) -> AgentFailureKind {
    let numbers = message.split { !$0.isNumber }.compactMap { Int($0) }
    if message.hasPrefix("Quota exceeded") { return .quota }
    if numbers.contains(401) || numbers.contains(403) { return .authentication }
    if numbers.contains(429) { return .rateLimited }
    if numbers.contains(where: { (500...599).contains($0) }) { return .overloaded }
    let overload = ["We're currently experiencing high demand", "Selected model is at capacity"]
    if overload.contains(where: message.hasPrefix) { return .overloaded }
    if message.contains("context window") { return .contextExhausted }
    return .other
  }
}

/// Output of `opencode run --format json`.
public struct OpencodeParser: TranscriptParser {
  /// What the output amounts to so far.
  public private(set) var report = AgentReport()

  /// Nothing read yet.
  public init() {}

  /// Takes one line.
  public mutating func consume(line: [UInt8]) {
    guard let json = try? JSONValue(parsing: line) else { return }
    report.sessionID = json["sessionID"]?.string ?? report.sessionID
    let part = json["part"]
    switch json["type"]?.string {
    case "text": report.setText(part?["text"]?.string ?? "")
    case "tool_use":
      report.toolCalls += 1
      report.lastTool = part?["tool"]?.string
    case "step_finish":
      report.isComplete = true
      report.setCost((report.costUSD ?? 0) + max(0, part?["cost"]?.double ?? 0))
      let tokens = part?["tokens"]
      let cached = (tokens?["cache"]?["read"]?.int ?? 0) + (tokens?["cache"]?["write"]?.int ?? 0)
      report.inputTokens = (report.inputTokens ?? 0) + (tokens?["input"]?.int ?? 0) + cached
      report.outputTokens = (report.outputTokens ?? 0) + (tokens?["output"]?.int ?? 0)
    case "error":
      let error = json["error"]
      let message = error?["data"]?["message"]?.string ?? error?["name"]?.string ?? "error"
      report.failure = AgentFailure(Self.kind(error), message)
    default: return
    }
  }

  private static func kind(_ error: JSONValue?) -> AgentFailureKind {
    switch error?["data"]?["statusCode"]?.int {
    case 401, 403: .authentication
    case 402: .quota
    case 429: .rateLimited
    case .some(500...599): .overloaded
    default: error?["name"]?.string == "ProviderAuthError" ? .authentication : .other
    }
  }
}
