/// What the user's own git hooks do.
public struct HookSettings: Sendable, Equatable {
  /// The longest time that a hook may hold up git, in seconds.
  public static let defaultTimeoutSeconds = 5

  /// Whether `Orch-Task:` trailers become tasks.
  public var trailers = true
  /// Whether new `TODO(orch):` lines become tasks.
  public var todos = true
  /// Whether a push also sends the state.
  public var sync = true
  /// The longest time of one hook, in seconds.
  public var timeoutSeconds = defaultTimeoutSeconds

  /// Every default.
  public init() {}
}

extension HookSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("trailers", \.trailers, "Whether an `Orch-Task:` trailer of a commit becomes a task."),
    Field("todos", \.todos, "Whether a new `TODO(orch):` line of a commit becomes a task."),
    Field("sync", \.sync, "Whether pushing code also sends the state."),
    .seconds(
      "timeout_seconds", \.timeoutSeconds,
      "The longest time that a hook holds up git; after that it gives up silently."),
  ]
}
