/// A suspicious run of a check that was asked for once more.
public struct CheckRerun: Sendable, Hashable {
  /// The check's name.
  public var name: String
  /// The run that is in doubt; its result counts no more.
  public var run: String
  /// What it ran on.
  public var pair: CommitPair

  /// All parts.
  public init(name: String, run: String, pair: CommitPair) {
    self.name = name
    self.run = run
    self.pair = pair
  }
}
