/// What becomes of the worktrees of finished tasks.
public struct PoolOptions: Sendable, Hashable {
  /// The most that wait for another task; 0 removes each at once.
  public var size = 4
  /// The fewest files of a worktree that is worth keeping.
  public var minimumFiles = 1000
  /// True if files that git ignores stay in a worktree that another task gets.
  public var keepsIgnored = false
  /// Files that the set-up depends on: while they are the same, it holds in such a worktree.
  public var setupInputs: [String] = []

  /// The defaults of the configuration.
  public init() {}
}
