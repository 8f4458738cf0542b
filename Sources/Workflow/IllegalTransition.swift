/// An event that makes no sense in a status.
public struct IllegalTransition: Error, Sendable, Hashable {
  /// The status.
  public let status: TaskStatus
  /// The event.
  public let event: TaskEvent

  /// Both names in a sentence.
  public var sentence: String {
    "a task that is \(status.words) cannot take the event '\(event.rawValue)'"
  }
}
