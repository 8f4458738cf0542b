public import Git2

/// A branch that the radar watches.
public struct RadarBranch: Sendable, Hashable {
  /// Its name, for the report.
  public let name: String
  /// Its head.
  public let head: ObjectID

  /// Both parts.
  public init(name: String, head: ObjectID) {
    self.name = name
    self.head = head
  }
}

/// Two branches that cannot both be merged without a decision.
public struct Collision: Sendable, Hashable {
  /// The branch whose name comes first.
  public let one: String
  /// The other branch.
  public let other: String
  /// Where and why.
  public let files: [ConflictFile]
}

/// Which open branches will collide, and in which order merging them causes the least work.
public struct RadarReport: Sendable, Hashable {
  /// Pairs that collide, by their names.
  public let collisions: [Collision]
  /// Branches that do not fit onto the base, with the files.
  public let baseConflicts: [String: [ConflictFile]]
  /// All branches in the order in which they should be merged.
  public let order: [String]
  /// The branches that will have to be resolved in that order: against the base, or earlier ones.
  public let rework: Set<String>
  /// Branches that cannot be looked at, such as those with broken objects, and why; nothing else names them.
  public let unreadable: [String: WorktreeError]

  /// The branches that collide with one.
  public func neighbours(of name: String) -> [String] {
    collisions.compactMap { $0.one == name ? $0.other : $0.other == name ? $0.one : nil }
  }
}
