internal import Synchronization

/// How long transfers may take: twice as long after each that was cut off for its time.
///
/// What is cut off is begun anew from nothing, so with one limit a large fetch over a slow line would never end.
final class Patience: Sendable {
  /// The longest limit, in seconds.
  static let maximumSeconds = 6 * 3600

  private let limit = Mutex<Int?>(nil)

  /// The limit, in seconds; nil for the usual one.
  var seconds: Int? { limit.withLock { $0 } }

  /// A transfer was cut off after so many seconds.
  func grow(beyond seconds: Int) {
    limit.withLock { $0 = min(Self.maximumSeconds, max($0 ?? 0, seconds) * 2) }
  }
}
