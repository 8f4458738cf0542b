/// How long something has been waited for, in milliseconds, over interruptions that do not count.
public struct WaitedTime: Sendable, Hashable {
  /// Since when it is waited for, in milliseconds since 1970; nil while it is not.
  public var since: Int?
  /// How long it was waited for before that.
  public var before = 0

  /// Nothing was waited for yet.
  public init() {}

  /// How long it has been waited for; a clock that went back takes nothing away.
  public func total(at now: Int) -> Int { before + max(0, now - (since ?? now)) }

  /// The wait goes on.
  mutating func begin(at now: Int) { since = now }

  /// It is interrupted: what was waited counts on.
  mutating func pause(at now: Int) {
    before = total(at: now)
    since = nil
  }

  /// Nothing that was waited counts; if it is waited for now, from now on.
  mutating func restart(at now: Int) {
    if since != nil { since = now }
    before = 0
  }
}
