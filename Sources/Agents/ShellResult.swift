/// How a command ended.
public struct ShellResult: Sendable, Hashable {
  /// The exit code; nil if a signal or the time limit ended it.
  public let exitCode: Int?
  /// The signal that ended it.
  public let signal: Int?
  /// True if its time was up.
  public let timedOut: Bool
  /// True if the task that ran it was cancelled.
  public let wasCancelled: Bool
  /// What it printed, both streams together; of much, the first and the last part.
  public let output: String
  /// How long it took, in milliseconds, without the wait for a lock.
  public let milliseconds: Int
  /// Processes that it left behind and that were killed.
  public let leftovers: Int
}
