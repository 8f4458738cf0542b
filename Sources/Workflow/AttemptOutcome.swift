/// How an attempt ended.
public enum AttemptOutcome: String, Sendable, Hashable, CaseIterable {
  /// The work is done.
  case succeeded
  /// The agent says that there is more to do.
  case unfinished = "in_progress"
  /// It failed; the failure's kind is with it.
  case failed
  /// The agent cannot go on.
  case blocked
  /// The agent asks for a person.
  case needsReview = "needs_review"
  /// It handed the work to children.
  case delegated
  /// It was stopped, with nothing wrong.
  case interrupted
}
