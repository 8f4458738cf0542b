internal import Git2
internal import Synchronization

/// What a remote refused lately, so that it is not sent again with each sync.
final class DeclinedReferences: Sendable {
  /// How long a refusal is believed.
  static let believed = Duration.seconds(600)

  private struct Refusal {
    var value: ObjectID
    var at: ContinuousClock.Instant
  }

  private let refusals = Mutex<[String: Refusal]>([:])

  /// True if the remote has refused this value of a reference, not long ago.
  func contains(_ name: String, _ value: ObjectID) -> Bool {
    refusals.withLock { known in
      guard let refusal = known[name], refusal.value == value else { return false }
      return refusal.at.duration(to: .now) < Self.believed
    }
  }

  /// The remote has refused a value of a reference.
  func note(_ name: String, _ value: ObjectID) {
    refusals.withLock { $0[name] = Refusal(value: value, at: .now) }
  }
}
