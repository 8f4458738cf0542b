/// A run of a check that failed.
public struct FailedCheck: Sendable, Hashable {
  /// The check's name.
  public var name: String
  /// The run's name at the forge: a re-run has another.
  public var run: String
  /// The end of its output, if it is known.
  public var log: String?

  /// All parts.
  public init(name: String, run: String, log: String? = nil) {
    self.name = name
    self.run = run
    self.log = log
  }
}
