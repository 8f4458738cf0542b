/// A pull request: the facts of its events, and where they put it.
public struct PullRequestView: Sendable, Hashable {
  /// Its name at the forge.
  public var id: String
  /// Its web page.
  public var url: String?
  /// Where it stands.
  public var status = PullRequestStatus.open
  /// The branch's head as last pushed or seen.
  public var head: String
  /// The newest commit of the base that the branch contains.
  public var baseHead: String
  /// Earlier heads of the same work: orch's own rebases moved them and changed no line.
  public var sameWork: [String] = []
  /// The base's head as last seen at the remote.
  public var targetBase: String
  /// Since when the branch has this work, in milliseconds since 1970: what was said before is about other work.
  public var workSince: Int?
  /// How many events it is made of: a look that began before the last of them is not listened to.
  public var revision = 0

  /// The pair that checks last ran on.
  public var checkedHead: String?
  /// The other half of the pair.
  public var checkedBase: String?
  /// How those checks ended.
  public var checksPassed: Bool?
  /// True if they passed because there were none to run.
  public var isUnchecked = false
  /// The check that failed.
  public var failingCheck: String?
  /// The end of its output.
  public var failureLog: String?
  /// The runs that failed on that pair.
  public var failedChecks: [FailedCheck] = []
  /// The pair whose checks are waited for.
  public var pendingPair: CommitPair?
  /// How long checks of this work have been waited for; orch's own rebases begin them anew, and the wait goes on.
  public var pendingTime = WaitedTime()
  /// The pair on which every check passed last.
  public var greenPair: CommitPair?
  /// The runs in doubt that were asked for once more.
  public var reruns: [CheckRerun] = []

  /// Files in conflict with the base.
  public var conflictFiles: [String] = []
  /// The pair that is in conflict.
  public var conflictPair: CommitPair?

  /// True if a person approved this head; what the reviewing agent says is in `reviews` only.
  public var isApproved = false
  /// What each reviewer said last, remarks aside; oldest first.
  public var reviews: [Review] = []
  /// The reviews that were noticed, by their names; the oldest are forgotten.
  public var seenReviews: [String] = []
  /// The head that the reviewing agent was last asked about.
  public var reviewAskedHead: String?
  /// When it was asked, in milliseconds since 1970.
  public var reviewAskedAt: Int?
  /// How often the reviewing agent was asked.
  public var reviewRounds = 0

  /// What must be answered.
  public var obligations = ObligationLedger()
  /// What is being done to it.
  public var activity: PullRequestActivity?
  /// What a person must decide.
  public var question: Question?
  /// Why the last rebase, repair or merge came to nothing.
  public var lastFailure: String?

  /// How often a worker was asked to settle the present conflict.
  public var rebaseTries = 0
  /// How often a worker was asked to repair it since it was green.
  public var repairTries = 0
  /// How many workers in a row found that its head needs no change.
  public var unmovedRepairs = 0
  /// How often merging the present pair was tried.
  public var mergeTries = 0

  /// How long nothing but a rule of the base has kept this work from being merged.
  public var heldTime = WaitedTime()

  /// The commit that merged it.
  public var mergedAs: String?
  /// True if it was closed without a merge.
  public var isClosed = false

  /// A pull request that was just opened.
  public init(id: String, head: String, baseHead: String) {
    self.id = id
    self.head = head
    self.baseHead = baseHead
    targetBase = baseHead
  }
}
