#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What is left to do for a worker whose supervisor was killed.
enum WorkerLoss {
  /// Kills what it left running and says how it ended, as far as its supervisor had written down.
  ///
  /// Its processes are those that carry its mark, those of its agent's session, and those that the supervisor
  /// had seen, with all below them. The last two are gone by only where the numbers still mean the same
  /// processes: after a reboot they are strangers'.
  static func end(of directory: RunDirectory) -> WorkerExit {
    // The engine's own end of it first: what is killed under an engine's hands leaves a container behind.
    let launch = RunFile.json(directory.launch).flatMap(WorkerLaunch.init)
    launch?.container?.remove()
    let identity = directory.storedIdentity.flatMap { $0.isOfThisWorld ? $0 : nil }
    let killed = ProcessTree.killMarked(
      (ProcessTree.marker, directory.path), session: identity?.agent.flatMap(session),
      known: identity == nil ? [] : Set(DescendantRecord.read(directory)))
    // What left its session without its mark, unseen, is still in its group.
    launch?.controlGroup?.end()
    var exit = WorkerExit(
      reason: .lost, report: directory.storedProgress?.report ?? AgentReport(),
      errorText: "the supervisor was killed", leftovers: killed.count,
      endedAt: wallMilliseconds())
    exit.leftoverNames = killed.prefix(AgentReport.maximumEntries).map { "\($0.pid) \($0.name)" }
    return exit
  }

  /// The session that an agent led; nil if its number is another's by now.
  ///
  /// A number is not given again while a session has it. So the session is another's if its leader is
  /// another process, or one of its processes is older than the agent.
  private static func session(_ agent: WorkerIdentity.Process) -> pid_t? {
    if let leader = ProcessTree.entry(of: agent.pid), leader.start != agent.start { return nil }
    let members = ProcessTree.all().filter { $0.session == agent.pid }
    return members.contains { $0.start < agent.start } ? nil : agent.pid
  }
}
