/// What is known of a worker from its run directory.
public enum WorkerState: Sendable, Hashable {
  /// No supervisor has begun.
  case notStarted
  /// It runs; the report is what it has printed so far.
  case running(AgentReport)
  /// It has ended.
  case finished(WorkerExit)
  /// Its supervisor died without a word, and the agent with it.
  case lost
}
