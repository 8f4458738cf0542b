public import JSON

/// One tool call of an agent in short: a line of `tools.ndjson`.
public struct ToolCall: Sendable, Hashable {
  /// What became of a call.
  public enum Outcome: String, Sendable, Hashable, CaseIterable {
    /// It did what it was asked for.
    case done
    /// It ended with an error.
    case failed
    /// The agent's own rules did not allow it.
    case refused
  }

  /// The tool, and the path, command or address it was given; one line of bounded length.
  public var text: String
  /// What became of it; nil if that was not said.
  public var outcome: Outcome?

  /// Both parts.
  public init(_ text: String, _ outcome: Outcome? = nil) {
    self.text = text
    self.outcome = outcome
  }

  /// The call for a prompt or a person: `Bash make test (failed)`.
  public var summary: String {
    switch outcome {
    case .done, nil: text
    case .failed: text + " (failed)"
    case .refused: text + " (refused)"
    }
  }

  /// The form in `tools.ndjson`; `time` in milliseconds since 1970.
  func json(at time: Int) -> JSONValue {
    JSONValue.compact([
      "at": .number(time), "tool": .string(text),
      "outcome": outcome.map { .string($0.rawValue) },
    ])
  }

  /// Reads a line of `tools.ndjson`; nil if it is none.
  public init?(json: JSONValue) {
    guard let text = json["tool"]?.string else { return nil }
    self.init(AgentReport.entry(text, ""), json["outcome"]?.string.flatMap(Outcome.init))
  }
}

/// Keeps calls until their outcome is known.
struct ToolCallLedger: Sendable {
  /// The most calls whose outcome is waited for.
  static let maximumOpen = 100

  private var open: [(id: String, text: String)] = []
  private var closed: [ToolCall] = []

  /// Notes a call whose outcome comes later, under the agent's name for it.
  mutating func begin(_ id: String, _ text: String) {
    open.append((id, text))
    if open.count > Self.maximumOpen { closed.append(ToolCall(open.removeFirst().text)) }
  }

  /// Notes the outcome of a call.
  mutating func end(_ id: String, _ outcome: ToolCall.Outcome) {
    guard let index = open.firstIndex(where: { $0.id == id }) else { return }
    closed.append(ToolCall(open.remove(at: index).text, outcome))
  }

  /// Notes a call with its outcome.
  mutating func add(_ text: String, _ outcome: ToolCall.Outcome?) {
    closed.append(ToolCall(text, outcome))
  }

  /// Takes the calls that are complete; with `isEnd`, those that never will be too.
  mutating func take(isEnd: Bool) -> [ToolCall] {
    defer {
      closed = []
      if isEnd { open = [] }
    }
    return isEnd ? closed + open.map { ToolCall($0.text) } : closed
  }
}
