/// What an attempt was begun under: fingerprints that are compared and never read.
///
/// A part that is nil is not known, and counts as unchanged.
public struct AttemptConditions: Sendable, Hashable {
  /// What the prompt is made of, attempt numbers and times aside.
  public var prompt: String?
  /// The programs and skills that the worker has.
  public var tools: String?
  /// The base's head.
  public var base: String?
  /// The part of the configuration that reaches the worker.
  public var configuration: String?
  /// Agent and model.
  public var agent: String?

  /// Those that are known.
  public init(
    prompt: String? = nil, tools: String? = nil, base: String? = nil,
    configuration: String? = nil, agent: String? = nil
  ) {
    self.prompt = prompt
    self.tools = tools
    self.base = base
    self.configuration = configuration
    self.agent = agent
  }
}
