internal import Git2
internal import GitState
internal import JSON
internal import Workflow

extension EffectRunner {
  /// Records what people asked for at the forge, each thing once.
  func hear(_ survey: IssueSurvey) async throws {
    let views = try await tasks.all()
    for asked in survey.asked where !views.values.contains(where: { $0.issue == asked.number }) {
      guard let id = Self.recordID(ofIssue: asked.number), views[id.text] == nil else { continue }
      var task = NewTask(title: asked.title)
      task.issue = asked.number
      task.labels = asked.labels
      _ = try await tasks.add(task, id: id, author: "issue #\(asked.number)", now: options.clock())
    }
    for order in survey.orders {
      let task = views.values.first {
        $0.issue == order.number || $0.pullRequest?.id == "#\(order.number)"
      }
      guard let task, !task.heard.contains(order.id) else { continue }
      try await obey(order, task)
    }
    for task in views.values where Self.isGivenUp(task, survey, among: views.values) {
      if task.status == .inProgress { stopWorker(of: task) }
      try await tasks.record(task.id) { view in
        var change = TaskChange(view.status.isTerminal ? .checkpointed : .cancelled)
        change.reason = "issue #\(view.issue ?? 0) was closed"
        return change
      }
    }
    try await options.desk?.heard()
  }

  /// True if a person closed a task's issue since the task was made, and not because the work is done.
  private static func isGivenUp(
    _ task: TaskView, _ survey: IssueSurvey, among all: some Collection<TaskView>
  ) -> Bool {
    guard !task.status.isTerminal, let issue = task.issue, let closedAt = survey.closed[issue],
      closedAt + 999 >= task.createdAt
    else { return false }
    // A pull request that is over closes its issue by itself: its watcher knows how it ended.
    if let number = task.pullRequest?.number, survey.closed[number] != nil { return false }
    return !all.contains { other in
      other.issue == issue && (other.status == .done || other.pullRequest?.mergedAs != nil)
    }
  }

  /// True if another task of a task's issue is not over.
  func sharesIssue(_ task: TaskView) async throws -> Bool {
    guard let issue = task.issue else { return false }
    return try await tasks.all().values.contains { other in
      other.id != task.id && other.issue == issue && !other.status.isTerminal
    }
  }

  /// The same name on every machine, so that two of them make one task of an issue.
  static func recordID(ofIssue number: Int) -> RecordID? {
    let hash = "issue \(number)".utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
    }
    let digits = String(hash & 0xFFFF_FFFF_FFFF, radix: 16)
    return RecordID(String(repeating: "0", count: 12 - digits.count) + digits)
  }

  private func obey(_ order: IssueOrder, _ task: TaskView) async throws {
    let now = options.clock()
    if case .tell(let text) = order.verb {
      let question = task.openQuestions.first { !$0.isFromOrch }?.id
      let message = Message(
        id: "forge-\(order.id)", at: now, sender: order.author,
        text: TextBound.prefix(text, bytes: Message.maximumBytes), isForWorker: true,
        answers: question)
      try await tasks.send(message, to: task.id)
    }
    if order.verb == .cancel, task.status == .inProgress { stopWorker(of: task) }
    try await tasks.record(task.id) { view in
      var change = Self.change(order, view, now: now) ?? TaskChange(.checkpointed)
      change.author = order.author
      change.operations.append(.add(Field.heard, order.id))
      return change
    }
  }

  /// What an order means where the task stands; nil if nothing.
  private static func change(_ order: IssueOrder, _ task: TaskView, now: Int) -> TaskChange? {
    switch order.verb {
    case .tell: return nil
    case .cancel:
      guard !task.status.isTerminal else { return nil }
      var change = TaskChange(.cancelled)
      change.reason = "\(order.author) gave it up"
      return change
    case .approve:
      guard task.hasOpenPullRequest else { return nil }
      guard order.mayKnow(task.pullRequest) else { return outdated(order, task) }
      return PullRequestChange.approval(of: task, by: order.author, at: now)
    case .retry:
      switch task.status {
      case .needsReview, .blocked: return PullRequestChange.resumption(of: task, at: now)
      case .cancelled:
        var change = TaskChange(.retried)
        change.fields = task.freshStart
        return change
      case .new, .routed, .inProgress, .inReview, .done: return nil
      }
    }
  }

  /// Somebody approved what was there before the last push: that is told in the diary, and approves nothing.
  private static func outdated(_ order: IssueOrder, _ task: TaskView) -> TaskChange {
    var change = TaskChange(.checkpointed)
    change.verb = "not approved"
    change.detail = "\(order.author) spoke of an older head"
    change.reason = "the branch was pushed to after /approve was written"
    change.trailers = [.init("Orch-Code", task.pullRequest?.head ?? "")]
    return change
  }

  /// Tells the task's issue where it stands, and records that it was told.
  func reportToIssue(_ id: String) async throws {
    let task = try await task(id)
    guard let desk = options.desk, let issue = task.issue else { return }
    try await desk.report(task, on: issue)
    var change = TaskChange(.checkpointed)
    change.kind = "issue.reported"
    change.fields["reported"] = .string(task.standing)
    try await tasks.record(id, change)
  }
}
