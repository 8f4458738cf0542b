/// One check as a look sees it.
public struct CheckLook: Sendable, Hashable {
  /// How far a check is.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// Waiting or running.
    case pending
    /// Passed, skipped, or neutral.
    case passed
    /// Failed, timed out, or cancelled.
    case failed
  }

  /// Its name.
  public var name: String
  /// How far it is.
  public var state: State
  /// The run's name at the forge: a re-run has another.
  public var run: String
  /// What it runs on.
  public var pair: CommitPair
  /// The end of its output, if it failed and is known.
  public var log: String?
  /// True if the base's rules ask for it; where they ask for some, the others hold nothing.
  public var isRequired: Bool

  /// All parts.
  public init(
    name: String, state: State, run: String, pair: CommitPair, log: String? = nil,
    isRequired: Bool = false
  ) {
    self.isRequired = isRequired
    self.name = name
    self.state = state
    self.run = run
    self.pair = pair
    self.log = log
  }
}
