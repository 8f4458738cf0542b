/// A branch's head and the base's head that it was looked at with: what evidence speaks of.
///
/// A check that ran on one pair proves nothing about another.
public struct CommitPair: Sendable, Hashable {
  /// The branch's head.
  public var head: String
  /// The base's head.
  public var base: String

  /// Both halves.
  public init(head: String, base: String) {
    self.head = head
    self.base = base
  }
}
