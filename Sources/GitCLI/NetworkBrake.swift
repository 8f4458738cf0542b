internal import Synchronization

/// Ends what goes over the network soon, once somebody wants to stop: a network that hangs would keep them
/// waiting for as long as a healthy one may need.
public final class NetworkBrake: Sendable {
  /// How long a look at a remote may take once it is pulled, in seconds.
  static let lookSeconds = 5
  /// How long a fetch or a push may take then, in seconds.
  static let transferSeconds = 20
  /// How often it is looked whether it was pulled, in milliseconds.
  static let pollMilliseconds = 250

  private let pulledAt = Mutex<ContinuousClock.Instant?>(nil)

  /// Not pulled.
  public init() {}

  /// Shortens what is under way and what comes after.
  public func pull() { pulledAt.withLock { $0 = $0 ?? .now } }

  /// Returns when a run of git has had its time; throws if it is cancelled.
  static func wait(seconds: Int, _ brake: NetworkBrake?, _ arguments: [String]) async throws {
    guard let brake, let short = limit(of: arguments) else {
      return try await Task.sleep(for: .seconds(seconds))
    }
    let start = ContinuousClock.now
    while true {
      let now = ContinuousClock.now
      if now - start >= .seconds(seconds) { return }
      if let pulled = brake.pulledAt.withLock({ $0 }), now - max(start, pulled) >= .seconds(short) {
        return
      }
      try await Task.sleep(for: .milliseconds(pollMilliseconds))
    }
  }

  /// The time for what arguments ask for; nil for what needs no network.
  private static func limit(of arguments: [String]) -> Int? {
    if arguments.contains("ls-remote") { return lookSeconds }
    return arguments.contains("fetch") || arguments.contains("push") ? transferSeconds : nil
  }
}
