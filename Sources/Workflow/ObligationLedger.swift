/// The obligations of one pull request, folded from its events.
public struct ObligationLedger: Sendable, Hashable {
  /// How many that are over are kept for a look back; open ones are all kept.
  public static let maximumOver = 20

  /// All of them, oldest first.
  public private(set) var entries: [Obligation]

  /// An empty one, or what was stored.
  public init(_ entries: [Obligation] = []) { self.entries = entries }

  /// Those that nobody has answered.
  public var open: [Obligation] { entries.filter(\.isOpen) }

  /// The open reviews.
  public var openReviews: [Obligation] { open.filter { $0.reviewer != nil } }

  /// Notes an obligation; one that is open already only learns where it was last seen.
  mutating func raise(_ new: Obligation) {
    if let index = entries.firstIndex(where: { $0.isOpen && $0.id == new.id }) {
      entries[index].pair = new.pair
    } else {
      entries.append(new)
      prune()
    }
  }

  /// Notes that an attempt was told of some.
  mutating func deliver(_ ids: [String], to token: Int) {
    update({ $0.isOpen && ids.contains($0.id) }) {
      $0.deliveredTo = token
      $0.tries += 1
    }
  }

  /// Notes that an attempt ended without an answer: somebody else must be told.
  mutating func takeBack(from token: Int) {
    update({ $0.isOpen && $0.deliveredTo == token }) { $0.deliveredTo = nil }
  }

  /// Ends the open ones that a condition holds for.
  mutating func end(_ reason: ObligationEnd, where condition: (Obligation) -> Bool) {
    update({ $0.isOpen && condition($0) }) { $0.end = reason }
    prune()
  }

  /// Opens again what was over only because a person was asked or the pull request was closed.
  mutating func reopen(where isStillTrue: (Obligation) -> Bool) {
    var seen: Set<String> = Set(open.map(\.id))
    for index in entries.indices.reversed() {
      switch entries[index].end {
      case .personAsked, .over: break
      case .headMoved, .withdrawn, nil: continue
      }
      guard isStillTrue(entries[index]), seen.insert(entries[index].id).inserted else { continue }
      entries[index].end = nil
      entries[index].deliveredTo = nil
      entries[index].tries = 0
    }
  }

  private mutating func update(
    _ condition: (Obligation) -> Bool, _ body: (inout Obligation) -> Void
  ) {
    for index in entries.indices where condition(entries[index]) { body(&entries[index]) }
  }

  private mutating func prune() {
    var excess = entries.count { !$0.isOpen } - Self.maximumOver
    entries.removeAll { entry in
      guard excess > 0, !entry.isOpen else { return false }
      excess -= 1
      return true
    }
  }
}
