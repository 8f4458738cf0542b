internal import JSON

/// Output of a `script` agent: any text, and JSON lines of `type` cost, session, tool, progress or
/// failure.
public struct ScriptParser: TranscriptParser {
  /// The last lines of text that make the final message.
  static let keptLines = 40
  /// The end of a line that is kept, in bytes.
  static let maximumLineBytes = 4096

  private var known = AgentReport()
  private var lines: [String] = []
  private var calls = ToolCallLedger()

  /// Nothing read yet.
  public init() { known.isComplete = true }

  /// What the output amounts to so far.
  public var report: AgentReport {
    var report = known
    report.setText(lines.joined(separator: "\n"))
    return report
  }

  /// The number of tool calls so far.
  public var toolCalls: Int { known.toolCalls }

  /// Takes one line.
  public mutating func consume(line: [UInt8]) {
    if line.first == UInt8(ascii: "{"), let json = try? JSONValue(parsing: line),
      let type = json["type"]?.string, take(json, type)
    {
      return
    }
    let end = String(decoding: line.suffix(Self.maximumLineBytes), as: UTF8.self)
    lines.append(end)
    if lines.count > Self.keptLines { lines.removeFirst() }
  }

  /// Takes the tool calls that are complete.
  public mutating func takeCalls(isEnd: Bool) -> [ToolCall] { calls.take(isEnd: isEnd) }

  private mutating func take(_ json: JSONValue, _ type: String) -> Bool {
    switch type {
    case "cost":
      known.setCost(json["usd"]?.double)
      known.setTokens(
        input: json["input_tokens"]?.int, cached: json["cached_tokens"]?.int,
        output: json["output_tokens"]?.int)
      known.model = json["model"]?.string ?? known.model
    case "session": known.sessionID = json["id"]?.string
    case "tool":
      let text = known.addTool(json["text"]?.string ?? json["name"]?.string ?? "tool", "")
      calls.add(text, json["outcome"]?.string.flatMap(ToolCall.Outcome.init))
    case "progress": known.lastTool = json["text"]?.string.map { AgentReport.entry($0, "") }
    case "failure":
      let kind = json["kind"]?.string.flatMap(AgentFailureKind.init) ?? .other
      known.failure = AgentFailure(
        kind, json["message"]?.string ?? "", retryAfterSeconds: json["retry_after"]?.int)
    default: return false
    }
    return true
  }
}
