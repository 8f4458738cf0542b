internal import Agents
internal import GitState
internal import Workflow

/// How long and how often an agent's own session is gone on with.
enum Resumption {
  /// The oldest session, in milliseconds since its last run.
  static let maximumAgeMilliseconds = 60 * 60 * 1000
  /// The largest session, in tokens as its agent counts them.
  static let maximumTokens = 2_000_000

  /// True if going on can help after an end: not where the conversation itself was the trouble.
  static func helps(after attempt: Attempt) -> Bool {
    switch attempt.failure {
    case .contextExhausted, .malformedOutput, .noOutput, .refused, .nothingDone, .environment,
      .notInstalled, .misconfigured, .quota, .authentication:
      false
    case .rateLimited, .overloaded, .turnLimit, .budgetExceeded, .crashed, .timedOut, .stalled,
      .checksFailed, .conflict, .resourceLimit, .killed, .other, nil:
      true
    }
  }
}

extension EffectRunner {
  /// The end of the attempt before this one, if its session is young and small and may be gone on with.
  func resumable(
    _ task: TaskView, _ attempt: Attempt, _ agent: AgentConfiguration
  ) -> WorkerExit? {
    guard agent.resumes, adapter(agent).canResume,
      let last = task.attempts.last(where: { $0.token < attempt.token }),
      last.agent == agent.name, last.host == tasks.state.host,
      last.model == attempt.model
        || attempt.model == nil, let ended = last.endedAt,
      options.clock() - ended <= Resumption.maximumAgeMilliseconds, Resumption.helps(after: last)
    else { return nil }
    let monitor = WorkerMonitor(directory: folder.runDirectory(task: task.id, token: last.token))
    guard let exit = monitor.exit, exit.report.sessionID?.isEmpty == false,
      exit.report.tokens <= Resumption.maximumTokens
    else { return nil }
    return exit
  }
}
