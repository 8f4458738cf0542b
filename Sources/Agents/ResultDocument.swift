public import JSON

/// A task that a worker proposes.
public struct ProposedTask: Sendable, Hashable {
  /// One line.
  public var title: String
  /// What is asked for.
  public var body: String
  /// Labels.
  public var labels: [String]
  /// The agent that should do it.
  public var suggestedAgent: String?
}

/// What a worker reports of its work: the content of `output-<task>.json`.
public struct ResultDocument: Sendable, Hashable {
  /// The largest file that is read, in bytes.
  public static let maximumBytes = 1 << 20
  /// The most entries of each list that are kept.
  public static let maximumEntries = 100
  /// The longest text that is kept, in characters.
  public static let maximumTextLength = 4000

  /// `done`, `in_progress`, `blocked` or `needs_review`.
  public var status: String
  /// What was done.
  public var summary: String
  /// Why the status is what it is.
  public var reason: String
  /// What is finished.
  public var accomplished: [String]
  /// What is not.
  public var remaining: [String]
  /// What is in the way.
  public var blockers: [String]
  /// Files that were changed.
  public var filesChanged: [String]
  /// True if a person is asked for.
  public var needsHelp: Bool
  /// Tasks that should be made.
  public var delegations: [ProposedTask]

  /// Reads a document; nil if it has no status that orch knows.
  ///
  /// Wrong types are passed over.
  public init?(json: JSONValue) {
    guard let status = json["status"]?.string,
      ["done", "in_progress", "blocked", "needs_review"].contains(status)
    else { return nil }
    self.status = status
    summary = Self.text(json["summary"])
    reason = Self.text(json["reason"])
    accomplished = Self.texts(json["accomplished"])
    remaining = Self.texts(json["remaining"])
    blockers = Self.texts(json["blockers"])
    filesChanged = Self.texts(json["files_changed"])
    needsHelp = json["needs_help"]?.bool ?? false
    delegations = (json["delegations"]?.array ?? []).prefix(Self.maximumEntries).compactMap {
      let title = Self.text($0["title"])
      guard !title.isEmpty else { return nil }
      return ProposedTask(
        title: title, body: Self.text($0["body"]), labels: Self.texts($0["labels"]),
        suggestedAgent: $0["suggested_agent"]?.string)
    }
  }

  private static func text(_ json: JSONValue?) -> String {
    String((json?.string ?? "").prefix(maximumTextLength))
  }

  private static func texts(_ json: JSONValue?) -> [String] {
    (json?.strings ?? []).prefix(maximumEntries).map { String($0.prefix(maximumTextLength)) }
  }
}

/// Where a worker's result was found.
public enum RecoveredResult: Sendable, Hashable {
  /// In its file or its final message.
  case found(ResultDocument)
  /// Nowhere.
  case missing
  /// There is something that cannot be read; the text says what.
  case malformed(String)
}

/// Finds a worker's result: its file first, then its final message.
public enum ResultRecovery {
  /// Reads the file unless it is a link or too large, and falls back on the final message.
  public static func recover(file: String, finalText: String) -> RecoveredResult {
    if RunFile.exists(file) {
      guard let bytes = RunFile.read(file, following: false),
        bytes.count <= ResultDocument.maximumBytes
      else { return .malformed("the result file is a link, no file, or larger than 1 MB") }
      if let json = try? JSONValue(parsing: bytes), let result = ResultDocument(json: json) {
        return .found(result)
      }
      if let result = inText(finalText) { return .found(result) }
      return .malformed("the result file is not the JSON document that was asked for")
    }
    return inText(finalText).map(RecoveredResult.found) ?? .missing
  }

  /// The last JSON object in a text that is a result: bare, in prose, or in a fence.
  public static func inText(_ text: String) -> ResultDocument? {
    let bytes = Array(text.utf8)
    var starts: [Int] = []
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "{") { starts.append(index) }
    for start in starts.suffix(200) {
      guard let end = closingBrace(bytes, from: start),
        let json = try? JSONValue(parsing: bytes[start...end]),
        let result = ResultDocument(json: json)
      else { continue }
      return result
    }
    return nil
  }

  /// The brace that closes the one at `start`, strings passed over.
  private static func closingBrace(_ bytes: [UInt8], from start: Int) -> Int? {
    var depth = 0
    var isInText = false
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\") where isInText: index += 1
      case UInt8(ascii: "\""): isInText.toggle()
      case UInt8(ascii: "{") where !isInText: depth += 1
      case UInt8(ascii: "}") where !isInText:
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
      index += 1
    }
    return nil
  }
}
