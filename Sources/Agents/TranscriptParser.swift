/// Reads an agent's output line by line; unknown lines change nothing.
public protocol TranscriptParser: Sendable {
  /// What the output amounts to so far.
  var report: AgentReport { get }
  /// The number of tool calls so far.
  var toolCalls: Int { get }
  /// Takes one line without its line break.
  mutating func consume(line: [UInt8])
  /// Takes the tool calls that are complete since the last time; with `isEnd`, all others too.
  mutating func takeCalls(isEnd: Bool) -> [ToolCall]
}

extension TranscriptParser {
  /// The number of tool calls so far.
  public var toolCalls: Int { report.toolCalls }
}
