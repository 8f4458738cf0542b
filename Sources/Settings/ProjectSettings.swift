/// The board of a forge whose cards say where tasks stand.
public struct ProjectSettings: Sendable, Equatable {
  /// The field that GitHub's own boards have.
  public static let defaultField = "Status"
  /// The words of tasks that a card can follow.
  public static let statuses = [
    "new", "routed", "in_progress", "in_review", "needs_review", "blocked", "cancelled", "done",
  ]
  /// The columns of a new board of GitHub; a status that has none moves nothing.
  public static let defaultOptions = [
    "new": "Todo", "routed": "Todo", "in_progress": "In Progress", "in_review": "In Progress",
    "needs_review": "In Progress", "blocked": "In Progress", "done": "Done",
  ]

  /// `owner/number`; nil if there is no board.
  public var board: String?
  /// The field whose options are the columns.
  public var field = defaultField
  /// Options by the status that they stand for; those not named are the default ones, an empty one is none.
  public var options: [String: String] = [:]

  /// Every default.
  public init() {}

  /// The owner and the number of the board; nil if there is none.
  public var place: (owner: String, number: Int)? {
    let parts = (board ?? "").split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let number = Int(parts[1]), number > 0 else {
      return nil
    }
    return (String(parts[0]), number)
  }

  /// The option for a status; nil if a card stays where it is.
  public func option(for status: String) -> String? {
    let name = options[status] ?? Self.defaultOptions[status]
    return name?.isEmpty == false ? name : nil
  }
}

extension ProjectSettings: SettingsSection {
  /// What a bare value in its place sets.
  static let shorthand: String? = "board"

  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "board", \.board, standard: "none",
      "The GitHub project (`owner/number`) on which the cards of issues and pull requests follow their tasks."
    ),
    Field(
      "field", \.field, "The single-select field of the project whose options are its columns."),
    Field(
      "options", \.options,
      .map(.text, .listed(statuses, what: "status"), shorthand: nil),
      standard:
        "`new`, `routed`: Todo; `in_progress`, `in_review`, `needs_review`, `blocked`: In Progress; `done`: Done",
      "The column for each status of a task; an empty one leaves the card where it is."),
  ]
}
