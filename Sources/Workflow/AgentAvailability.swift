/// Whether an agent program can be given work.
public struct AgentAvailability: Sendable, Hashable {
  /// Its name in the configuration.
  public var name: String
  /// True if its program was found.
  public var isInstalled: Bool
  /// False if the configuration switches it off.
  public var isEnabled: Bool
  /// When it may be asked again, in milliseconds since 1970; nil if it rests not.
  public var coolingUntil: Int?
  /// True if it rests because its money for the day is spent.
  public var isSpent = false

  /// All parts.
  public init(
    name: String, isInstalled: Bool = true, isEnabled: Bool = true, coolingUntil: Int? = nil
  ) {
    self.name = name
    self.isInstalled = isInstalled
    self.isEnabled = isEnabled
    self.coolingUntil = coolingUntil
  }

  /// True if it can be given work at a time.
  public func isReady(at now: Int) -> Bool {
    isInstalled && isEnabled && (coolingUntil ?? 0) <= now
  }
}
