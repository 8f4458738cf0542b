/// An issue as a list shows it.
public struct IssueSummary: Sendable, Hashable, Identifiable {
  /// The number in the repository.
  public var number: Int
  /// One line.
  public var title: String
  /// Who wrote it.
  public var by: Authored
  /// True until it is closed.
  public var isOpen: Bool
  /// Labels in the forge's order.
  public var labels: [String]
  /// Logins of who is to do it.
  public var assignees: [String]
  /// Its web page.
  public var url: String
  /// The last change, in milliseconds since 1970.
  public var updatedAt: Int
  /// True if it is a pull request, which forges list among the issues.
  public var isPullRequest = false

  /// Its name among the issues of the repository.
  public var id: Int { number }

  /// All parts.
  public init(
    number: Int, title: String, by: Authored, isOpen: Bool = true, labels: [String] = [],
    assignees: [String] = [], url: String = "", updatedAt: Int = 0
  ) {
    self.number = number
    self.title = title
    self.by = by
    self.isOpen = isOpen
    self.labels = labels
    self.assignees = assignees
    self.url = url
    self.updatedAt = updatedAt
  }
}

/// An issue with its text and comments.
public struct Issue: Sendable, Hashable {
  /// What a list shows of it.
  public var summary: IssueSummary
  /// The description, Markdown; empty if there is none.
  public var body: String
  /// The latest comments, oldest first.
  public var comments: [Comment]
  /// True if it has more comments than are here.
  public var isCut: Bool

  /// All parts.
  public init(
    _ summary: IssueSummary, body: String = "", comments: [Comment] = [], isCut: Bool = false
  ) {
    self.summary = summary
    self.body = body
    self.comments = comments
    self.isCut = isCut
  }
}

/// Why an issue is closed.
public enum IssueCloseReason: String, Sendable, Hashable, CaseIterable {
  /// It is done.
  case completed
  /// It will not be done.
  case notPlanned = "not_planned"
}

/// A branch that is registered on an issue.
public struct LinkedBranch: Sendable, Hashable {
  /// The branch, without `refs/heads/`.
  public let name: String
  /// The issue.
  public let issue: Int
}
