/// What one look at the remote and the forge sees of a pull request.
public struct Look: Sendable, Hashable {
  /// Whether it is open at the forge.
  public enum State: Sendable, Hashable {
    /// Open.
    case open
    /// Closed without a merge.
    case closed
    /// Part of the base, as that commit.
    case merged(as: String)
  }

  /// When the look began, in milliseconds since 1970.
  public var takenAt: Int
  /// The pull request's revision when the look began.
  public var revision: Int
  /// Whether it is open.
  public var state = State.open
  /// The base's head; nil if the base is gone.
  public var baseHead: String?
  /// The branch's head; nil if the branch is gone.
  public var branchHead: String?
  /// The commit of the base that the branch is on top of: the newest that both have, or one that the base has left.
  public var contained: String
  /// Whether the two heads can be merged.
  public var mergeability = Mergeability.clean
  /// The checks, of any pair; of several runs of one check, the last counts.
  public var checks: [CheckLook] = []
  /// True if there are checks to wait for, even if none has begun.
  public var expectsChecks = true
  /// How the base's own checks stand, by their names.
  public var baseChecks: [String: CheckLook.State] = [:]
  /// The reviews whose authors may speak here, oldest first.
  public var reviews: [Review] = []
  /// The reviews that were dismissed, by their names.
  public var dismissed: Set<String> = []
  /// True if it is a draft.
  public var isDraft = false
  /// Its labels.
  public var labels: Set<String> = []
  /// Why nothing is done to it for now, in words; nil if everything may be.
  public var leftAlone: String?
  /// True if it has more reviews, threads or checks than the look saw.
  public var isCut = false
  /// True if nothing is to be merged at this time of day.
  public var isQuiet = false
  /// False while another pull request is on its way into the same base.
  public var hasTurn = true
  /// The tokens of attempts that run; nil if that is not known.
  public var liveWorkers: Set<Int>?

  /// A look at two heads.
  public init(
    takenAt: Int, revision: Int, baseHead: String?, branchHead: String?, contained: String
  ) {
    self.takenAt = takenAt
    self.revision = revision
    self.baseHead = baseHead
    self.branchHead = branchHead
    self.contained = contained
  }

  /// The two heads, if both are there.
  public var pair: CommitPair? {
    guard let baseHead, let branchHead else { return nil }
    return CommitPair(head: branchHead, base: baseHead)
  }
}
