/// Something that somebody must answer: a failing check, a review, a conflict.
///
/// It is made when a look first sees it, survives restarts, and is over only when the head moved for it, when
/// a person was asked, when it was taken back, or with the pull request itself. A worker that was told and
/// moved nothing leaves it open.
public struct Obligation: Sendable, Hashable {
  /// What is to be answered.
  public enum Subject: Sendable, Hashable {
    /// A check by its name.
    case check(String)
    /// A review: its name at the forge, and whose it is.
    case review(id: String, reviewer: String)
    /// A conflict with the base.
    case conflict
  }

  /// What is to be answered.
  public let subject: Subject
  /// Where it was last seen.
  public var pair: CommitPair
  /// When it was first seen, in milliseconds since 1970.
  public let since: Int
  /// The token of the attempt that was told and has not ended.
  public var deliveredTo: Int?
  /// How many workers were told.
  public var tries = 0
  /// Why it is over; nil while it is open.
  public var end: ObligationEnd?

  /// An open one.
  public init(_ subject: Subject, at pair: CommitPair, since: Int) {
    self.subject = subject
    self.pair = pair
    self.since = since
  }

  /// Its name: the same check on the same head is the same obligation, whatever the base does.
  public var id: String {
    switch subject {
    case .check(let name): "check:\(name)@\(pair.head)"
    case .review(let id, _): "review:\(id)"
    case .conflict: "conflict@\(pair.head)"
    }
  }

  /// True until it is over.
  public var isOpen: Bool { end == nil }

  /// The check's name, if it is about a check.
  public var check: String? {
    if case .check(let name) = subject { name } else { nil }
  }

  /// The reviewer, if it is about a review.
  public var reviewer: String? {
    if case .review(_, let reviewer) = subject { reviewer } else { nil }
  }
}
