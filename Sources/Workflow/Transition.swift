/// Where an event leads.
public struct Transition: Sendable, Hashable {
  /// The status after the event.
  public let status: TaskStatus
  /// True if the status goes back or starts anew, so that a later join cannot undo it.
  public let raisesGeneration: Bool
}
