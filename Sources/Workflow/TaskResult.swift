/// What an attempt reported of its work.
public struct TaskResult: Sendable, Hashable {
  /// `done`, `in_progress`, `blocked` or `needs_review`.
  public var status = "done"
  /// What was done, in a few sentences.
  public var summary = ""
  /// Why the status is what it is.
  public var reason = ""
  /// What is finished.
  public var accomplished: [String] = []
  /// What is not.
  public var remaining: [String] = []
  /// What is in the way.
  public var blockers: [String] = []
  /// Files that were changed.
  public var filesChanged: [String] = []
  /// True if a person is asked for.
  public var needsHelp = false
  /// Tasks that should be made of parts of it.
  public var delegations: [Delegation] = []

  /// An empty report.
  public init() {}
}
