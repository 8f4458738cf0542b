#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The steps by which an agent is ended: interrupt, terminate, then kill until it is gone.
struct Teardown {
  /// How often an agent is killed before it is given up as one that the kernel cannot end.
  static let maximumKills = 10
  private static let signals = [SIGINT, SIGTERM, SIGKILL]

  private let graceMilliseconds: Int64
  private var step: Int
  private var nextAt: Int64

  /// Begins at `now`, in milliseconds; an urgent one begins with the kill.
  init(graceSeconds: Int, isUrgent: Bool, now: Int64) {
    graceMilliseconds = Int64(max(0, graceSeconds)) * 1000
    step = isUrgent ? Self.signals.count - 1 : 0
    nextAt = now
  }

  /// True if the agent outlived every kill.
  var isGivenUp: Bool { step >= Self.signals.count - 1 + Self.maximumKills }

  /// Goes on with the kill at once.
  mutating func hurry(now: Int64) {
    guard step < Self.signals.count - 1 else { return }
    step = Self.signals.count - 1
    nextAt = now
  }

  /// The signal that is due at `now`, if one is.
  mutating func signal(at now: Int64) -> Int32? {
    guard now >= nextAt else { return nil }
    defer {
      step += 1
      nextAt = now + max(graceMilliseconds, 100)
    }
    return Self.signals[min(step, Self.signals.count - 1)]
  }
}
