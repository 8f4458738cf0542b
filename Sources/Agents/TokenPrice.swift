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
