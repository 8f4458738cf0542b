/// Where workers work.
public struct WorktreeSettings: Sendable, Equatable {
  /// The folder of all worktrees; `~` is the user's home.
  public static let defaultRoot = "~/.orchestrator/worktrees"

  /// The folder of all worktrees; a leading `~` is left for the caller to replace.
  public var root = defaultRoot
  /// Shell lines that prepare a new worktree.
  public var setup: [String] = []
  /// Ignored files that a worktree needs, relative to the repository.
  public var copy: [String] = []
  /// The most that one worktree may hold, in megabytes; 0 is no limit.
  public var quotaMegabytes = 0
  /// The most worktrees of finished tasks that wait for another task.
  public var pool = 4
  /// The fewest files of a worktree that is worth keeping.
  public var poolMinimumFiles = 1000
  /// True if files that git ignores stay in a worktree that another task gets.
  public var keepsIgnored = false
  /// Files that the set-up depends on.
  public var setupInputs: [String] = []

  /// Every default.
  public init() {}
}

extension WorktreeSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "root", \.root,
      "The folder that holds all worktrees, as a whole path; a leading `~` is the user's home."),
    Field(
      "setup", \.setup,
      "Shell lines that run in each new worktree before the agent starts. With a `sandbox` they run in it, with its "
        + "hosts, unless the worktree holds the base's own code."),
    Field(
      "copy", \.copy,
      "Files that git ignores but work needs (`.env`), copied from the main checkout."),
    Field(
      "quota_mb", \.quotaMegabytes, unit: "megabytes",
      "The most that one worktree may hold; 0 is no limit."),
    Field(
      "pool", \.pool, .integer(0...64), unit: "worktrees",
      "The most worktrees of finished tasks that wait for another task, which then only writes the files that "
        + "differ; 0 removes each at once."),
    Field(
      "pool_min_files", \.poolMinimumFiles, unit: "files",
      "A worktree with fewer files than this is removed and made anew: that is as fast."),
    Field(
      "keep_ignored", \.keepsIgnored,
      "Whether files that git ignores, such as build output, stay in a worktree that another task gets."
    ),
    Field(
      "setup_inputs", \.setupInputs,
      "Files that `setup` depends on, such as a lock file: while they and the lines are as they were, the lines "
        + "do not run again in a worktree whose ignored files were kept."),
  ]
}
