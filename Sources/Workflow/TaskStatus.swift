/// Where a task stands.
public enum TaskStatus: String, Sendable, Hashable, CaseIterable {
  /// Created; not routed yet.
  case new
  /// Agent and model chosen; waits for a slot, for dependencies, for the base.
  case routed
  /// An attempt is running.
  case inProgress = "in_progress"
  /// Cannot go on; the reason is with it.
  case blocked
  /// A person must decide.
  case needsReview = "needs_review"
  /// A pull request is open.
  case inReview = "in_review"
  /// Stopped by a person.
  case cancelled
  /// Merged, or finished with nothing to merge.
  case done

  /// The order within a generation: a join never moves a status to a lower rank.
  public var rank: Int {
    switch self {
    case .new: 0
    case .routed: 1
    case .inProgress: 2
    case .blocked: 3
    case .needsReview: 4
    case .inReview: 5
    case .cancelled: 6
    case .done: 7
    }
  }

  /// True if nothing more happens by itself, ever.
  public var isTerminal: Bool { self == .cancelled || self == .done }

  /// The status in words.
  public var words: String {
    switch self {
    case .new, .routed, .blocked, .cancelled, .done: rawValue
    case .inProgress: "in progress"
    case .needsReview: "needs review"
    case .inReview: "in review"
    }
  }

  /// The status as the end of a sentence about a task: "is blocked", "needs review".
  public var predicate: String { self == .needsReview ? words : "is " + words }
}
