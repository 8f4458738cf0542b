/// A review of a pull request.
public struct Review: Sendable, Hashable, Identifiable {
  /// What it says, as GitHub's `PullRequestReviewState` says it.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// Good as it is.
    case approved = "APPROVED"
    /// Not to be merged like this.
    case changesRequested = "CHANGES_REQUESTED"
    /// No judgement.
    case commented = "COMMENTED"
    /// A judgement that somebody took back.
    case dismissed = "DISMISSED"
    /// Not sent yet.
    case pending = "PENDING"
  }

  /// The forge's number of it.
  public var id: Int
  /// Who wrote it.
  public var by: Authored
  /// What it says.
  public var state: State
  /// The text, Markdown; may be empty.
  public var body: String
  /// The commit that was reviewed; nil if the forge does not know it any more.
  public var commit: String?

  /// All parts.
  public init(id: Int, by: Authored, state: State, body: String = "", commit: String? = nil) {
    self.id = id
    self.by = by
    self.state = state
    self.body = body
    self.commit = commit
  }
}

/// A conversation at a line of the change.
public struct ReviewThread: Sendable, Hashable, Identifiable {
  /// The forge's name of a thread; opaque.
  public struct ID: Sendable, Hashable, CustomStringConvertible {
    /// The name.
    public let text: String
    /// A name that the forge gave before.
    public init(_ text: String) { self.text = text }
    /// The name.
    public var description: String { text }
  }

  /// Its name.
  public var id: ID
  /// True if somebody settled it.
  public var isResolved: Bool
  /// True if the line has changed since.
  public var isOutdated: Bool
  /// The file.
  public var path: String
  /// The line in the new file, from 1; nil if it is outdated or about the whole file.
  public var line: Int?
  /// What was said, oldest first.
  public var comments: [Comment]

  /// All parts.
  public init(
    id: ID, isResolved: Bool, isOutdated: Bool = false, path: String, line: Int? = nil,
    comments: [Comment]
  ) {
    self.id = id
    self.isResolved = isResolved
    self.isOutdated = isOutdated
    self.path = path
    self.line = line
    self.comments = comments
  }
}
