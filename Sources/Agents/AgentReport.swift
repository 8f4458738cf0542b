public import JSON

/// Why an agent program failed, in classes that lead to different actions.
public enum AgentFailureKind: String, Sendable, Hashable, CaseIterable {
  /// Too many requests.
  case rateLimited = "rate_limited"
  /// The service is overloaded or has a fault.
  case overloaded
  /// No or wrong credentials.
  case authentication
  /// Money or quota is used up.
  case quota
  /// The conversation is too long for the model.
  case contextExhausted = "context_exhausted"
  /// The agent's own turn limit.
  case turnLimit = "turn_limit"
  /// A budget was reached.
  case budgetExceeded = "budget_exceeded"
  /// The model refused.
  case refused
  /// The program ended with an error.
  case crashed
  /// Its time was up.
  case timedOut = "timed_out"
  /// Nothing was heard of it for too long.
  case stalled
  /// The program is not there.
  case notInstalled = "not_installed"
  /// It was killed from outside.
  case killed
  /// Anything else.
  case other
}

/// A failure of an agent program.
public struct AgentFailure: Sendable, Hashable {
  /// Its class.
  public var kind: AgentFailureKind
  /// What was said, for a person.
  public var message: String

  /// Both parts.
  public init(_ kind: AgentFailureKind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

/// What an agent's output amounts to so far.
public struct AgentReport: Sendable, Hashable {
  /// The longest final text that is kept, in bytes.
  public static let maximumTextBytes = 64 * 1024

  /// The last message.
  public var finalText = ""
  /// The agent's own session, for resuming.
  public var sessionID: String?
  /// US dollars, as far as the agent says.
  public var costUSD: Double?
  /// Tokens read, cached ones included.
  public var inputTokens: Int?
  /// Tokens written.
  public var outputTokens: Int?
  /// Tools used.
  public var toolCalls = 0
  /// The last tool call in short.
  public var lastTool: String?
  /// The model, as far as the agent says.
  public var model: String?
  /// What went wrong.
  public var failure: AgentFailure?
  /// True if the agent's own last event was seen.
  public var isComplete = false

  /// Nothing yet.
  public init() {}

  /// The form in `progress.json` and `exit.json`.
  public var json: JSONValue {
    JSONValue.compact([
      "text": .string(finalText), "session": sessionID.map(JSONValue.string),
      "cost_usd": costUSD.map(JSONValue.double), "input_tokens": inputTokens.map(JSONValue.number),
      "output_tokens": outputTokens.map(JSONValue.number), "tools": .number(toolCalls),
      "last_tool": lastTool.map(JSONValue.string), "model": model.map(JSONValue.string),
      "failure": failure.map { .string($0.kind.rawValue) },
      "message": failure.map { .string($0.message) }, "complete": .bool(isComplete),
    ])
  }

  /// Reads the form in `progress.json` and `exit.json`.
  public init(json: JSONValue) {
    finalText = json["text"]?.string ?? ""
    sessionID = json["session"]?.string
    costUSD = json["cost_usd"]?.double
    inputTokens = json["input_tokens"]?.int
    outputTokens = json["output_tokens"]?.int
    toolCalls = json["tools"]?.int ?? 0
    lastTool = json["last_tool"]?.string
    model = json["model"]?.string
    isComplete = json["complete"]?.bool ?? false
    if let kind = json["failure"]?.string.flatMap(AgentFailureKind.init) {
      failure = AgentFailure(kind, json["message"]?.string ?? "")
    }
  }

  /// Keeps a text's end within the limit.
  mutating func setText(_ text: String) {
    finalText = String(decoding: text.utf8.suffix(Self.maximumTextBytes), as: UTF8.self)
  }

  /// Takes a cost only if it can be one.
  mutating func setCost(_ usd: Double?) {
    if let usd, usd >= 0, usd < 1_000_000 { costUSD = usd }
  }
}

/// Reads an agent's output line by line; unknown lines change nothing.
public protocol TranscriptParser: Sendable {
  /// What the output amounts to so far.
  var report: AgentReport { get }
  /// Takes one line without its line break.
  mutating func consume(line: [UInt8])
}
