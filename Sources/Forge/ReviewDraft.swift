/// A review that is to be posted.
public struct ReviewDraft: Sendable, Hashable {
  /// The judgement, as GitHub's review events are named.
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    /// Good as it is.
    case approve = "APPROVE"
    /// Not to be merged like this.
    case requestChanges = "REQUEST_CHANGES"
    /// No judgement.
    case comment = "COMMENT"
  }

  /// A remark at a line of the new file.
  public struct LineComment: Sendable, Hashable {
    /// The file.
    public var path: String
    /// The line in the new file, from 1.
    public var line: Int
    /// The text, Markdown.
    public var body: String

    /// All parts.
    public init(path: String, line: Int, body: String) {
      self.path = path
      self.line = line
      self.body = body
    }
  }

  /// The judgement.
  public var verdict: Verdict
  /// The text and the key that makes it happen once.
  public var text: KeyedText
  /// The commit that was reviewed, in hexadecimal.
  public var commit: String
  /// Remarks at lines.
  public var comments: [LineComment]

  /// All parts.
  public init(
    _ verdict: Verdict, _ text: KeyedText, commit: String, comments: [LineComment] = []
  ) {
    self.verdict = verdict
    self.text = text
    self.commit = commit
    self.comments = comments
  }
}

/// A review that is posted now, or was before.
public struct PostedReview: Sendable, Hashable {
  /// The forge's number of it.
  public let id: Int
  /// True if the forge counts the verdict; false if it is only said in words.
  public let isCounted: Bool
  /// True if a review with this key was there already.
  public let wasThere: Bool
  /// Line remarks that the forge did not take at their lines, and that stand in the text instead.
  public let movedComments: Int
}
