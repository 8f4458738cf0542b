/// What happened last to an issue or a pull request.
public struct RecentActivity: Sendable, Hashable {
  /// Its number.
  public var number: Int
  /// One line.
  public var title: String
  /// The last change, comments among them, in milliseconds since 1970; forges count whole seconds.
  public var updatedAt: Int
  /// When it was closed, in milliseconds since 1970; nil while it is open.
  public var closedAt: Int?
  /// True if it is a pull request.
  public var isPullRequest: Bool
  /// Its labels.
  public var labels: [String]

  /// All parts.
  public init(
    number: Int, title: String, updatedAt: Int, closedAt: Int?, isPullRequest: Bool,
    labels: [String] = []
  ) {
    self.number = number
    self.title = title
    self.updatedAt = updatedAt
    self.closedAt = closedAt
    self.isPullRequest = isPullRequest
    self.labels = labels
  }
}
