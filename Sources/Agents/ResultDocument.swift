public import JSON

/// What a worker reports of its work: the content of `output-<task>.json`.
public struct ResultDocument: Sendable, Hashable {
  /// The largest file that is read, in bytes.
  public static let maximumBytes = 1 << 20
  /// The most entries of each list that are kept.
  public static let maximumEntries = 100
  /// The most proposed tasks that are kept: more than any plan may have, so that its reader can say how many.
  public static let maximumDelegations = 1000
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
  /// Changes of a side of a conflict that were given up: the reason by the change's name.
  public var givenUp: [String: String]

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
    // They name each other by their places: one without a title keeps its own.
    delegations = (json["delegations"]?.array ?? []).prefix(Self.maximumDelegations).map {
      ProposedTask(
        title: Self.text($0["title"]), body: Self.text($0["body"]),
        labels: Self.texts($0["labels"]), suggestedAgent: $0["suggested_agent"]?.string)
    }
    givenUp = Self.reasons(json["given_up"])
  }

  /// Pairs of `hunk` and `reason`, or an object with a reason for each name.
  private static func reasons(_ json: JSONValue?) -> [String: String] {
    var pairs = (json?.object ?? [:]).map { ($0.key, text($0.value)) }
    pairs += (json?.array ?? []).map { (text($0["hunk"]), text($0["reason"])) }
    return Dictionary(
      pairs.filter { !$0.0.isEmpty }.prefix(maximumEntries), uniquingKeysWith: { _, last in last })
  }

  private static func text(_ json: JSONValue?) -> String {
    String((json?.string ?? "").prefix(maximumTextLength))
  }

  private static func texts(_ json: JSONValue?) -> [String] {
    (json?.strings ?? []).prefix(maximumEntries).map { String($0.prefix(maximumTextLength)) }
  }
}
