/// What is left to do for a worker whose supervisor was killed.
enum WorkerLoss {
  /// Kills what it left running and says how it ended, as far as its supervisor had written down.
  static func end(of directory: RunDirectory) -> WorkerExit {
    let killed = ProcessTree.killMarked(
      (ProcessTree.marker, directory.path), session: directory.agentProcess)
    var exit = WorkerExit(
      reason: .lost, report: directory.storedProgress?.report ?? AgentReport(),
      errorText: "the supervisor was killed", leftovers: killed.count,
      endedAt: wallMilliseconds())
    exit.leftoverNames = killed.prefix(AgentReport.maximumEntries).map { "\($0.pid) \($0.name)" }
    return exit
  }
}
