/// How large a prompt and its parts may be.
public struct PromptSettings: Sendable, Equatable {
  /// The whole prompt, in bytes: below what fits one argument of a command on Linux.
  public static let defaultTotalBytes = 120_000

  /// The parts of a prompt that have a budget here; that of lessons is `lessons.max_bytes`.
  public static let partNames = [
    "task", "profile", "error_history", "last_error", "issue_comments", "prior_run", "tool_calls",
    "repository_tree", "project_instructions", "skills", "parent", "children", "git_diff",
    "messages", "neighbours", "conflict", "failing_check",
  ]

  /// The largest prompt, in bytes.
  public var totalBytes = defaultTotalBytes
  /// Budgets that differ from the built-in ones, by part, in bytes.
  public var bytes: [String: Int] = [:]

  /// Every default.
  public init() {}
}

extension PromptSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "total_bytes", \.totalBytes, .integer(8_000...Limits.unbounded), unit: "bytes",
      "The largest prompt; above 131,000 it goes through standard input."),
    Field(
      "bytes", \.bytes,
      .map(
        .integer(0...Limits.unbounded), .listed(PromptSettings.partNames, what: "part"),
        shorthand: nil), unit: "bytes", standard: "see the table of parts",
      "The largest size of one part; what does not fit is in a file that the prompt names."),
  ]
}
