/// What a model costs, for agents that report tokens only.
public struct PriceSettings: Sendable, Equatable {
  /// US dollars per million tokens that are read anew.
  public var inputUSD = 0.0
  /// US dollars per million tokens that are read from a cache.
  public var cachedInputUSD = 0.0
  /// US dollars per million tokens that are written.
  public var outputUSD = 0.0

  /// A model that costs nothing.
  public init() {}
}

extension PriceSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "input", \.inputUSD, unit: "USD per million tokens",
      "Tokens that are read anew. The model is the one that the agent says it uses, else the one that it was asked for; the name of an agent is good for all of its models."
    ),
    Field(
      "cached_input", \.cachedInputUSD, unit: "USD per million tokens",
      "Tokens that are read from the provider's cache."),
    Field("output", \.outputUSD, unit: "USD per million tokens", "Tokens that are written."),
  ]
}
