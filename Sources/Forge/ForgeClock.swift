internal import Foundation

/// Time and chance as values, so that tests decide both.
public struct ForgeClock: Sendable {
  /// Milliseconds since 1970.
  public var now: @Sendable () -> Int
  /// Waits for so many milliseconds; throws if the task is cancelled.
  public var sleep: @Sendable (Int) async throws -> Void
  /// A number from 0 up to 1.
  public var chance: @Sendable () -> Double

  /// All parts.
  public init(
    now: @escaping @Sendable () -> Int, sleep: @escaping @Sendable (Int) async throws -> Void,
    chance: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.sleep = sleep
    self.chance = chance
  }

  /// The machine's.
  public static let system = ForgeClock(
    now: { Int(Date().timeIntervalSince1970 * 1000) },
    sleep: { try await Task.sleep(for: .milliseconds($0)) },
    chance: { Double.random(in: 0..<1) })
}
