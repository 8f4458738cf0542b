/// An instant of one machine's clock that counts sleep and is never set, in milliseconds.
///
/// Comparable only with instants of the same machine since its start: on Linux CLOCK_BOOTTIME, on macOS
/// CLOCK_MONOTONIC. Claims are decided by it alone; wall clocks decide nothing.
public struct MonotonicTime: Sendable, Hashable, Comparable {
  /// Milliseconds since the machine's start or another fixed point.
  public let milliseconds: Int

  /// An instant by its number of milliseconds.
  public init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// Earlier first.
  public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// The instant some milliseconds later.
  public static func + (time: MonotonicTime, milliseconds: Int) -> MonotonicTime {
    MonotonicTime(milliseconds: time.milliseconds + milliseconds)
  }

  /// The milliseconds from one instant to another.
  public static func - (later: MonotonicTime, earlier: MonotonicTime) -> Int {
    later.milliseconds - earlier.milliseconds
  }
}
