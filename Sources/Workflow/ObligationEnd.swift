/// Why an obligation is over.
public enum ObligationEnd: Sendable, Hashable {
  /// The branch's head moved for it.
  case headMoved(to: String)
  /// A person was asked, and the question has arrived.
  case personAsked
  /// What it was about is no longer so: the check passed, the review was taken back.
  case withdrawn(String)
  /// The pull request was merged or closed.
  case over
}
