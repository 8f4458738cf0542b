/// How a pull request is to be merged.
public struct MergeOrder: Sendable, Hashable {
  /// The ways of merging.
  public enum Method: String, Sendable, Hashable, CaseIterable {
    /// With a merge commit.
    case merge
    /// As one commit.
    case squash
    /// Commit by commit on top of the base.
    case rebase
  }

  /// The way.
  public var method: Method
  /// The head that was checked and approved: with any other, nothing is merged.
  public var expectedHead: String
  /// The commit's first line; nil leaves it to the forge.
  public var title: String?
  /// The rest of the commit's message; nil leaves it to the forge.
  public var message: String?

  /// All parts.
  public init(
    _ method: Method, expecting head: String, title: String? = nil, message: String? = nil
  ) {
    self.method = method
    self.expectedHead = head
    self.title = title
    self.message = message
  }
}

/// What came of an order to merge.
public enum MergeOutcome: Sendable, Hashable {
  /// It is part of the base, by this commit.
  case merged(commit: String)
  /// The base's rules want a merge queue, and it waits there now.
  case queued
  /// The head is another one; nothing was merged.
  case headMoved
  /// It is closed.
  case closed
  /// A rule is not met, or it conflicts; the text is the forge's.
  case refused(String)
}

/// What came of deleting a branch.
public enum BranchDeletion: Sendable, Hashable {
  /// It is gone, by this call.
  case deleted
  /// It was gone.
  case wasGone
  /// It has another head, and is left alone.
  case moved(to: String)
}
