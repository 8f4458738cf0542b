internal import Git2

/// Objects at the remote that could not be fetched: they are not asked for anew with every look.
///
/// What stood in the way may have been the network, so they are tried again, each time after more looks.
struct FailedObjects: Sendable {
  /// The looks after the first failure in which an object is left out; as many more with each other one.
  static let looks = 10
  /// The most failures that are counted.
  static let maximumFailures = 30
  /// The most objects that are remembered.
  static let maximumCount = 100_000

  private var known: [ObjectID: (failures: Int, left: Int)] = [:]

  /// A look begins: the objects that are not to be fetched in it.
  mutating func look() -> Set<ObjectID> {
    known = known.mapValues { ($0.failures, $0.left - 1) }
    return Set(known.filter { $0.value.left > 0 }.keys)
  }

  /// An object could not be fetched.
  mutating func note(_ id: ObjectID) {
    guard known[id] != nil || known.count < Self.maximumCount else { return }
    let failures = min((known[id]?.failures ?? 0) + 1, Self.maximumFailures)
    known[id] = (failures, failures * Self.looks)
  }
}
