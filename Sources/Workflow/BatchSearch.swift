/// The search for the longest run of changes, from the first on, that passes its checks together.
///
/// All are tested at once. If that fails, the runs between the longest that passes and the shortest that fails are
/// halved until they are neighbours: the change that makes the difference is the first of the rest. A change
/// is never said to pass without a test of exactly the run that ends with it.
public struct BatchSearch: Sendable, Hashable {
  /// The number of changes.
  public let count: Int
  /// The longest run that has passed; 0 if none has.
  public private(set) var passing = 0
  /// The shortest run that has failed.
  public private(set) var failing: Int?

  /// A search among so many changes.
  public init(count: Int) { self.count = count }

  /// The length of the run to test next; nil when there is nothing left to find out.
  public var next: Int? {
    guard let failing else { return passing < count ? count : nil }
    return failing - passing > 1 ? (passing + failing) / 2 : nil
  }

  /// Notes how the test of a run ended.
  public mutating func note(_ length: Int, passed: Bool) {
    if passed {
      passing = max(passing, length)
    } else {
      failing = min(failing ?? length, length)
    }
  }
}
