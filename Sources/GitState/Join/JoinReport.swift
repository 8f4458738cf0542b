public import Git2

/// What came of joining a fetched state into ours.
public struct JoinReport: Sendable, Hashable {
  /// What became of our reference.
  public enum Outcome: Sendable, Hashable {
    /// It stayed: everything that is let in was here.
    case unchanged
    /// There was no state here: the fetched one is ours now.
    case adopted
    /// It moved to the fetched commit.
    case fastForwarded
    /// It moved to a new commit that joins both.
    case merged
  }

  /// What became of our reference.
  public let outcome: Outcome
  /// Our tip before; nil if there was no state.
  public let previous: ObjectID?
  /// Our tip now.
  public let tip: ObjectID
  /// False if the histories have no commit in common.
  public let sharesHistory: Bool
  /// True if our history now contains the fetched commit, so that a push is a fast-forward.
  public let containsFetched: Bool
  /// True if git's own checks refuse something of the fetched commit, so that it does not become a part of our history.
  public let isTainted: Bool
  /// Records that are not what they were here, in order of their names.
  public let changed: [RecordKey]
  /// Records whose derived file was edited by hand on the other side: made anew from their events.
  public let edited: [RecordKey]
  /// Write-once files that both sides had with different content.
  public let conflicts: [WriteConflict]
  /// Hosts whose name is in use twice.
  public let forks: [HostFork]
  /// True if another machine writes under this machine's name: take a new one
  /// (`LocalFolder.renewHostName`) before the next write.
  public let isHostShared: Bool
  /// What was kept out, and why.
  public let findings: [Finding]
  /// Hosts whose clock is well ahead of ours.
  public let skews: [ClockSkew]
}
