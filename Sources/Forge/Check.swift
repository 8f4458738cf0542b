/// A check run or a commit status of a head.
public struct Check: Sendable, Hashable {
  /// How far it is.
  public enum Status: String, Sendable, Hashable, CaseIterable {
    /// Not begun, or waiting for somebody.
    case queued
    /// Under way.
    case running
    /// Ended; the conclusion says how.
    case completed
  }

  /// How it ended, as GitHub's `CheckConclusionState` says it.
  public enum Conclusion: String, Sendable, Hashable, CaseIterable {
    /// It passed.
    case success = "SUCCESS"
    /// It has nothing to say.
    case neutral = "NEUTRAL"
    /// It was not run, by its own condition.
    case skipped = "SKIPPED"
    /// It failed.
    case failure = "FAILURE"
    /// It took too long.
    case timedOut = "TIMED_OUT"
    /// It was stopped.
    case cancelled = "CANCELLED"
    /// A person must do something first.
    case actionRequired = "ACTION_REQUIRED"
    /// It could not be started.
    case startupFailure = "STARTUP_FAILURE"
    /// GitHub gave it up.
    case stale = "STALE"

    /// True if it does not stand in the way of a merge.
    public var isPassing: Bool {
      switch self {
      case .success, .neutral, .skipped: true
      case .failure, .timedOut, .cancelled, .actionRequired, .startupFailure, .stale: false
      }
    }
  }

  /// The name that branch rules know it by.
  public var name: String
  /// The workflow that it is a job of.
  public var workflow: String?
  /// How far it is.
  public var status = Status.queued
  /// How it ended; nil while it has not.
  public var conclusion: Conclusion?
  /// True if the base's rules ask for it.
  public var isRequired = false
  /// The page with more.
  public var detailsURL: String?
  /// Its own words: title and summary.
  public var details = ""
  /// The check run's number, which is also the number of a GitHub Actions job; nil for a status.
  public var runID: Int?
  /// The GitHub Actions run that it belongs to.
  public var workflowRunID: Int?
  /// When it began, in milliseconds since 1970.
  public var startedAt: Int?
  /// When it ended, in milliseconds since 1970.
  public var completedAt: Int?

  /// A check that has not begun.
  public init(name: String) { self.name = name }

  /// True if it ended and stands in the way.
  public var isFailing: Bool { conclusion.map { !$0.isPassing } ?? false }
}

/// What the checks of a head say together.
public enum CheckVerdict: Sendable, Hashable {
  /// There are none.
  case none
  /// None failed, and some have not ended.
  case pending
  /// All ended, none failed.
  case passed
  /// Some failed; the others may still run.
  case failed

  /// The verdict of these checks; one failure decides.
  public init(_ checks: [Check]) {
    if checks.isEmpty {
      self = .none
    } else if checks.contains(where: \.isFailing) {
      self = .failed
    } else {
      self = checks.allSatisfy { $0.conclusion != nil } ? .passed : .pending
    }
  }
}
