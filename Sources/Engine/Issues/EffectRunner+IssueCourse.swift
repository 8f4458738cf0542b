internal import JSON
internal import Workflow

/// What becomes of a task when its issue is closed, loses its label, or comes back.
///
/// What was seen is remembered by the forge's own clock, so that an old list says nothing new.
extension EffectRunner {
  /// Begins the task of an issue anew that had ceased to ask for it, and asks again.
  func welcome(_ asked: AskedIssue, label: String?, back tasks: [TaskView]) async throws {
    guard let task = tasks.max(by: { Self.isBefore($0, $1) }), task.hasIssueLeft,
      let left = task.issueLeft, asked.updatedAt > left.seenAt
    else { return }
    try await self.tasks.record(task.id) { view in
      guard view.issueLeft == left else { return TaskChange(.checkpointed) }
      var change = view.status.isTerminal ? Self.anew(view) : TaskChange(.checkpointed)
      change.fields[Field.issueLabel] = .optional(asked.isLabelled ? label : nil)
      change.fields[Field.issueAskedAt] = .number(asked.updatedAt)
      guard view.status.isTerminal else { return change }
      change.reason =
        left.closedAt != nil
        ? "\(view.askedOnWords) was opened again"
        : "\(view.askedOnWords) has the label '\(label ?? "")' again"
      return change
    }
  }

  /// Of several tasks of one issue, one that is not over comes last, then the one that changed last.
  private static func isBefore(_ one: TaskView, _ other: TaskView) -> Bool {
    if one.status.isTerminal != other.status.isTerminal { return one.status.isTerminal }
    return (one.updatedAt, one.id) < (other.updatedAt, other.id)
  }

  /// Stops the tasks of issues that do not ask for them any more, and remembers that they do not.
  func follow(_ survey: IssueSurvey) async throws {
    let views = try await tasks.all().values
    let asked = Set((survey.asked + survey.pulls).map(\.number))
    for task in views {
      guard let issue = task.askedOn, let news = survey.news[issue] else { continue }
      if let leave = Self.leave(of: task, news, survey) {
        try await end(task, leave, isGivenUp: Self.isGivenUp(task, news, survey, among: views))
      } else if Self.isBackUnasked(task, news), !asked.contains(issue) {
        try await remark(task, news)
      }
    }
  }

  /// How a task's issue has ceased to ask for it, if that is news.
  private static func leave(
    of task: TaskView, _ news: IssueNews, _ survey: IssueSurvey
  ) -> IssueLeave? {
    // An old list that arrives late is no news.
    guard news.updatedAt > task.issueLeft?.seenAt ?? 0 else { return nil }
    if let closedAt = news.closedAt {
      guard task.issueLeft?.closedAt ?? 0 < closedAt else { return nil }
      return IssueLeave(seenAt: news.updatedAt, closedAt: closedAt)
    }
    // Another label in the settings is no word of a person about this issue.
    guard !task.hasIssueLeft, let label = task.issueLabel,
      label == (task.watches == nil ? survey.label : survey.watchLabel),
      !news.has(label), news.updatedAt > task.issueAskedAt ?? .max
    else { return nil }
    return IssueLeave(seenAt: news.updatedAt)
  }

  /// True if a person wants nothing more of a task: its issue left, and not because the work is done.
  private static func isGivenUp(
    _ task: TaskView, _ news: IssueNews, _ survey: IssueSurvey, among all: some Collection<TaskView>
  ) -> Bool {
    if task.status.isTerminal { return false }
    guard let closedAt = news.closedAt else { return true }
    // Its watcher sees how it ended.
    if task.watches != nil { return false }
    let isOverBefore = task.issueLeft != nil
    guard isOverBefore || closedAt + 999 >= task.createdAt else { return false }
    // A pull request that is over closes its issue by itself: its watcher knows how it ended.
    if let number = task.pullRequest?.number, task.pullRequest?.mergedAs == nil,
      survey.news[number]?.closedAt != nil
    {
      return false
    }
    return !all.contains { other in
      guard other.issue == task.issue, other.id != task.id || !isOverBefore else { return false }
      return other.status == .done || other.pullRequest?.mergedAs != nil
    }
  }

  private func end(_ task: TaskView, _ leave: IssueLeave, isGivenUp: Bool) async throws {
    if isGivenUp, task.status == .inProgress { stopWorker(of: task) }
    try await tasks.record(task.id) { view in
      let stops = isGivenUp && !view.status.isTerminal
      var change = TaskChange(stops ? .cancelled : .checkpointed)
      if stops {
        change.reason =
          leave.closedAt != nil
          ? "\(view.askedOnWords) was closed"
          : "the label '\(view.issueLabel ?? "")' was taken from \(view.askedOnWords)"
      } else {
        change.kind = "issue.left"
      }
      change.fields[Field.issueLeft] = .string(leave.text)
      return change
    }
  }

  /// True if the issue of a task that is over was opened again.
  private static func isBackUnasked(_ task: TaskView, _ news: IssueNews) -> Bool {
    guard task.status.isTerminal, task.hasIssueLeft, let left = task.issueLeft,
      left.closedAt != nil
    else { return false }
    return news.closedAt == nil && news.updatedAt > left.seenAt
  }

  /// Says on an issue that was opened again, and that nobody asks orch for, how it is begun anew.
  private func remark(_ task: TaskView, _ news: IssueNews) async throws {
    let label = task.issueLabel.map { "put the label '\($0)' on it, or " } ?? ""
    try await tasks.record(task.id) { view in
      var change = TaskChange(.checkpointed)
      change.kind = "issue.reopened"
      guard view.status.isTerminal, view.issueLeft?.closedAt != nil else { return change }
      change.fields[Field.issueLeft] = .string(IssueLeave(seenAt: news.updatedAt).text)
      change.fields["reason"] = .string(
        "\(view.askedOnWords) was opened again: \(label)write /retry there, and the task is begun anew"
      )
      return change
    }
  }
}
