internal import Agents
internal import GitState
internal import Workflow

extension EffectRunner {
  /// Stops a worker that has waited long for an answer: it is begun again when there is one.
  func stopIfUnanswered(_ task: TaskView, _ attempt: Attempt, _ messages: MessageFolder) {
    guard let question = unanswered(task, attempt, messages),
      options.clock() - question.at >= options.answerSeconds * 1000
    else { return }
    let monitor = WorkerMonitor(
      directory: folder.runDirectory(task: task.id, token: attempt.token))
    guard monitor.progress()?.phase == .waiting else { return }
    monitor.requestStop(.interrupt)
  }

  /// The question on whose answer an attempt's worker waits.
  private func unanswered(
    _ task: TaskView, _ attempt: Attempt, _ messages: MessageFolder
  ) -> Message? {
    guard let asking = messages.asking else { return nil }
    return task.openQuestions.first { $0.id == "\(attempt.token)-\(asking)" }
  }

  /// A worker that was stopped while it waited for an answer is not begun again without one.
  func waitForAnswer(_ task: TaskView, _ attempt: Attempt, _ collected: inout Collected) {
    let prefix = "\(attempt.token)-"
    guard let question = task.openQuestions.last(where: { $0.id.hasPrefix(prefix) }) else { return }
    collected.failure = nil
    collected.outcome = .needsReview
    collected.error = "it waits for an answer: \(question.text)"
  }
}
