/// The bounds that keep a task from going on for ever.
public struct Limits: Sendable, Hashable {
  /// Attempts before a task is blocked.
  public var maxAttempts = 10
  /// How often one and the same error may come back.
  public var retryLoop = 3
  /// Workers that are asked to settle conflicts of one pull request.
  public var maxRebaseTries = 2
  /// Workers that are asked to repair checks of one pull request.
  public var maxRepairTries = 3
  /// US dollars for one task.
  public var usdPerTask: Double?
  /// US dollars for one day.
  public var usdPerDay: Double?
  /// Tokens for one task.
  public var tokensPerTask: Int?

  /// The defaults.
  public init() {}
}
