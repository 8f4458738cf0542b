/// What an attempt is for.
public enum AttemptPurpose: String, Sendable, Hashable, CaseIterable {
  /// The task itself.
  case work
  /// Going on where an earlier attempt or the children stopped.
  case resume
  /// Settling a conflict with the base.
  case rebase
  /// Making a failing check pass.
  case repair
}
