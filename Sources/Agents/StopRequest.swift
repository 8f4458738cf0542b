/// How a worker is asked to stop.
public enum StopRequest: String, Sendable, Hashable {
  /// Interrupt, then terminate, then kill.
  case interrupt
  /// Kill at once.
  case kill
}
