/// How an issue ceased to ask for its task, by the forge's clock, in milliseconds since 1970.
public struct IssueLeave: Sendable, Hashable {
  /// When something had happened to it last, as that was seen.
  public var seenAt: Int
  /// When it was closed; nil if its label was taken away.
  public var closedAt: Int?

  /// Both parts.
  public init(seenAt: Int, closedAt: Int? = nil) {
    self.seenAt = seenAt
    self.closedAt = closedAt
  }

  /// Reads `SEEN` or `SEEN CLOSED`; nil for anything else.
  public init?(text: String) {
    let numbers = text.split(separator: " ").map { Int($0) }
    guard (1...2).contains(numbers.count), let first = numbers.first, let seenAt = first else {
      return nil
    }
    self.seenAt = seenAt
    if numbers.count == 2 {
      guard let closedAt = numbers[1] else { return nil }
      self.closedAt = closedAt
    }
  }

  /// As it is stored.
  public var text: String { closedAt.map { "\(seenAt) \($0)" } ?? "\(seenAt)" }
}
