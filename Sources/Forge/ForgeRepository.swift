/// A repository as the forge knows it, and what the token may do there.
public struct ForgeRepository: Sendable, Hashable {
  /// `owner/name` as it is now; another than the one asked for if it was renamed or moved.
  public var fullName: String
  /// The branch that `Closes #N` works for.
  public var defaultBranch: String
  /// True if only those invited see it.
  public var isPrivate: Bool
  /// True if nothing in it can be changed.
  public var isArchived: Bool
  /// True if the token may push branches, and so open, label and merge.
  public var canPush: Bool
  /// The ways of merging that are switched on.
  public var mergeMethods: [MergeOrder.Method]
  /// True if the forge removes a branch by itself when it was merged.
  public var deletesMergedBranches: Bool
  /// The login that the token acts as.
  public var account: String
}
