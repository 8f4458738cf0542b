/// The bounds that keep a task from going on for ever.
public struct Limits: Sendable, Hashable {
  /// Attempts before a task is blocked.
  public var maxAttempts = 10
  /// How often one and the same error may come back: the attempt that fails so once more is the last.
  public var retryLoop = 3
  /// How often an attempt is begun again after its worktree could not be prepared.
  public var maxEnvironmentRetries = 1
  /// Workers that are asked to settle conflicts of one pull request.
  public var maxRebaseTries = 2
  /// Workers that are asked to repair checks of one pull request.
  public var maxRepairTries = 3
  /// Workers in a row that may say that a pull request needs no change before a person is asked.
  public var maxUnmovedRepairs = 2
  /// How often a failing check is run once more on one pair before it is repaired.
  public var maxCheckReruns = 1
  /// How often merging one pair is tried.
  public var maxMergeTries = 3
  /// How often the reviewing agent is asked about one pull request.
  public var maxReviewRounds = 3
  /// Pull requests that wait for their turn to be merged into one base before no more tasks are begun; 0 is no bound.
  ///
  /// What is begun then would wait behind all of them, and be rebased for nothing until it is its turn.
  public var maxWaiting = 20
  /// How long checks or the reviewing agent may take before a person is asked, in milliseconds.
  public var patienceMilliseconds = 6 * 60 * 60 * 1000
  /// How long checks that have not ended keep other pull requests from the same base, in milliseconds: the twelfth part
  /// of the patience.
  public var turnMilliseconds: Int { patienceMilliseconds / 12 }
  /// US dollars for one task.
  public var usdPerTask: Double?
  /// US dollars for one day.
  public var usdPerDay: Double?
  /// Tokens for one task.
  public var tokensPerTask: Int?

  /// The defaults.
  public init() {}
}
