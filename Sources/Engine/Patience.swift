internal import Synchronization

/// How long transfers may take: twice as long after each that was cut off for its time, until one gets through.
///
/// What is cut off is begun anew from nothing, so with one limit a large fetch over a slow line would never end. One that
/// hung because the network was gone must not make the next such one hang for twice as long, for ever: what gets
/// through takes the limit back to twice its own time.
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

  /// A transfer got through in so much time; `usual` is the usual limit, in seconds.
  func shrink(to duration: Duration, usual: Int) {
    let needed = Int(duration.components.seconds + 1) * 2
    limit.withLock { known in known = needed <= usual ? nil : known.map { min($0, needed) } }
  }
}
