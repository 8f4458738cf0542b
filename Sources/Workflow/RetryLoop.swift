/// Whether a task fails the same way over and over.
public enum RetryLoop {
  /// What an attempt that changed nothing and said nothing failed with.
  public static let silence = "it changed nothing and said nothing"

  /// The error of an attempt; nil if it did not fail.
  public static func error(of attempt: Attempt) -> String? {
    switch attempt.outcome {
    case .failed:
      if let error = attempt.error, !error.isEmpty { return error }
      return (attempt.failure ?? .other).rawValue
    case .succeeded: return attempt.commits == 0 ? silence : nil
    case .unfinished, .blocked, .needsReview, .delegated, .interrupted, nil: return nil
    }
  }

  /// How many of some attempts failed with an error, whatever its numbers and paths.
  public static func count(of error: String, in attempts: some Sequence<Attempt>) -> Int {
    let wanted = ErrorNormaliser.normalise(error)
    return attempts.count { attempt in
      RetryLoop.error(of: attempt).map(ErrorNormaliser.normalise) == wanted
    }
  }
}
