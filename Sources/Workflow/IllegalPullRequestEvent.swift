/// An event that makes no sense for a pull request where it stands.
public struct IllegalPullRequestEvent: Error, Sendable, Hashable {
  /// Why it makes no sense.
  public enum Reason: Sendable, Hashable {
    /// The status does not take it.
    case status
    /// It speaks for a worker that is not the present one.
    case staleWorker(token: Int?)
    /// It speaks of a pair that is not the present one.
    case stalePair
    /// It says that the head moved, and the head is where it was.
    case nothingMoved
    /// The pair may not be merged: evidence is missing, or someone objects.
    case notMergeable
  }

  /// The status.
  public let status: PullRequestStatus
  /// The event.
  public let event: PullRequestEventKind
  /// Why it makes no sense.
  public let reason: Reason

  /// Both names in a sentence.
  public var sentence: String {
    let text =
      "a pull request that is \(status.rawValue) cannot take the event '\(event.rawValue)'"
    switch reason {
    case .status: return text
    case .staleWorker(let token):
      return text + ": it is from \(token.map { "attempt token \($0)" } ?? "a rebase") that is over"
    case .stalePair: return text + ": head or base have moved since"
    case .nothingMoved: return text + ": the head is where it was"
    case .notMergeable: return text + ": it has no evidence for this pair, or someone objects"
    }
  }
}
