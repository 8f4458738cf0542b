/// What a join noticed on its way.
struct JoinFindings: Sendable {
  /// Records that are not what they were on our side.
  var changed: [RecordKey] = []
  /// Records whose derived file says of the other side's log what does not follow from it.
  var edited: [RecordKey] = []
  /// Write-once files that both sides had with different content.
  var conflicts: [WriteConflict] = []
  /// Numbers that a host gave twice.
  var forks: [HostFork] = []
  /// True if the other side had lines of this host that this host does not know.
  var isHostShared = false
}

/// Two contents of one write-once file: both are kept.
public struct WriteConflict: Sendable, Hashable {
  /// The path; the content with the smaller id is there.
  public let path: String
  /// Where the other content is.
  public let other: String
}

/// A host that has written two different lines with one number: its name is in use twice.
public struct HostFork: Sendable, Hashable {
  /// The host.
  public let host: String
  /// The folder of the log.
  public let path: String
  /// The number.
  public let number: Int
}
