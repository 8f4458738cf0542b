internal import JSON

/// Output of `opencode run --format json`.
///
/// It reports cost and tokens of each step; they are added up for the run.
public struct OpencodeParser: TranscriptParser {
  /// What the output amounts to so far.
  public private(set) var report = AgentReport()

  private var calls = ToolCallLedger()

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
      let input = part?["state"]?["input"]
      let detail = input?["command"]?.string ?? input?["filePath"]?.string ?? ""
      let text = report.addTool(part?["tool"]?.string ?? "tool", detail)
      let status = part?["state"]?["status"]?.string
      calls.add(text, status == "completed" ? .done : status == "error" ? .failed : nil)
    case "step_finish":
      report.isComplete = true
      addStep(part)
    case "error":
      let error = json["error"]
      let message = error?["data"]?["message"]?.string ?? error?["name"]?.string ?? "error"
      report.failure = AgentFailure(
        Self.kind(error), message, retryAfterSeconds: Self.retryAfter(error))
    case "done":
      report.isComplete = true
      let rejected = json["rejected"]?.array ?? json["part"]?["rejected"]?.array ?? []
      report.permissionDenials = rejected.prefix(AgentReport.maximumEntries).map {
        AgentReport.entry($0.string ?? $0["permission"]?.string ?? "tool", "")
      }
    default: return
    }
  }

  /// Takes the tool calls that are complete.
  public mutating func takeCalls(isEnd: Bool) -> [ToolCall] { calls.take(isEnd: isEnd) }

  private mutating func addStep(_ part: JSONValue?) {
    func count(_ value: JSONValue?) -> Int {
      min(max(0, value?.int ?? 0), AgentReport.maximumTokens)
    }
    report.setCost((report.costUSD ?? 0) + max(0, part?["cost"]?.double ?? 0))
    let tokens = part?["tokens"]
    let read = count(tokens?["cache"]?["read"])
    let input = count(tokens?["input"]) + read + count(tokens?["cache"]?["write"])
    report.setTokens(
      input: (report.inputTokens ?? 0) + input, cached: (report.cachedTokens ?? 0) + read,
      output: (report.outputTokens ?? 0) + count(tokens?["output"])
        + count(tokens?["reasoning"]))
  }

  private static func kind(_ error: JSONValue?) -> AgentFailureKind {
    switch error?["data"]?["statusCode"]?.int {
    case 401, 403: return .authentication
    case 402: return .quota
    case 413: return .contextExhausted
    case 429: return .rateLimited
    case .some(500...599): return .overloaded
    default: break
    }
    switch error?["name"]?.string {
    case "ProviderAuthError": return .authentication
    case "ContextOverflowError": return .contextExhausted
    case "MessageAbortedError": return .killed
    default: return .other
    }
  }

  private static func retryAfter(_ error: JSONValue?) -> Int? {
    error?["data"]?["responseHeaders"]?["retry-after"]?.string.flatMap { Int($0) }
  }
}
