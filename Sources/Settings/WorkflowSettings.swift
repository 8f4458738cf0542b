/// How tasks are worked on: attempts, times, and who is asked.
public struct WorkflowSettings: Sendable, Equatable {
  /// Attempts before a task is blocked.
  public static let defaultMaxAttempts = 10
  /// Equal errors that make a retry loop.
  public static let defaultRetryLoop = 3
  /// Silence after which a worker counts as stalled, in seconds.
  public static let defaultStallSeconds = 600
  /// Time between interrupt, terminate and kill, in seconds.
  public static let defaultGraceSeconds = 10
  /// The wait of a worker for an answer, in seconds.
  public static let defaultAnswerSeconds = 900
  /// The waiting of an attempt that is not charged to its time, in seconds.
  public static let defaultWaitSeconds = 14_400
  /// Workers that run at once.
  public static let defaultMaxParallel = 4
  /// Pull requests that wait for their merge before nothing new is begun.
  public static let defaultMaxWaiting = 20
  /// Conflict workers for one pull request.
  public static let defaultMaxRebaseTries = 2
  /// Repair workers for one pull request.
  public static let defaultMaxRepairTries = 3
  /// Re-runs of a suspicious check on one pair of head and base.
  public static let defaultMaxCheckReruns = 1
  /// Tries to merge one pair of head and base.
  public static let defaultMaxMergeTries = 3
  /// Reviews of one pull request by the reviewing agent.
  public static let defaultMaxReviewRounds = 3
  /// The longest wait for checks or the reviewing agent, in seconds: the longest job of GitHub's runners.
  public static let defaultPatienceSeconds = 21_600

  /// Attempts before a task is blocked.
  public var maxAttempts = defaultMaxAttempts
  /// How often the same error must come back to block a task for good.
  public var retryLoop = defaultRetryLoop
  /// The longest time of one attempt.
  public var timeoutSeconds = AttemptTimeouts()
  /// The longest silence of a worker, in seconds.
  public var stallSeconds = defaultStallSeconds
  /// The time that a stopped worker has before the next, harder signal, in seconds.
  public var graceSeconds = defaultGraceSeconds
  /// How long a worker waits for an answer before it is stopped, in seconds.
  public var answerSeconds = defaultAnswerSeconds
  /// How long an attempt may wait for turns and answers without being charged, in seconds.
  public var waitSeconds = defaultWaitSeconds
  /// How many workers run at once.
  public var maxParallel = defaultMaxParallel
  /// How many pull requests may wait for their merge before nothing new is begun; 0 is no bound.
  public var maxWaiting = defaultMaxWaiting
  /// Skills that every prompt carries, marked as required.
  public var requiredSkills: [String] = []
  /// Who is tagged when a task needs a person.
  public var reviewOwner: String?
  /// Whether an agent reviews each pull request.
  public var enableReviewAgent = false
  /// Whether plans go ahead without a person.
  public var autoApprove = false
  /// Conflict workers before a person is asked.
  public var maxRebaseTries = defaultMaxRebaseTries
  /// Repair workers before a person is asked.
  public var maxRepairTries = defaultMaxRepairTries
  /// Re-runs of a failing check before it is repaired.
  public var maxCheckReruns = defaultMaxCheckReruns
  /// Refused merges before a person is asked.
  public var maxMergeTries = defaultMaxMergeTries
  /// Rounds of the reviewing agent before a person is asked.
  public var maxReviewRounds = defaultMaxReviewRounds
  /// How long checks or the reviewing agent may take, or a rule of the base hold, before a person is asked, in seconds.
  public var patienceSeconds = defaultPatienceSeconds
  /// Programs that workers only run under the lock `build`.
  public var lockedPrograms: [String] = []

  /// Every default.
  public init() {}
}

extension WorkflowSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "max_attempts", \.maxAttempts, .integer(1...1000), unit: "attempts",
      "Attempts after which a task is blocked."),
    Field(
      "retry_loop", \.retryLoop, .integer(2...100), unit: "errors",
      "The same normalised error this many times makes the task blocked for good, not retried."),
    Field("timeout_seconds", \.timeoutSeconds, "The longest time of one attempt, by complexity."),
    .seconds("stall_seconds", \.stallSeconds, "Silence after which a worker is stopped."),
    .seconds(
      "grace_seconds", \.graceSeconds, from: 0,
      "Time between interrupt, terminate and kill when a worker is stopped."),
    .seconds(
      "answer_seconds", \.answerSeconds,
      "How long a worker may hold its place while it waits for an answer; then it is stopped, and begun "
        + "again with the answer."),
    .seconds(
      "wait_seconds", \.waitSeconds,
      "How long an attempt may wait for locks and answers in all; more is charged to its time."),
    Field(
      "max_parallel", \.maxParallel, .integer(1...1000), unit: "workers",
      "Workers that run at once on this machine; `orch run --jobs` goes before it."),
    Field(
      "max_waiting", \.maxWaiting, .integer(0...10_000), unit: "pull requests",
      "While so many pull requests wait for their merge into a base, no new task for it is begun unless it is more urgent; "
        + "0: always."),
    Field(
      "required_skills", \.requiredSkills,
      "Skills that every prompt carries, marked `[REQUIRED]`."),
    Field("review_owner", \.reviewOwner, "Who is tagged when a task needs a person."),
    Field(
      "enable_review_agent", \.enableReviewAgent,
      "Whether an agent, never the author, reviews each pull request."),
    Field("auto_approve", \.autoApprove, "Whether a plan's child tasks start without a person."),
    Field(
      "max_rebase_tries", \.maxRebaseTries, .integer(0...100), unit: "workers",
      "Workers that try to settle one pull request's conflicts before a person is asked."),
    Field(
      "max_repair_tries", \.maxRepairTries, .integer(0...100), unit: "workers",
      "Workers that try to repair one pull request's checks before a person is asked."),
    Field(
      "max_check_reruns", \.maxCheckReruns, .integer(0...10), unit: "runs",
      "How often a failing check is run once more on the same commits before it is repaired."),
    Field(
      "max_merge_tries", \.maxMergeTries, .integer(1...100), unit: "tries",
      "Refused merges of the same commits before a person is asked."),
    Field(
      "max_review_rounds", \.maxReviewRounds, .integer(1...100), unit: "reviews",
      "Reviews of one pull request by the reviewing agent before a person is asked."),
    .seconds(
      "patience_seconds", \.patienceSeconds,
      "How long checks or the reviewing agent may take, or a rule of the base keep from its merge what is else ready, before a "
        + "person is asked; checks that orch's own rebases begin anew are not "
        + "given the longer. For a twelfth of it, checks that have not ended keep other pull requests from the same base."
    ),
    Field(
      "locked_programs", \.lockedPrograms,
      "Programs (`make`, `swift`) that workers run under the lock `build` without asking for it."),
  ]
}
