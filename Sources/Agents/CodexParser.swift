internal import JSON

/// Output of `codex exec --json`.
///
/// Its tokens are cumulative over a thread that is resumed; it says nothing about money.
public struct CodexParser: TranscriptParser {
  /// What the output amounts to so far.
  public private(set) var report = AgentReport()

  private var calls = ToolCallLedger()

  /// Nothing read yet.
  public init() { report.tokenScope = .session }

  /// Takes one line.
  public mutating func consume(line: [UInt8]) {
    guard let json = try? JSONValue(parsing: line) else { return }
    switch json["type"]?.string {
    case "thread.started": report.sessionID = json["thread_id"]?.string
    case "turn.completed":
      report.isComplete = true
      report.failure = nil
      let usage = json["usage"]
      report.setTokens(
        input: usage?["input_tokens"]?.int, cached: usage?["cached_input_tokens"]?.int,
        output: usage?["output_tokens"]?.int)
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
      let command = item["command"]?.string ?? "command"
      calls.add(report.addTool(command, ""), Self.outcome(item))
      if item["status"]?.string == "declined" { deny(command) }
    case "file_change":
      let paths = (item["changes"]?.array ?? []).compactMap { $0["path"]?.string }
      let text = report.addTool("file_change", paths.joined(separator: " "))
      calls.add(text, Self.outcome(item))
    case "mcp_tool_call":
      calls.add(report.addTool("mcp_tool_call", item["tool"]?.string ?? ""), Self.outcome(item))
    case "web_search":
      calls.add(report.addTool("web_search", item["query"]?.string ?? ""), Self.outcome(item))
    default: return
    }
  }

  private static func outcome(_ item: JSONValue) -> ToolCall.Outcome? {
    switch item["status"]?.string {
    case "completed": (item["exit_code"]?.int ?? 0) == 0 ? .done : .failed
    case "failed": .failed
    case "declined": .refused
    default: nil
    }
  }

  /// Takes the tool calls that are complete.
  public mutating func takeCalls(isEnd: Bool) -> [ToolCall] { calls.take(isEnd: isEnd) }

  private mutating func deny(_ command: String) {
    guard report.permissionDenials.count < AgentReport.maximumEntries else { return }
    report.permissionDenials.append(AgentReport.entry(command, ""))
  }

  /// The program gives a failure as a sentence with the HTTP status in it, or as the service's own
  /// JSON, and nothing else.
  private static func kind(_ message: String) -> AgentFailureKind {
    switch status(in: message) {
    case 401, 403: return .authentication
    case 402: return .quota
    case 429: return .rateLimited
    case .some(500...599): return .overloaded
    default: break
    }
    if message.hasPrefix("Quota exceeded") { return .quota }
    let overload = ["We're currently experiencing high demand", "Selected model is at capacity"]
    if overload.contains(where: message.hasPrefix) { return .overloaded }
    let code = (try? JSONValue(parsing: Array(message.utf8)))?["error"]?["code"]?.string
    switch code {
    case "context_length_exceeded": return .contextExhausted
    case "insufficient_quota", "usage_limit_reached": return .quota
    default: return isTooLong(message) ? .contextExhausted : .other
    }
  }

  /// The words of the services for a conversation that no longer fits.
  private static func isTooLong(_ message: String) -> Bool {
    let text = message.lowercased()
    return [
      "context window", "context length", "prompt is too long", "input is too long",
      "maximum context",
    ].contains(where: text.contains)
  }

  /// The number after the word "status": other numbers are ports and addresses.
  private static func status(in message: String) -> Int? {
    let words = message.split { $0 == " " || $0 == ":" || $0 == "," }
    for (word, next) in zip(words, words.dropFirst()) where word == "status" {
      if let number = Int(next) { return number }
    }
    return nil
  }
}
