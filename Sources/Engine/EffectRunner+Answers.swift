internal import Agents
internal import GitState
internal import Workflow

extension EffectRunner {
  /// Stops a worker that has waited long for an answer: it is begun again when there is one.
  func stopIfUnanswered(_ task: TaskView, _ attempt: Attempt, _ messages: MessageFolder) {
    let limit = options.clock() - options.answerSeconds * 1000
    guard unanswered(task, attempt, messages).contains(where: { $0.at <= limit }) else { return }
    let monitor = WorkerMonitor(
      directory: folder.runDirectory(task: task.id, token: attempt.token))
    guard monitor.progress()?.phase == .waiting else { return }
    monitor.requestStop(.interrupt)
  }

  /// The questions on whose answers an attempt's worker waits, oldest first.
  private func unanswered(
    _ task: TaskView, _ attempt: Attempt, _ messages: MessageFolder
  ) -> [Message] {
    let names = Set(messages.asking.map { "\(attempt.token)-\($0)" })
    return task.openQuestions.filter { names.contains($0.id) }
  }

  /// A worker that was stopped while it waited for an answer is not begun again without one.
  ///
  /// A question that it did not wait for is no reason to stand still.
  func waitForAnswer(
    _ task: TaskView, _ attempt: Attempt, _ messages: MessageFolder, _ collected: inout Collected
  ) {
    guard let question = unanswered(task, attempt, messages).last else { return }
    collected.failure = nil
    collected.outcome = .needsReview
    collected.error = "it waits for an answer: \(question.text)"
  }
}
