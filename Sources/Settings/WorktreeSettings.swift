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

  /// Every default.
  public init() {}
}

extension WorktreeSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("root", \.root, "The folder that holds all worktrees; a leading `~` is the user's home."),
    Field(
      "setup", \.setup, "Shell lines that run in each new worktree before the agent starts."),
    Field(
      "copy", \.copy,
      "Files that git ignores but work needs (`.env`), copied from the main checkout."),
    Field(
      "quota_mb", \.quotaMegabytes, unit: "megabytes",
      "The most that one worktree may hold; 0 is no limit."),
  ]
}
