public import JSON

/// What an agent's output amounts to so far.
public struct AgentReport: Sendable, Hashable {
  /// What a number of an agent counts.
  public enum Scope: String, Sendable, Hashable {
    /// This run of the program.
    case run
    /// The agent's session, earlier runs that were resumed included.
    case session
  }

  /// The longest final text that is kept, in bytes.
  public static let maximumTextBytes = 64 * 1024
  /// The most tool calls and denials that are kept in short.
  public static let maximumEntries = 20
  /// The longest such entry, in characters.
  public static let maximumEntryLength = 120
  /// The most that a run can be believed to cost, in US dollars.
  static let maximumUSD = 1_000_000.0
  /// The most tokens that a run can be believed to use.
  static let maximumTokens = 1_000_000_000_000

  /// The last message.
  public var finalText = ""
  /// The agent's own session, for resuming.
  public var sessionID: String?
  /// US dollars, as far as the agent says.
  public var costUSD: Double?
  /// What `costUSD` counts.
  public var costScope = Scope.run
  /// Tokens read, cached ones included.
  public var inputTokens: Int?
  /// Those of the tokens read that came from the provider's cache.
  public var cachedTokens: Int?
  /// Tokens written.
  public var outputTokens: Int?
  /// What the tokens count.
  public var tokenScope = Scope.run
  /// Tools used.
  public var toolCalls = 0
  /// The last tool call in short.
  public var lastTool: String?
  /// The last tool calls in short, oldest first.
  public var recentTools: [String] = []
  /// Tool calls that the agent's own rules refused, in short.
  public var permissionDenials: [String] = []
  /// The model, as far as the agent says.
  public var model: String?
  /// What went wrong.
  public var failure: AgentFailure?
  /// True if the agent's own last event was seen.
  public var isComplete = false

  /// Nothing yet.
  public init() {}

  /// US dollars: what the agent says, or what its tokens cost at a price.
  public func usd(at price: TokenPrice?) -> Double? {
    if let costUSD { return costUSD }
    guard let price, let inputTokens else { return nil }
    return price.usd(input: inputTokens, cached: cachedTokens ?? 0, output: outputTokens ?? 0)
  }

  /// All tokens, read and written.
  public var tokens: Int { (inputTokens ?? 0) + (outputTokens ?? 0) }
}

extension AgentReport {
  /// The form in `progress.json` and `exit.json`.
  public var json: JSONValue {
    JSONValue.compact([
      "text": .string(finalText), "session": sessionID.map(JSONValue.string),
      "cost_usd": costUSD.map(JSONValue.double), "cost_scope": .string(costScope.rawValue),
      "input_tokens": inputTokens.map(JSONValue.number),
      "cached_tokens": cachedTokens.map(JSONValue.number),
      "output_tokens": outputTokens.map(JSONValue.number),
      "token_scope": .string(tokenScope.rawValue), "tools": .number(toolCalls),
      "last_tool": lastTool.map(JSONValue.string), "recent_tools": .texts(recentTools),
      "denials": .texts(permissionDenials), "model": model.map(JSONValue.string),
      "failure": failure.map { .string($0.kind.rawValue) },
      "message": failure.map { .string($0.message) },
      "retry_after": failure?.retryAfterSeconds.map(JSONValue.number),
      "complete": .bool(isComplete),
    ])
  }

  /// Reads the form in `progress.json` and `exit.json`.
  public init(json: JSONValue) {
    finalText = json["text"]?.string ?? ""
    sessionID = json["session"]?.string
    costUSD = json["cost_usd"]?.double
    costScope = json["cost_scope"]?.string.flatMap(Scope.init) ?? .run
    inputTokens = json["input_tokens"]?.int
    cachedTokens = json["cached_tokens"]?.int
    outputTokens = json["output_tokens"]?.int
    tokenScope = json["token_scope"]?.string.flatMap(Scope.init) ?? .run
    toolCalls = json["tools"]?.int ?? 0
    lastTool = json["last_tool"]?.string
    recentTools = json["recent_tools"]?.strings ?? []
    permissionDenials = json["denials"]?.strings ?? []
    model = json["model"]?.string
    isComplete = json["complete"]?.bool ?? false
    if let kind = json["failure"]?.string.flatMap(AgentFailureKind.init) {
      failure = AgentFailure(
        kind, json["message"]?.string ?? "", retryAfterSeconds: json["retry_after"]?.int)
    }
  }

  /// The same with at most so many bytes of text.
  func withText(limitedTo limit: Int) -> AgentReport {
    var result = self
    result.finalText = String(keepingLast: limit, of: finalText)
    return result
  }

  /// Keeps a text's end within the limit.
  mutating func setText(_ text: String) {
    finalText = String(keepingLast: Self.maximumTextBytes, of: text)
  }

  /// Takes a cost only if it can be one.
  mutating func setCost(_ usd: Double?) {
    if let usd, usd >= 0, usd < Self.maximumUSD { costUSD = usd }
  }

  /// Takes numbers of tokens only if they can be some; what is not said stays as it was.
  mutating func setTokens(input: Int?, cached: Int?, output: Int?) {
    let believable = 0...Self.maximumTokens
    if let input, believable.contains(input) { inputTokens = input }
    if let cached, believable.contains(cached) { cachedTokens = cached }
    if let output, believable.contains(output) { outputTokens = output }
  }

  /// Counts a tool call; returns it in short.
  @discardableResult
  mutating func addTool(_ name: String, _ detail: String) -> String {
    toolCalls += 1
    let text = Self.entry(name, detail)
    lastTool = text
    recentTools = Array((recentTools + [text]).suffix(Self.maximumEntries))
    return text
  }

  /// A tool call in one short line.
  static func entry(_ name: String, _ detail: String) -> String {
    let text = (detail.isEmpty ? name : "\(name) \(detail)").prefix(maximumEntryLength)
    return String(text.map { $0.isNewline || $0 == "\0" ? " " : $0 })
  }
}

extension String {
  /// The end of a text in at most so many bytes, begun at a whole character.
  init(keepingLast limit: Int, of text: String) {
    guard text.utf8.count > limit else {
      self = text
      return
    }
    let isContinuation: (UInt8) -> Bool = { $0 & 0xC0 == 0x80 }
    self = String(decoding: text.utf8.suffix(limit).drop(while: isContinuation), as: UTF8.self)
  }
}
