public import Git2

/// A reference's object at the arbiter, and what it says.
public struct Posted<Content: Sendable & Hashable>: Sendable, Hashable {
  /// The object.
  public let id: ObjectID
  /// What it says; nil if it cannot be read: then it is left alone.
  public let content: Content?

  /// Both parts.
  public init(id: ObjectID, content: Content?) {
    self.id = id
    self.content = content
  }
}

/// What the arbiter showed at one look.
public struct ArbiterView: Sendable, Hashable {
  /// Claims by task.
  public var claims: [RecordID: Posted<Claim>]
  /// Heartbeats by host.
  public var hosts: [String: Posted<Heartbeat>]

  /// Both parts.
  public init(
    claims: [RecordID: Posted<Claim>] = [:], hosts: [String: Posted<Heartbeat>] = [:]
  ) {
    self.claims = claims
    self.hosts = hosts
  }
}

/// One reference that is to move at the arbiter, by compare-and-swap.
public struct ArbiterMove: Sendable, Hashable {
  /// The full name.
  public let reference: String
  /// What must be there; nil: nothing may be there.
  public let expected: ObjectID?
  /// What shall be there; nil: nothing.
  public let new: ObjectID?

  /// All parts.
  public init(_ reference: String, from expected: ObjectID?, to new: ObjectID?) {
    self.reference = reference
    self.expected = expected
    self.new = new
  }
}

/// References that are to move together or one by one, and the commits that have to exist for it.
public struct ArbiterPush: Sendable, Hashable {
  /// What moves.
  public let moves: [ArbiterMove]
  /// True if all move or none.
  public let isAtomic: Bool
  /// Bytes of commits to write before; those that exist are left alone.
  public let commits: [[UInt8]]

  /// All parts.
  public init(_ moves: [ArbiterMove], commits: [[UInt8]] = [], isAtomic: Bool = false) {
    self.moves = moves
    self.isAtomic = isAtomic
    self.commits = commits
  }
}

/// What is known of a move after a push.
public enum MoveReply: Sendable, Hashable {
  /// It took place.
  case accepted
  /// It did not take place.
  case refused
  /// The answer was lost: it took place, or will, or will not.
  case unknown
}

/// The one place that decides who works on what: it moves references by compare-and-swap.
public protocol Arbiter: Sendable {
  /// True if other hosts are asked too; false for a repository's own references.
  var isShared: Bool { get }
  /// Reads all claims and heartbeats; throws if it cannot be reached or the answer is not whole.
  func read() async throws -> ArbiterView
  /// Moves references; a missing answer is `.unknown`, never an error. Names without an entry in the
  /// result are unknown too.
  func push(_ push: ArbiterPush) async -> [String: MoveReply]
  /// True if several references can move as one; throws if that cannot be found out now.
  func movesAtomically() async throws -> Bool
}
