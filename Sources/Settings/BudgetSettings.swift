/// What work may cost.
public struct BudgetSettings: Sendable, Equatable {
  /// US dollars for one task.
  public static let defaultUSDPerTask = 10.0
  /// US dollars for one day.
  public static let defaultUSDPerDay = 100.0

  /// US dollars for one task; 0 is no limit.
  public var usdPerTask = defaultUSDPerTask
  /// US dollars for all tasks of a day; 0 is no limit.
  public var usdPerDay = defaultUSDPerDay
  /// Tokens, read and written, for one task; 0 is no limit.
  public var tokensPerTask = 0
  /// US dollars for one day, by agent.
  public var agents: [String: Double] = [:]
  /// US dollars for one day, by model.
  public var models: [String: Double] = [:]
  /// Prices by model.
  public var prices: [String: PriceSettings] = [:]

  /// Every default.
  public init() {}
}

extension BudgetSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "usd_per_task", \.usdPerTask, unit: "USD",
      "What one task may cost before a person is asked; 0 is no limit."),
    Field(
      "usd_per_day", \.usdPerDay, unit: "USD",
      "What all tasks of a day may cost; nothing new starts after that. 0 is no limit."),
    Field(
      "tokens_per_task", \.tokensPerTask, unit: "tokens",
      "What one task may read and write before a person is asked; 0 is no limit."),
    Field(
      "agents", \.agents, .map(.number(0...1_000_000), .word(what: "agent"), shorthand: nil),
      unit: "USD", standard: "no limit",
      "What one agent may cost a day, by its name; it rests until the next day after that."),
    Field(
      "models", \.models, .map(.number(0...1_000_000), .path(what: "model"), shorthand: nil),
      unit: "USD", standard: "no limit",
      "What one model may cost a day, by its name; agents that use it rest after that."),
    Field(
      "prices", \.prices, .map(PriceSettings.shape, .path(what: "model"), shorthand: nil),
      "Prices by model, for agents that report tokens only."),
  ]
}
