public import JSON

/// What a model costs, for agents that report tokens only.
public struct TokenPrice: Sendable, Hashable {
  /// US dollars per million tokens that are read anew.
  public var inputUSD: Double
  /// US dollars per million tokens that are read from a cache.
  public var cachedInputUSD: Double
  /// US dollars per million tokens that are written.
  public var outputUSD: Double

  /// All parts.
  public init(inputUSD: Double, cachedInputUSD: Double, outputUSD: Double) {
    self.inputUSD = inputUSD
    self.cachedInputUSD = cachedInputUSD
    self.outputUSD = outputUSD
  }

  /// US dollars for so many tokens; `input` includes the `cached` ones.
  public func usd(input: Int, cached: Int, output: Int) -> Double {
    let fresh = Double(max(0, input - cached)) * inputUSD
    return (fresh + Double(cached) * cachedInputUSD + Double(output) * outputUSD) / 1_000_000
  }

  /// The price of a model in a table; one with a date behind its name has the price of the name.
  ///
  /// Agents are told `name` and report `name-20260131`.
  public static func of(_ model: String, in prices: [String: TokenPrice]) -> TokenPrice? {
    if let price = prices[model] { return price }
    let parts = model.split(separator: "-")
    guard let date = parts.last, date.count == 8, date.allSatisfy(\.isNumber) else { return nil }
    return prices[parts.dropLast().joined(separator: "-")]
  }

  /// The form in `launch.json`.
  public var json: JSONValue {
    [
      "input": .double(inputUSD), "cached_input": .double(cachedInputUSD),
      "output": .double(outputUSD),
    ]
  }

  /// Reads the form in `launch.json`; nil if it is not whole.
  public init?(json: JSONValue) {
    guard let input = json["input"]?.double, let cached = json["cached_input"]?.double,
      let output = json["output"]?.double
    else { return nil }
    self.init(inputUSD: input, cachedInputUSD: cached, outputUSD: output)
  }
}
