/// What somebody may do with a repository, as GitHub's collaborators say it.
public enum RepositoryPermission: String, Sendable, Hashable, CaseIterable {
  /// Everything.
  case admin
  /// Push and merge.
  case write
  /// Look.
  case read
  /// Nothing that not everybody may.
  case none

  /// True if they may push branches and merge.
  public var canWrite: Bool { self == .admin || self == .write }
}
