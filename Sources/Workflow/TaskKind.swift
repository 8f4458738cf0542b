/// What kind of work a task asks for.
public enum TaskKind: String, Sendable, Hashable, CaseIterable {
  /// Change the code.
  case implement
  /// Explore, write a specification, name child tasks.
  case spec
  /// Review another's change.
  case review
  /// Bring a branch onto a moved base.
  case rebase
  /// Make failing checks pass.
  case repair
  /// Find out why attempts failed.
  case retrospective
  /// Made by a schedule.
  case job
}
