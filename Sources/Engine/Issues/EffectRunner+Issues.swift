internal import Git2
internal import GitState
internal import JSON
internal import Workflow

extension EffectRunner {
  /// Records what people asked for at the forge, each thing once; `desk` is told when it is stored.
  func hear(_ survey: IssueSurvey, at desk: any IssueDesk) async throws {
    try await take(survey.asked, label: survey.label)
    try await watch(survey.pulls, label: survey.watchLabel)
    for order in survey.orders {
      let task = Self.task(for: order, in: try await tasks.all().values)
      guard let task, !task.heard.contains(order.id), order.isFor(task) else { continue }
      try await obey(order, task)
    }
    try await follow(survey)
    try await desk.heard()
  }

  /// Makes tasks of issues that have none, and begins those anew whose issues are back.
  private func take(_ asked: [AskedIssue], label: String?) async throws {
    let views = try await tasks.all()
    for asked in asked {
      let own = views.values.filter { $0.issue == asked.number }
      if !own.isEmpty {
        try await welcome(asked, label: label, back: own)
        continue
      }
      guard let id = Self.recordID(ofIssue: asked.number), views[id.text] == nil else { continue }
      var task = NewTask(title: asked.title)
      task.issue = asked.number
      task.labels = asked.labels
      task.issueLabel = asked.isLabelled ? label : nil
      task.issueAskedAt = asked.updatedAt
      _ = try await tasks.add(task, id: id, author: "issue #\(asked.number)", now: options.clock())
    }
  }

  /// Makes tasks of pull requests that are to be watched, and begins those anew that are back.
  private func watch(_ asked: [AskedIssue], label: String?) async throws {
    let views = try await tasks.all()
    for asked in asked {
      let name = "#\(asked.number)"
      let own = views.values.filter { $0.watches == name }
      if !own.isEmpty {
        try await welcome(asked, label: label, back: own)
        continue
      }
      // One of orch's own has its watcher.
      let isOwn = views.values.contains { $0.pullRequest?.number == asked.number }
      guard !isOwn, let id = Self.recordID(ofPullRequest: name), views[id.text] == nil else {
        continue
      }
      var task = NewTask(watching: name, title: asked.title)
      task.labels = asked.labels
      task.issueLabel = label
      task.issueAskedAt = asked.updatedAt
      _ = try await tasks.add(
        task, id: id, author: "pull request \(name)", now: options.clock())
    }
  }

  /// The task that an order is for: of several of one issue, one that is not over.
  private static func task(
    for order: IssueOrder, in views: some Collection<TaskView>
  ) -> TaskView? {
    let meant = views.filter {
      $0.askedOn == order.number || $0.pullRequest?.number == order.number
    }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    return meant.first { !$0.status.isTerminal } ?? meant.last
  }

  /// True if another task of a task's issue is not over.
  func sharesIssue(_ task: TaskView) async throws -> Bool {
    guard let issue = task.issue else { return false }
    return try await tasks.all().values.contains { other in
      other.id != task.id && other.issue == issue && !other.status.isTerminal
    }
  }

  /// The same name on every machine, so that two of them make one task of an issue.
  static func recordID(ofIssue number: Int) -> RecordID? { recordID(of: "issue \(number)") }

  /// The same name on every machine, as of an issue's task.
  static func recordID(ofPullRequest name: String) -> RecordID? {
    recordID(of: "pull request \(name)")
  }

  private static func recordID(of text: String) -> RecordID? {
    let hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
    }
    let digits = String(hash & 0xFFFF_FFFF_FFFF, radix: 16)
    return RecordID(String(repeating: "0", count: 12 - digits.count) + digits)
  }

  private func obey(_ order: IssueOrder, _ task: TaskView) async throws {
    let now = options.clock()
    if case .tell(let text) = order.verb {
      // Whoever speaks to orch answers it where it asks, else the worker that waits.
      let questions = task.openQuestions
      let question = (questions.first(where: \.isFromOrch) ?? questions.first)?.id
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
      case .cancelled, .done: return anew(task)
      case .new, .routed, .inProgress, .inReview: return nil
      }
    }
  }

  /// Begins a task anew that is over.
  static func anew(_ task: TaskView) -> TaskChange {
    var change = TaskChange(.retried)
    change.fields = task.freshStart
    return change
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
    guard let desk = options.desk, let number = task.askedOn else { return }
    try await desk.report(task, on: number)
    var change = TaskChange(.checkpointed)
    change.kind = "issue.reported"
    change.fields["reported"] = .string(task.standing)
    try await tasks.record(id, change)
  }
}
