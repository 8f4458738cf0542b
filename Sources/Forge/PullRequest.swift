/// A pull request as a list shows it.
public struct PullRequest: Sendable, Hashable, Identifiable {
  /// Whether it is open, and how it ended.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// Neither merged nor closed.
    case open
    /// Closed without a merge.
    case closed
    /// Part of the base.
    case merged
  }

  /// The number in the repository.
  public var number: Int
  /// One line.
  public var title: String
  /// The description; empty if there is none.
  public var body = ""
  /// Its web page.
  public var url = ""
  /// Whether it is open.
  public var state = State.open
  /// True while it is not meant to be merged.
  public var isDraft = false
  /// The login of who opened it; empty if the account is gone.
  public var author = ""
  /// What its author is to the repository.
  public var association = AuthorAssociation.none
  /// The branch with the work.
  public var headBranch: String
  /// The commit that the forge knows as its head, in hexadecimal.
  public var head: String
  /// `owner/name` of the repository of the head; nil if that is gone.
  public var headRepository: String?
  /// The branch that it is to be merged into.
  public var baseBranch: String
  /// Labels in the forge's order.
  public var labels: [String] = []
  /// The last change, in milliseconds since 1970.
  public var updatedAt = 0

  /// Its name among the pull requests of the repository.
  public var id: Int { number }

  /// A pull request with nothing but its place.
  public init(number: Int, title: String, headBranch: String, head: String, baseBranch: String) {
    self.number = number
    self.title = title
    self.headBranch = headBranch
    self.head = head
    self.baseBranch = baseBranch
  }
}

/// Which pull requests are asked for; what is nil does not matter.
public struct PullRequestFilter: Sendable, Hashable {
  /// Open or not.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// Open ones.
    case open
    /// Merged and closed ones.
    case closed
    /// Both.
    case all
  }

  /// Open or not.
  public var state: State
  /// The branch with the work, in the repository itself.
  public var headBranch: String?
  /// The branch that it is to be merged into.
  public var baseBranch: String?
  /// A label that it must have.
  public var label: String?

  /// All parts.
  public init(
    _ state: State = .open, headBranch: String? = nil, baseBranch: String? = nil,
    label: String? = nil
  ) {
    self.state = state
    self.headBranch = headBranch
    self.baseBranch = baseBranch
    self.label = label
  }
}

/// What a new pull request is made of.
public struct PullRequestDraft: Sendable, Hashable {
  /// One line.
  public var title: String
  /// The description, Markdown.
  public var body: String
  /// The branch with the work, in the repository itself.
  public var headBranch: String
  /// The branch that it is to be merged into.
  public var baseBranch: String
  /// True if it is not to be merged yet.
  public var isDraft: Bool

  /// All parts.
  public init(
    title: String, body: String, headBranch: String, baseBranch: String, isDraft: Bool = false
  ) {
    self.title = title
    self.body = body
    self.headBranch = headBranch
    self.baseBranch = baseBranch
    self.isDraft = isDraft
  }
}

/// A pull request that was asked for.
public struct OpenedPullRequest: Sendable, Hashable {
  /// It.
  public let pullRequest: PullRequest
  /// True if it was open already.
  public let wasThere: Bool
}

/// What is to change of a pull request; nil leaves it.
public struct PullRequestEdit: Sendable, Hashable {
  /// One line.
  public var title: String?
  /// The description, Markdown.
  public var body: String?
  /// The branch that it is to be merged into.
  public var baseBranch: String?
  /// True makes it a draft, false ready for review.
  public var isDraft: Bool?

  /// All parts.
  public init(
    title: String? = nil, body: String? = nil, baseBranch: String? = nil, isDraft: Bool? = nil
  ) {
    self.title = title
    self.body = body
    self.baseBranch = baseBranch
    self.isDraft = isDraft
  }
}
