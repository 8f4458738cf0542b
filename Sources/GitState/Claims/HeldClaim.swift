public import Git2

/// A claim of this host, as far as it knows.
public struct HeldClaim: Sendable, Hashable {
  /// The commit at the arbiter.
  public let id: ObjectID
  /// What it says.
  public let claim: Claim
  /// True if an earlier process of this host wrote it, or one that had this host's name.
  public let isInherited: Bool

  /// True if the newest state was looked at after the claim was won, or its work was begun before.
  public let isVerified: Bool

  /// All parts.
  init(id: ObjectID, claim: Claim, isInherited: Bool = false, isVerified: Bool = false) {
    self.id = id
    self.claim = claim
    self.isInherited = isInherited
    self.isVerified = isVerified
  }
}

/// What is known of a task from the state, for decisions about its claim.
public struct TaskStanding: Sendable, Hashable {
  /// True if nothing is left to be done for it.
  public let isTerminal: Bool
  /// The highest token in its events; 0 if there is none.
  public let highestToken: Int

  /// Both parts.
  public init(isTerminal: Bool, highestToken: Int) {
    self.isTerminal = isTerminal
    self.highestToken = highestToken
  }
}
